"""Who is erased is written to no more, and what was kept of it opens no more."""

from uuid import UUID

import pytest
from sqlalchemy import select

from services.notifications.domain.messages import Template
from services.notifications.models import outbox_mails
from shared.access import Role
from shared.events.intake import PatientErased, ReviewRequested
from shared.ids import uuid7
from shared.privacy.tables import person_keys
from shared.testing.lab import EVERYTHING
from tests.notifications.clinic_lab import Clinic


def mails(clinic: Clinic) -> list[tuple[str | None, str | None]]:
    """Subject and text of every mail that was kept, as the front desk sees them."""
    desk = clinic.caller(Role.FRONT_DESK)
    items = desk.get("notifications", "/outbox-mails")["items"]
    return [(item["subject"], item["body"]) for item in items]


def test_what_is_planned_is_not_sent(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(clinic.booking(patient))

    clinic.tell(PatientErased(patient_id=patient))
    clinic.wait(days=2)

    assert clinic.messages() == [
        (Template.APPOINTMENT_BOOKED, "sent", None),
        (Template.APPOINTMENT_REMINDER, "suppressed", "patient_erased"),
    ]


def test_what_is_planned_later_is_not_sent_either(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(PatientErased(patient_id=patient))

    clinic.tell(clinic.booking(patient))

    assert {status for _, status, _ in clinic.messages()} == {"suppressed"}


def test_a_mail_that_was_kept_opens_no_more_and_others_do(clinic: Clinic) -> None:
    ann, bob = clinic.register(), clinic.register()
    clinic.tell(clinic.booking(ann), clinic.booking(bob))
    assert all(subject and body for subject, body in mails(clinic))

    clinic.tell(PatientErased(patient_id=ann))

    assert sorted(body is None for _, body in mails(clinic)) == [False, True]
    assert (None, None) in mails(clinic)


def test_the_key_is_destroyed_even_if_there_was_none(clinic: Clinic) -> None:
    ann, unknown = clinic.register(), uuid7()
    clinic.tell(clinic.booking(ann))

    clinic.tell(PatientErased(patient_id=ann), PatientErased(patient_id=unknown))

    with clinic.lab.runtime("notifications").begin(EVERYTHING) as connection:
        rows = connection.execute(select(person_keys)).all()
    assert {(row.patient_id, row.wrapped) for row in rows} == {
        (ann, b""),
        (unknown, b""),
    }


def test_nobody_has_to_act_for_the_patient_any_more(clinic: Clinic) -> None:
    ann, bob = clinic.register(), clinic.register()
    clinic.tell(
        ReviewRequested(patient_id=ann, episode_id=uuid7(), due_at=clinic.now),
        ReviewRequested(patient_id=bob, episode_id=uuid7(), due_at=clinic.now),
    )

    clinic.tell(PatientErased(patient_id=ann))

    assert [task["patient_id"] for task in clinic.tasks()] == [str(bob)]


def test_a_mail_on_its_way_while_the_patient_is_erased_is_not_kept(
    clinic: Clinic,
) -> None:
    patient = clinic.register()
    erased = clinic.envelope(PatientErased(patient_id=patient))

    def destroy() -> None:
        with clinic.lab.unit_of_work("notifications", clinic.id) as uow:
            vault = clinic.lab.runtime("notifications").database.vault
            assert vault
            vault.destroy(uow.connection, clinic.id, patient, at=uow.now)

    clinic.intake.when_asked = destroy
    clinic.tell(clinic.booking(patient, hours=6))
    clinic.store(erased)
    clinic.lab.settle()

    assert mails(clinic) == []
    assert {status for _, status, _ in clinic.messages()} == {"failed"}


def test_being_told_twice_changes_nothing(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(clinic.booking(patient))

    clinic.tell(PatientErased(patient_id=patient))
    before = clinic.messages()
    clinic.tell(PatientErased(patient_id=patient))

    assert clinic.messages() == before


@pytest.mark.parametrize("column", ["subject", "body"])
def test_a_kept_mail_is_sealed(clinic: Clinic, column: str) -> None:
    clinic.tell(clinic.booking(clinic.register()))
    said = dict(zip(("subject", "body"), mails(clinic)[0], strict=True))[column]

    assert said
    assert said[:30] not in clinic.everything_stored()


def test_a_message_of_another_clinics_patient_is_left_alone(clinic: Clinic) -> None:
    patient = clinic.register()
    clinic.tell(clinic.booking(patient))
    elsewhere = clinic.envelope(
        PatientErased(patient_id=patient), clinic_id=UUID(int=7), version=9
    )

    clinic.store(elsewhere)
    clinic.lab.settle()

    assert ("appointment_reminder", "planned", None) in clinic.messages()
    assert mails(clinic)[0][1]
    with clinic.lab.runtime("notifications").begin(EVERYTHING) as connection:
        assert len(connection.execute(select(outbox_mails.c.id)).all()) == 1
