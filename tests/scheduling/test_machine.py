"""Whatever is done in whatever order: nobody is booked twice, everything is told once.

What must come of a step is worked out here again, from a list of appointments and
plain comparisons, and compared with what the service answers and tells.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from services.scheduling.app import service
from shared.access import Role
from shared.events.intake import SafetyCleared, SafetyFlagged
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.scheduling.test_bookings import NAME, Clinic, Patient

MINUTES = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LASTS = {"preparation": HOUR, "dosing": 3 * HOUR}
HOLDS = {
    "held",
    "provisional",
    "booked",
    "confirmed",
    "at_risk",
    "arrived",
    "roomed",
}
EXPECTED = {"booked", "confirmed", "at_risk"}
OVER = {"released", "cancelled", "rescheduled", "no_show"}
HAPPENINGS = (
    *("wish",) * 4,
    *("step",) * 5,
    *("time", "move") * 2,
    "closure",
    "readiness",
)
KINDS = ("preparation", "dosing", "preparation")
WAYS = ("book", "hold", "book provisionally")
STEPS = ("cancel", "confirm", "no-show", "arrive", "room", "book", "give back")
PAUSES = (5, 15, 60, 12 * 60, 24 * 60)
PATHS: Mapping[str, set[str]] = {
    "": {"held", "provisional", "booked"},
    "held": {"booked", "released"},
    "provisional": {"booked", "cancelled", "rescheduled", "released"},
    "booked": {"confirmed", "at_risk", "arrived", *OVER},
    "confirmed": {"booked", "at_risk", "arrived", *OVER},
    "at_risk": {"booked", "confirmed", "arrived", *OVER},
    "arrived": {"booked", "confirmed", "roomed", "cancelled"},
    "roomed": {"arrived", "cancelled"},
}
"""What a status may be followed by; what is over stays so."""

AFTER: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "slot.held": lambda _was, _said: "held",
    "slot.hold_expired": lambda _was, _said: "released",
    "slot.given_back": lambda _was, _said: "released",
    "appointment.booked": lambda _was, said: (
        "provisional" if said["provisional"] else "booked"
    ),
    "appointment.firmed": lambda _was, _said: "booked",
    "appointment.confirmed": lambda was, _said: (
        "at_risk" if was == "at_risk" else "confirmed"
    ),
    "appointment.marked_at_risk": lambda _was, _said: "at_risk",
    "appointment.recovered": lambda _was, said: str(said["status"]),
    "appointment.released": lambda _was, _said: "released",
    "appointment.cancelled": lambda _was, _said: "cancelled",
    "appointment.rescheduled": lambda _was, _said: "rescheduled",
    "appointment.no_show": lambda _was, _said: "no_show",
    "patient.arrived": lambda _was, _said: "arrived",
    "patient.roomed": lambda _was, _said: "roomed",
    "escort.confirmed": lambda was, _said: was,
}
"""What an event makes of the status before it."""


@dataclass
class Kept:
    """An appointment, as this test reckons with it."""

    id: str
    kind: str
    patient: Patient
    starts_at: datetime
    status: str
    since: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + LASTS[self.kind]

    def meets(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether it is for some of that time."""
        return self.starts_at < ends_at and starts_at < self.ends_at


