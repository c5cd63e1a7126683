"""Whatever happens in whatever order: no path leads to a dose past one of its gates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.sessions.app import service
from services.sessions.domain.vitals import COUNTS_FOR
from shared.events import Event
from shared.events.intake import (
    EligibilityLapsed,
    MeasureRecorded,
    PatientEligible,
    SafetyCleared,
    SafetyFlagged,
)
from shared.events.scheduling import EscortConfirmed, EscortWithdrawn
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.sessions.clinic_day import ANSWERS, CALM, NAME, Day, dose_body

SWITCHED = ("eligibility", "escort", "flag", "screen")
PRESSURES = (120, 150, 170, 190)
HOLDS_FROM, STOPS_FROM = 141, 180
GIVEN_MG = 10
ORDERED_MG = 60


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The service alone; its clock stands until a test moves it on."""
    made = Lab([service], tmp_path_factory.mktemp("gates"))
    made.settle()
    yield made
    made.close()


class Dosing(RuleBasedStateMachine):
    """A session that anything may happen to, and a plain account of what has to hold.

    The account knows nothing of the service but what was asked of it and answered.
    """

    doses = 0

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.day = Day(lab)
        self.flag_id = uuid7()
        self.facts = dict.fromkeys(SWITCHED, True)
        self.measured: dict[str, tuple[datetime, float]] = {}
        self.known: int | None = None
        self.checked: dict[str, bool] | None = None
        self.authorised = self.ordered = self.recovering = False

    @initialize()
    def arrive(self) -> None:
        """The patient is in the room, and the record is open."""
        self.patient = self.day.patient().here(dose_mg=ORDERED_MG).open()
        self.ordered = True

    def ask(self, what: str, **body: Any) -> int:
        """The status a step is answered with; nothing may ever fail."""
        by = {"precheck": self.day.monitor, "phase": self.day.therapist}
        caller = by.get(what, self.day.prescriber)
        path = f"{self.patient.path}/{what}"
        answer = caller.request("POST", NAME, path, body)
        assert answer.status_code in (200, 201, 409), answer.get_data(as_text=True)
        return answer.status_code

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that are not over."""
        listed = self.day.prescriber.get(NAME, "/alerts", acknowledged="true")
        return list(listed["items"])

    @rule(fact=st.sampled_from(SWITCHED), holds=st.booleans())
    def switch(self, fact: str, holds: bool) -> None:
        """Another service tells of a fact."""
        self.day.tell(self.news(fact, holds=holds))
        self.facts[fact] = holds

    def news(self, fact: str, *, holds: bool) -> Event:
        """The event that tells of a fact, or takes it back."""
        patient, now = self.patient, self.day.lab.clock()
        who = {"patient_id": patient.id, "episode_id": patient.episode_id}
        escort = {"patient_id": patient.id, "appointment_id": patient.appointment_id}
        if fact == "escort":
            return EscortConfirmed(**escort) if holds else EscortWithdrawn(**escort)
        if fact == "flag":
            if holds:
                return SafetyCleared(**who, flag_id=self.flag_id)
            return SafetyFlagged(**who, flag_id=self.flag_id, level="high", due_at=now)
        if fact == "screen":
            return MeasureRecorded(
                **who,
                response_id=uuid7(),
                instrument="cssrs",
                context="pre_dose",
                alert=not holds,
            )
        if holds:
            until = now + timedelta(days=60)
            return PatientEligible(
                **who, rule_pack="kap-base-2026.1", valid_until=until
            )
        return EligibilityLapsed(**who, cause_code="review")

    @rule(systolic=st.sampled_from(PRESSURES), only=st.booleans())
    def measure(self, systolic: int, only: bool) -> None:
        """Vital signs are taken: all of them, or blood pressure alone."""
        pressure = {"systolic_mmhg": systolic, "diastolic_mmhg": 78}
        taken = pressure if only else {**CALM, **pressure}
        assert self.ask("vitals", **taken) == 201
        now = self.day.lab.clock()
        self.measured |= {name: (now, value) for name, value in taken.items()}
        if self.known is not None and systolic > self.known:
            self.authorised = False

    @rule()
    def take_on(self) -> None:
        """Somebody takes every alert on."""
        for alert in self.alerts():
            if alert["status"] == "open":
                self.day.monitor.post(NAME, f"/alerts/{alert['id']}/acknowledge")

    @rule(fasting=st.booleans(), pregnancy_excluded=st.booleans())
    def check(self, fasting: bool, pregnancy_excluded: bool) -> None:
        """The checks before a dose are done."""
        said = {"fasting": fasting, "pregnancy_excluded": pregnancy_excluded}
        if self.ask("precheck", **{**ANSWERS, **said}) == 200:
            self.checked = {**said, "escort": self.facts["escort"]}
            self.authorised = False

    @rule(reason=st.sampled_from([None, "seen and judged"]))
    def authorise(self, reason: str | None) -> None:
        """The prescriber authorises, with a reason for what holds it or without."""
        if self.ask("authorise", override_reason=reason) == 200:
            self.authorised = True
            # A hold is overridden with a reason; a stop never is.
            self.known = STOPS_FROM - 1 if reason else HOLDS_FROM - 1

    @rule()
    def do_as_it_should_be(self) -> None:
        """All that leads to a dose, in its order."""
        self.measure(systolic=PRESSURES[0], only=False)
        self.take_on()
        self.measure(systolic=PRESSURES[0], only=False)
        self.check(fasting=True, pregnancy_excluded=True)
        self.authorise(reason=None)

    @rule(minutes=st.sampled_from([1, 12, 31]))
    def wait(self, minutes: int) -> None:
        """Time passes, and what is due falls due."""
        self.day.lab.clock.advance(minutes=minutes)
        self.day.lab.settle()

    @precondition(lambda self: self.ordered)
    @rule()
    def cancel(self) -> None:
        """The order is cancelled."""
        path = f"/orders/{self.patient.order_id}/cancel"
        self.day.prescriber.post(NAME, path)
        self.ordered = self.authorised = False

    @precondition(lambda self: not self.ordered)
    @rule()
    def order(self) -> None:
        """Another order is placed; what was authorised was on the one before."""
        self.patient.order(dose_mg=ORDERED_MG, reason="as before")
        self.ordered = True

    @rule()
    def recover(self) -> None:
        """The experience fades, if there was one."""
        if self.ask("phase", phase="recovery") == 200:
            self.recovering = True

    @rule()
    def give(self) -> None:
        """A dose is asked for; it is given only if every gate stands open."""
        missing = self.closed_gates()

        status = self.ask("doses", **dose_body(GIVEN_MG))

        assert status == 409 or not missing, f"given in spite of {missing}"
        if status == 201:
            type(self).doses += 1
            self.measured, self.authorised, self.known = {}, False, None

    def closed_gates(self) -> list[str]:
        """What speaks against a dose at this moment."""
        now = self.day.lab.clock()
        fresh = {
            name for name, (at, _) in self.measured.items() if now - at <= COUNTS_FOR
        }
        checked = self.checked or {}
        gates = {
            **self.facts,
            "vital signs": fresh == CALM.keys(),
            "no alert": not self.alerts(),
            "authorised": self.authorised,
            "order": self.ordered,
            "checks": bool(checked),
            "no pregnancy": bool(checked.get("pregnancy_excluded")),
            "escort at the checks": bool(checked.get("escort")),
            "not over": not self.recovering,
        }
        return [gate for gate, is_open in gates.items() if not is_open]


def test_no_path_reaches_a_dose_past_a_gate(lab: Lab) -> None:
    class Here(Dosing):
        """The same, in this laboratory."""

        def __init__(self) -> None:
            super().__init__(lab)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert Here.doses > 0
