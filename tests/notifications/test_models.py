"""The migration makes what the models describe."""

from services.notifications.app import service
from services.notifications.domain.webhooks import AUDIT_CHAIN
from shared.events import catalogue
from tests.notifications.clinic_lab import Clinic
from tests.notifications.drift import differences


def test_the_migrated_tables_are_those_of_the_models(clinic: Clinic) -> None:
    assert differences(clinic) == []


def test_every_event_of_the_other_services_is_handled() -> None:
    told = {
        event
        for event in catalogue().values()
        if event.producer in ("intake", "scheduling", "sessions")
        and event.aggregate != AUDIT_CHAIN
    }

    assert told
    assert set(service.handlers) == told