class Machine(RuleBasedStateMachine):
    """A clinic with one room and three patients who want to come."""

    lab: ClassVar[Lab]

    @initialize()
    def open_a_clinic(self) -> None:
        self.clinic = Clinic(self.lab)
        self.admin = self.lab.caller(Role.CLINIC_ADMIN, clinic_id=self.clinic.id)
        self.patients = [self.clinic.patient() for _ in range(3)]
        self.begun = self.lab.clock()
        self.kept: dict[str, Kept] = {}
        self.closed: list[tuple[datetime, datetime]] = []
        self.flags: dict[Patient, UUID] = {}

    @rule(
        what=st.sampled_from(HAPPENINGS),
        which=st.integers(0, 50),
        hour=st.integers(0, 12 * 24),
        other=st.integers(0, 50),
    )
    def something_happens(self, what: str, which: int, hour: int, other: int) -> None:
        # One rule for all: of several, an example is played with a few only.
        match what:
            case "wish":
                kind, how = KINDS[other % 3], WAYS[other // 3 % 3]
                self.wants_a_time(which % 3, hour, kind, how)
            case "move":
                self.is_moved(which, hour)
            case "step":
                self.goes_a_step_on(which, STEPS[other % len(STEPS)])
            case "time":
                self.time_passes(PAUSES[other % len(PAUSES)])
            case "closure":
                self.is_closed(hour // 24)
            case "readiness":
                self.becomes_ready_or_not(which % 3)

    def wants_a_time(self, who: int, hour: int, kind: str, how: str) -> None:
        patient, at = self.patients[who], self.begun + hour * HOUR
        may_wait = {"provisional": True} if how == "book provisionally" else {}
        expected = self._verdict(patient, kind, at, may_wait=bool(may_wait))
        path = "/holds" if how == "hold" else "/appointments"

        answer = self._ask(path, self.clinic.body(patient, at, type=kind, **may_wait))

        assert self._outcome(answer) == expected
        if expected == "made":
            self._keep(answer.get_json(), patient)

    def is_moved(self, which: int, hour: int) -> None:
        if not (old := self._one(which, {"provisional", *EXPECTED})):
            return
        at = self.begun + hour * HOUR
        may_wait = old.status == "provisional"
        expected = self._verdict(
            old.patient, old.kind, at, may_wait=may_wait, without=old
        )

        answer = self._ask(f"/appointments/{old.id}/move", {"starts_at": at})

        assert self._outcome(answer) == expected
        if expected == "made":
            old.status = "rescheduled"
            self._keep(answer.get_json(), old.patient)

    def goes_a_step_on(self, which: int, step: str) -> None:
        if not (one := self._one(which, HOLDS)):
            return
        path, body, allowed, after = self._step(one, step)

        method = "DELETE" if step == "give back" else "POST"
        answer = self._ask(path, body, method)

        assert (answer.status_code < 300) is allowed, answer.get_data(as_text=True)
        if allowed:
            one.status = after

    def time_passes(self, minutes: int) -> None:
        self.lab.clock.advance(minutes=minutes)
        self.lab.settle()
        for one in self.kept.values():
            if one.status == "held" and self.lab.clock() >= one.since + 10 * MINUTES:
                one.status = "released"

    def is_closed(self, day: int) -> None:
        # The clinic's zone is fourteen hours ahead, so its days begin at ten.
        first = datetime.combine(self.begun, time(10), UTC) + (day - 1) * DAY
        local = (first + 14 * HOUR).date().isoformat()
        body = {"first_day": local, "last_day": local, "reason_code": "holiday"}
        self.admin.post(NAME, "/closures", **body)
        self.closed.append((first, first + DAY))

    def becomes_ready_or_not(self, who: int) -> None:
        patient = self.patients[who]
        if flag := self.flags.pop(patient, None):
            self.clinic.tell(SafetyCleared(**patient.ids, flag_id=flag))
            return
        self.flags[patient] = uuid7()
        self.clinic.tell(
            SafetyFlagged(
                **patient.ids,
                flag_id=self.flags[patient],
                level="high",
                due_at=self.lab.clock(),
            )
        )

    @invariant()
    def nobody_and_nothing_is_booked_twice(self) -> None:
        holding = [one for one in self.kept.values() if one.status in HOLDS]
        for one, other in combinations(holding, 2):
            assert not one.meets(other.starts_at, other.ends_at)
        assert self.clinic.desk.get(NAME, "/overlaps")["items"] == []

    @invariant()
    def every_change_is_told_once_and_no_status_is_jumped_to(self) -> None:
        told: dict[str, list[str]] = {}
        versions: dict[str, int] = {}
        for envelope in self.lab.told(NAME):
            if (
                envelope.aggregate_type != "appointment"
                or envelope.clinic_id != self.clinic.id
            ):
                continue
            key = str(envelope.aggregate_id)
            states = told.setdefault(key, [""])
            name = envelope.name.removeprefix("scheduling.")
            after = AFTER[name](states[-1], envelope.event().to_payload())
            assert after == states[-1] or after in PATHS.get(states[-1], set())
            states.append(after)
            versions[key] = versions.get(key, 0) + 1
            assert envelope.aggregate_version == versions[key]
        assert told.keys() == self.kept.keys()
        rows = self._shown()
        for one in self.kept.values():
            shown = rows[one.id]
            assert shown["status"] == told[one.id][-1]
            assert shown["version"] == versions[one.id]
            if one.kind == "preparation" or one.status == "held":
                assert shown["status"] == one.status
            # What time and facts make of a dose, the service says; the rest is ours.
            one.status = shown["status"]

    def _shown(self) -> dict[str, Any]:
        """What the service shows of every appointment."""
        ask = self.clinic.desk.get
        return {
            row["id"]: row
            for patient in self.patients
            for row in ask(NAME, f"/patients/{patient.id}/appointments")["items"]
        }

    def _verdict(
        self,
        patient: Patient,
        kind: str,
        at: datetime,
        *,
        may_wait: bool = False,
        without: Kept | None = None,
    ) -> str:
        """What must come of a wish, in the order in which reasons are looked at."""
        ends_at = at + LASTS[kind]
        others = [one for one in self.kept.values() if one is not without]
        holding = [one for one in others if one.status in HOLDS]
        if at < self.lab.clock() - HOUR:
            return "422 invalid"
        lacks = kind == "dosing" and patient in self.flags
        if lacks and not may_wait:
            return "409 not_ready"
        doses = [one for one in holding if one.kind == "dosing"]
        if kind == "dosing" and any(
            one.patient is patient and abs(one.starts_at - at) < 2 * DAY
            for one in doses
        ):
            return "409 too_close_to_another_dose"
        if any(first <= at < behind for first, behind in self.closed):
            return "409 closed"
        if lacks and at - DAY <= self.lab.clock():
            return "409 too_late"
        if any(one.meets(at, ends_at) for one in holding):
            return "409 double_booked"
        return "made"

    def _step(
        self, one: Kept, step: str
    ) -> tuple[str, dict[str, Any] | None, bool, str]:
        """Where a step is sent, with what, whether it is allowed, and what follows."""
        now, path = self.lab.clock(), f"/appointments/{one.id}"
        is_expected = one.status in EXPECTED
        in_room = any(other.status == "roomed" for other in self.kept.values())
        is_held = one.status == "held" and now < one.since + 10 * MINUTES
        if one.kind == "dosing" and one.patient in self.flags:
            is_held = False
        escort = {"escort_name": "Erin", "escort_phone": "1", "fasting_told": True}
        off = {"by": "clinic", "reason_code": "asked"}
        steps: dict[str, tuple[str, dict[str, Any] | None, bool, str]] = {
            "cancel": (f"{path}/cancel", off, one.status != "held", "cancelled"),
            "confirm": (f"{path}/confirm", escort, is_expected, "confirmed"),
            "no-show": (
                f"{path}/no-show",
                None,
                is_expected and now >= one.starts_at,
                "no_show",
            ),
            "arrive": (
                f"{path}/arrive",
                {"escort_present": True},
                is_expected and now >= one.starts_at - 12 * HOUR,
                "arrived",
            ),
            "room": (
                f"{path}/room",
                None,
                one.status == "arrived" and not in_room,
                "roomed",
            ),
            "book": (f"/holds/{one.id}/book", None, is_held, "booked"),
            "give back": (f"/holds/{one.id}", None, one.status == "held", "released"),
        }
        return steps[step]

    def _one(self, which: int, states: set[str]) -> Kept | None:
        found = [one for one in self.kept.values() if one.status in states]
        return found[which % len(found)] if found else None

    def _keep(self, made: Mapping[str, Any], patient: Patient) -> None:
        self.kept[made["id"]] = Kept(
            id=made["id"],
            kind=made["type"],
            patient=patient,
            starts_at=datetime.fromisoformat(made["starts_at"]),
            status=made["status"],
            since=self.lab.clock(),
        )

    def _ask(
        self, path: str, body: Mapping[str, Any] | None, method: str = "POST"
    ) -> Any:
        said = {
            name: value.isoformat()
            if isinstance(value, datetime)
            else str(value)
            if isinstance(value, UUID)
            else value
            for name, value in (body or {}).items()
        }
        return self.clinic.desk.request(method, NAME, path, said if body else None)

    @staticmethod
    def _outcome(answer: Any) -> str:
        if answer.status_code < 300:
            return "made"
        return f"{answer.status_code} {answer.get_json()['code']}"


@contextmanager
def laboratory() -> Iterator[Lab]:
    """Scheduling on SQLite; every example opens a clinic of its own in it."""
    with TemporaryDirectory() as folder:
        lab = Lab([service], Path(folder))
        yield lab
        lab.close()


def test_whatever_is_done_nobody_is_booked_twice_and_everything_is_told() -> None:
    with laboratory() as lab:
        Machine.lab = lab
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=8, stateful_step_count=30, deadline=None, derandomize=True
            ),
        )
