"""What may be asked of scheduling."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from services.scheduling.domain import (
    Answers,
    AppointmentMode,
    AppointmentType,
    ResourceKind,
    Wishes,
)
from shared.rulepack import Route


@dataclass(frozen=True, kw_only=True)
class OnboardClinic:
    """A clinic joins the network."""

    name: str
    time_zone: str
    alert_response_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class AddResource:
    """A room, a device or a member of staff can be booked."""

    kind: ResourceKind
    name: str
    person_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeResource:
    """It has another name, or stands for somebody else who signs in."""

    resource_id: UUID
    name: str
    person_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class SetRoster:
    """Somebody works at these times; None is whenever the clinic is open.

    Each is a rule, the first day, the local time it starts, and how many minutes long.
    """

    resource_id: UUID
    shifts: list[dict[str, Any]] | None


@dataclass(frozen=True, kw_only=True)
class AddAbsence:
    """Somebody cannot be had from one instant to another, or on whole days.

    With a rule this comes again on the days it says.
    """

    resource_id: UUID
    reason_code: str
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    rrule: str | None = None


@dataclass(frozen=True, kw_only=True)
class HoldLicence:
    """Somebody holds a licence until the end of a day; one of that code is renewed."""

    resource_id: UUID
    code: str
    number: str
    valid_until: date


@dataclass(frozen=True, kw_only=True)
class AddClosure:
    """The clinic is closed on some days, the last one included."""

    first_day: date
    last_day: date
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class BookAppointment:
    """Hold a room, staff and the patient for a time.

    Without `ends_at` it lasts as long as the rule pack says for its type, or for the
    route of a dose. A reason to overbook overrules that something is taken, or that
    the clinic or somebody is not there; never what is about the patient. A dose
    may be `provisional`: booked for a patient who is not ready yet.
    """

    patient_id: UUID
    type: AppointmentType
    starts_at: datetime
    room_id: UUID | None = None
    device_id: UUID | None = None
    therapist_id: UUID | None = None
    monitor_id: UUID | None = None
    prescriber_id: UUID | None = None
    ends_at: datetime | None = None
    integration_id: UUID | None = None
    mode: AppointmentMode = AppointmentMode.IN_PERSON
    route: Route | None = None
    overbook_reason: str | None = None
    provisional: bool = False

    @property
    def wanted(self) -> dict[ResourceKind, UUID]:
        """What is to be held, by kind."""
        named = {
            ResourceKind.ROOM: self.room_id,
            ResourceKind.DEVICE: self.device_id,
            ResourceKind.THERAPIST: self.therapist_id,
            ResourceKind.MONITOR: self.monitor_id,
            ResourceKind.PRESCRIBER: self.prescriber_id,
        }
        return {kind: id_ for kind, id_ in named.items() if id_ is not None}


@dataclass(frozen=True, kw_only=True)
class MoveAppointment:
    """Another time for an appointment; what is not named stays."""

    appointment_id: UUID
    starts_at: datetime
    ends_at: datetime | None = None
    room_id: UUID | None = None
    device_id: UUID | None = None
    therapist_id: UUID | None = None
    monitor_id: UUID | None = None
    prescriber_id: UUID | None = None
    overbook_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAppointment:
    """Call an appointment off."""

    appointment_id: UUID
    by: str
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class ConfirmAppointment:
    """The patient will come; to a dose, with an escort and knowing about food."""

    appointment_id: UUID
    escort_name: str | None = None
    escort_phone: str | None = None
    fasting_told: bool = False


@dataclass(frozen=True, kw_only=True)
class NoteArrival:
    """The patient is here, with or without an escort, and what was answered."""

    appointment_id: UUID
    escort_present: bool
    escort_name: str | None = None
    escort_phone: str | None = None
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True, kw_only=True)
class JoinWaitlist:
    """A patient would come at short notice; `weekdays` are 0 for Monday to 6."""

    patient_id: UUID
    type: AppointmentType
    route: Route | None
    weekdays: tuple[int, ...]
    opens: time
    closes: time
    earliest_day: date | None
    notice_hours: int


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """A time and what is needed for one step of a course, as a preview named them."""

    step: str
    starts_at: datetime
    room_id: UUID | None = None
    device_id: UUID | None = None
    therapist_id: UUID | None = None
    monitor_id: UUID | None = None
    prescriber_id: UUID | None = None

    @property
    def named(self) -> dict[str, Any]:
        """What is to be held, as a booking names it."""
        ids = {f"{kind}_id": getattr(self, f"{kind}_id") for kind in ResourceKind}
        return {name: id_ for name, id_ in ids.items() if id_ is not None}


@dataclass(frozen=True, kw_only=True)
class PlanCourse:
    """Plan a patient's course by a protocol, and book these times for its steps.

    `is_partial` books up to the first that cannot be had and leaves the rest open.
    """

    patient_id: UUID
    protocol: str
    first_day: date
    route: Route | None
    wishes: Wishes
    skip: Sequence[str]
    steps: Sequence[StepTime]
    is_partial: bool


@dataclass(frozen=True, kw_only=True)
class MakeCalendarLink:
    """Let somebody fetch the calendar of a room or a member of staff."""

    resource_id: UUID
    label: str
    shows_room: bool


@dataclass(frozen=True, kw_only=True)
class SetBusy:
    """Take a resource's busy times from a calendar, or from a URL from now on.

    `listed_hosts` may be on a private network: who runs the deployment named them.
    """

    resource_id: UUID
    calendar: str | None
    url: str | None
    listed_hosts: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class ReplanCourse:
    """Give these steps of a course these times; the others stay as they are."""

    plan_id: UUID
    steps: Sequence[StepTime]
