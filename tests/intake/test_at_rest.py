"""Whoever copies the files of a database learns nothing of who is treated."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from services.intake.app import service
from shared.access import Role
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import Clinic, a_referral

PERSON = {
    "given_name": "Canarygiven",
    "family_name": "Canaryfamily",
    "birth_date": "1985-04-30",
    "email": "canarymail@example.org",
    "phone": "+1 312 555 0177",
}
SECRETS = [*PERSON.values(), "Canaryid", "Canaryletter", "Canarypayer", "Canarymember"]
WRITTEN = ["Canarycode", "Canarydisplay", "Canarynote", "Canaryreason"]


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


def stored(lab: Lab) -> str:
    """All that the database holds, the mailbox included."""
    database = lab.runtime("intake").database
    if database.is_sqlite:
        path = Path(str(database.engine.url.database))
        files = path.parent.glob(f"{path.name}*")
        return b"".join(each.read_bytes() for each in files).decode(errors="replace")
    with database.begin(EVERYTHING) as connection:
        names = inspect(connection).get_table_names()
        rows = [connection.execute(text(f'select * from "{name}"')) for name in names]
        return "".join(repr(tuple(row)) for found in rows for row in found)


def test_nothing_of_a_patient_is_stored_in_plain(clinic: Clinic, lab: Lab) -> None:
    referral = a_referral(
        identifier={"system": "urn:mrn", "value": "Canaryid"},
        patient=PERSON,
        letter_reference="Canaryletter",
        conditions=[{"system": "s", "code": "Canarycode", "display": "Canarydisplay"}],
        coverages=[{"payer": "Canarypayer", "member_id": "Canarymember"}],
    )
    headers = {"Idempotency-Key": "k"}
    desk = clinic.desk
    made = desk.request("POST", "intake", "/referrals", referral, headers=headers)
    desk.request(
        "POST", "intake", "/patients", PERSON, headers={"Idempotency-Key": "p"}
    )
    patient = desk.get("intake", f"/patients/{made.get_json()['patient_id']}")
    path = f"/episodes/{patient['episode_id']}/clearances"
    clinic.prescriber.post("intake", path, note="Canarynote")
    desk.post("intake", "/patients/search", email=PERSON["email"])
    admin = clinic.caller(Role.CLINIC_ADMIN)
    admin.post("intake", f"/patients/{patient['id']}/erase", reason="Canaryreason")

    said = stored(lab)

    assert [each for each in [*SECRETS, *WRITTEN] if each in said] == []
    assert "registered" in said
