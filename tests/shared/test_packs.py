"""Every service that decides by a clinic's rule pack has it when it takes effect."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from services.intake.app import service as intake
from services.scheduling.app import service as scheduling
from services.scheduling.models import packs as schedulings
from services.sessions.app import service as sessions
from services.sessions.models import packs as sessions_packs
from shared.access import Role
from shared.events.intake import RulePackSigned
from shared.ids import uuid7
from shared.packs import PackAlteredError, PackNotHereError
from shared.rulepack import BASE, load_pack, read_clinic_pack
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.intake.clinic_lab import Clinic

SHORTER = f"""
version = "north-2026.2"
title = "North clinic: two days' notice is not enough"
source = "Medical lead of the clinic"
extends = "{BASE}"

[cancellation]
late_notice = "72 h"
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The three services that decide by rules."""
    made = Lab([intake, scheduling, sessions], tmp_path)
    made.settle()
    yield made
    made.close()


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    return Clinic(lab)


@pytest.fixture
def lead(clinic: Clinic) -> Caller:
    return clinic.caller(Role.MEDICAL_LEAD)


def sign(lead: Caller, lab: Lab, text: str = SHORTER) -> dict[str, Any]:
    """A pack that takes effect in an hour; nothing else has happened yet."""
    pack = lead.post("intake", "/rule-packs", text=text)
    lead.post("intake", f"/rule-packs/{pack['id']}/trials")
    lab.settle()
    at = (lab.clock.now + timedelta(hours=1)).isoformat()
    done: dict[str, Any] = lead.post(
        "intake", f"/rule-packs/{pack['id']}/sign", effective_at=at
    )
    return done


def test_services_fetch_a_signed_pack_and_go_by_it_from_its_time_on(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    sign(lead, lab)
    lab.settle()

    for service, packs in (("scheduling", schedulings), ("sessions", sessions_packs)):
        with lab.unit_of_work(service, clinic.id) as uow:
            assert packs.of(uow).version == BASE
    lab.clock.advance(hours=1)
    for service, packs in (("scheduling", schedulings), ("sessions", sessions_packs)):
        with lab.unit_of_work(service, clinic.id) as uow:
            assert packs.of(uow).version == "north-2026.2"
            assert packs.of(uow).cancellation.late_notice == timedelta(hours=72)


def test_another_clinic_goes_on_by_the_products_pack(lead: Caller, lab: Lab) -> None:
    sign(lead, lab)
    lab.settle()
    lab.clock.advance(hours=2)

    with lab.unit_of_work("scheduling", Clinic(lab).id) as uow:
        assert schedulings.of(uow).version == BASE


def test_a_pack_whose_text_has_not_arrived_stops_decisions_not_readings(
    lab: Lab, clinic: Clinic
) -> None:
    event = RulePackSigned(
        pack_id=uuid7(),
        rule_pack="north-2026.2",
        digest=read_clinic_pack(SHORTER).digest,
        effective_at=lab.clock.now,
    )
    with lab.unit_of_work("sessions", clinic.id) as uow:
        sessions_packs.note(event, uow)
        sessions_packs.note(event, uow)

    lab.settle()

    with lab.unit_of_work("sessions", clinic.id) as uow:
        with pytest.raises(PackNotHereError):
            sessions_packs.of(uow)
        at_hand = sessions_packs.at_hand(uow.connection, uow.clinic_id, uow.now)
        assert at_hand is load_pack()


def test_a_pack_that_was_altered_is_not_gone_by(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    own = SHORTER.replace("north-2026.2", "north-2026.3")
    sign(lead, lab, own)
    lab.settle()
    lab.clock.advance(hours=1)
    longer = own.replace("72 h", "24 h")
    with lab.runtime("scheduling").database.begin(EVERYTHING) as connection:
        connection.execute(update(schedulings.table).values(text=longer))

    with (
        lab.unit_of_work("scheduling", clinic.id) as uow,
        pytest.raises(PackAlteredError),
    ):
        schedulings.of(uow)


def test_a_service_keeps_asking_until_it_has_the_text(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    sign(lead, lab)
    lab.settle()
    runtime = lab.runtime("sessions")
    with runtime.database.begin(EVERYTHING) as connection:
        connection.execute(update(sessions_packs.table).values(text=None))

    assert sessions_packs.fetch(runtime) == 1
    assert sessions_packs.fetch(runtime) == 0
