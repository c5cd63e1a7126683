"""The network's pages, and pages while a service does not answer."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from werkzeug.test import Client

from services.console.app import service as console
from services.console.pages.ops import SERVICES
from services.scheduling.app import service as scheduling
from shared.access import Role
from shared.envelope import Envelope
from shared.events.scheduling import PatientArrived
from shared.ids import uuid7
from shared.mailbox import inbox
from shared.testing.lab import EVERYTHING, Lab
from tests.console.browser import HTMX, Browser, token_of
from tests.console.busy_day import BusyDay
from tests.console.clinic_day import ClinicDay


def test_operations_shows_every_service(busy: BusyDay) -> None:
    lab = busy.day.lab
    page = Browser(lab, token_of(lab, Role.NETWORK_ADMIN)).look("/ops")

    for name in SERVICES:
        assert f'id="service-{name}"' in page
    assert page.count("Ready</span>") == len(SERVICES)
    assert "None. Every event was handled." in page


def test_operations_is_not_for_a_clinics_staff(busy: BusyDay) -> None:
    browser = Browser.of(busy.day.staff[Role.CLINIC_ADMIN])
    row = f"/ops/intake/dead/{uuid7()}/retry"

    assert browser.get("/ops").status_code == 403
    assert browser.send(row).status_code == 403


def test_a_dead_row_is_shown_handled_again_and_given_up(day: ClinicDay) -> None:
    lab = day.lab
    broken = Envelope(
        id=uuid7(),
        type=PatientArrived.type,
        clinic_id=UUID(day.clinic_id),
        aggregate_type=PatientArrived.aggregate,
        aggregate_id=uuid7(),
        aggregate_version=1,
        payload="{}",
        occurred_at=lab.clock(),
    )
    with lab.runtime("sessions").begin(EVERYTHING) as connection:
        inbox.store(connection, [broken], at=lab.clock())
    lab.settle()
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))
    row = f'id="dead-sessions-{broken.id}"'
    assert row in browser.look("/ops")

    browser.send(f"/ops/sessions/dead/{broken.id}/retry")
    assert row not in browser.look("/ops")
    lab.settle()
    assert row in browser.look("/ops")
    browser.send(f"/ops/sessions/dead/{broken.id}/skip")
    lab.settle()

    assert row not in browser.look("/ops")
    again = browser.client.post(
        f"/ops/sessions/dead/{broken.id}/skip", headers=HTMX
    ).get_data(as_text=True)
    assert "There is no such dead row" in again


@pytest.mark.parametrize("path", ["nobody/dead/{}/retry", "intake/dead/{}/burn"])
def test_operations_knows_its_services_and_actions(lab: Lab, path: str) -> None:
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))

    answer = browser.send("/ops/" + path.format(uuid7()))

    assert answer.status_code == 404


def test_the_network_sees_every_clinic_but_no_names(busy: BusyDay) -> None:
    lab = busy.day.lab
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))

    clinics = browser.look("/clinics")
    board = browser.look(f"/clinics/{busy.day.clinic_id}/board")

    assert "Lakeside" in clinics
    assert "A patient, dosing" in board
    assert busy.dosed.name not in board


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Lab]:
    """A platform where only scheduling answers."""
    lab = Lab([scheduling, console], tmp_path, front="console")
    yield lab
    lab.close()


def test_a_page_goes_on_without_the_services_that_do_not_answer(alone: Lab) -> None:
    day = ClinicDay.begin(alone, name="Remote")
    browser = Browser.of(day.staff[Role.PRESCRIBER])
    own = f"/clinics/{day.clinic_id}"

    board = browser.look(f"{own}/board")
    patient = browser.look(f"{own}/patients/{uuid7()}")

    assert "Intake, notifications, sessions do not answer" in board
    assert "River room" in board
    assert "cannot be shown now" in patient
    for path in ("sessions", "worklist", "messages", "outbox", "patients"):
        assert "answer" in browser.look(f"{own}/{path}"), path


def test_a_private_link_says_that_it_cannot_be_opened_just_now(alone: Lab) -> None:
    client = Client(alone.platform.wsgi)

    answer = client.get(f"/own/{uuid7()}/in/abc.def")

    assert answer.status_code == 503
    assert "try your link again" in answer.get_data(as_text=True)


def test_operations_says_which_services_do_not_answer(alone: Lab) -> None:
    page = Browser(alone, token_of(alone, Role.NETWORK_ADMIN)).look("/ops")

    assert page.count("Does not answer</span>") == 3
    assert page.count("Ready</span>") == 2


def test_without_scheduling_a_clinic_still_has_its_clock(
    day: ClinicDay, tmp_path: Path
) -> None:
    """The console alone, on the same database, as after an outage elsewhere."""
    url = day.lab.runtime("console").settings.database_url
    lonely = Lab([console], tmp_path, database_url=lambda _: url, front="console")
    token = token_of(lonely, Role.MONITOR, day.clinic_id)

    page = Browser(lonely, token).look(f"/clinics/{day.clinic_id}/events")

    lonely.close()
    assert "Clinic joined the network" in page
    assert 'data-zone="America/Chicago"' in page
