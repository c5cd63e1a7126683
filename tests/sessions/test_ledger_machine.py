"""Whatever several clinics do with their stock, legal or not, in any order.

A model that knows nothing of the ledger's code says what is to be left; after every
step each container holds exactly that, nothing is negative, every chain verifies.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.sessions.app import service
from shared.testing.lab import Lab
from tests.sessions.cabinet import Cabinet, dose_from
from tests.sessions.clinic_day import NAME, Day, authorised

CLINICS = 2
TOLERANCE = 0.02
CONTENT_UG = 100_000
AMOUNTS_UG = st.one_of(
    st.sampled_from([1, 2_000, 2_001, CONTENT_UG, CONTENT_UG + 1]),
    st.integers(0, 120_000),
)
REST_UG = st.sampled_from([0, 1, 5_000])
WHICH = st.integers(0, 10_000)

_stage: dict[str, Lab] = {}


class Ledgers(RuleBasedStateMachine):
    """Two clinics with a cabinet each, and what ought to be in them, in micrograms."""

    def __init__(self) -> None:
        super().__init__()
        self.lab = _stage["lab"]
        self.cabinets = [Cabinet(Day(self.lab)) for _ in range(CLINICS)]
        self.left: list[dict[str, int]] = [{} for _ in range(CLINICS)]
        self.opened: set[str] = set()
        self.written_off: dict[str, int] = {}
        self.held: dict[str, tuple[str, int]] = {}
        self.gone: set[str] = set()
        self.travelling: list[tuple[int, int, str]] = []

    def pick(self, which: int) -> tuple[int, str]:
        """A clinic and one of its containers, gone or not."""
        every = [(place, one) for place in range(CLINICS) for one in self.left[place]]
        return every[which % len(every)]

    def try_post(
        self, place: int, path: str, body: dict[str, Any], *, by: str = "lead"
    ) -> bool:
        """Whether a request is accepted; what is refused must not change anything."""
        cabinet = self.cabinets[place]
        caller = cabinet.lead if by == "lead" else cabinet.day.prescriber
        answer = caller.request("POST", NAME, path, body)
        assert answer.status_code < 500, answer.get_data(as_text=True)
        return answer.status_code < 300

    def is_usable(self, one: str) -> bool:
        return one not in self.gone and one not in self.held

    @rule(place=st.integers(0, CLINICS - 1))
    def receive(self, place: int) -> None:
        made = self.cabinets[place].receive(content_mg=CONTENT_UG / 1_000)
        self.left[place][made["id"]] = CONTENT_UG

    @rule(place=st.integers(0, CLINICS - 1), amount_ug=st.sampled_from([1, 60_000]))
    def take_over_opened(self, place: int, amount_ug: int) -> None:
        """What was opened before the ledger comes in as it is."""
        made = self.cabinets[place].receive(
            content_mg=CONTENT_UG / 1_000,
            origin="initial_inventory",
            amount_mg=amount_ug / 1_000,
        )
        self.left[place][made["id"]] = amount_ug
        self.opened.add(made["id"])

    @precondition(lambda self: any(self.left))
    @rule(which=WHICH, given_ug=st.sampled_from([1, 30_000, 60_000]), rest_ug=REST_UG)
    def give(self, which: int, given_ug: int, rest_ug: int) -> None:
        """A dose; what is drawn beyond it is wasted."""
        place, one = self.pick(which)
        patient = authorised(self.cabinets[place].day)
        drawn_ug = given_ug + rest_ug
        body = dose_from(
            one,
            given_ug / 1_000,
            drawn_mg=drawn_ug / 1_000,
            wasted_mg=rest_ug / 1_000,
            witness_code=self.cabinets[place].code(),
        )
        done = self.try_post(place, f"{patient.path}/doses", body, by="prescriber")
        assert done == (self.is_usable(one) and drawn_ug <= self.left[place][one])
        if done:
            self.left[place][one] -= drawn_ug
            self.opened.add(one)

    @precondition(lambda self: any(self.left))
    @rule(which=WHICH, amount_ug=AMOUNTS_UG, by_witness=st.booleans())
    def waste(self, which: int, amount_ug: int, *, by_witness: bool) -> None:
        """Out of an opened container only, before somebody else only."""
        place, one = self.pick(which)
        cabinet = self.cabinets[place]
        code = cabinet.code(cabinet.therapist if by_witness else cabinet.lead)
        body = {"reason": "x", "witness_code": code, "wasted_mg": amount_ug / 1_000}
        done = self.try_post(place, f"/ledger/containers/{one}/waste", body)
        left = self.left[place][one]
        may = self.is_usable(one) and one in self.opened and by_witness
        assert done == (may and 0 < amount_ug <= left)
        if done:
            self.left[place][one] -= amount_ug

    @precondition(lambda self: any(self.left))
    @rule(which=WHICH, amount_ug=AMOUNTS_UG)
    def open_and_spill(self, which: int, amount_ug: int) -> None:
        """A broken vial: what is still in it is counted, the rest was spilled."""
        place, one = self.pick(which)
        left = self.left[place][one]
        body = {"cause": "broken", "counted_mg": amount_ug / 1_000, "note": "x"}
        done = self.try_post(place, f"/ledger/containers/{one}/report", body)
        assert done == (self.is_usable(one) and left > 0)
        if done:
            (case,) = [
                each
                for each in self.cabinets[place].now()["cases"]
                if each["container_id"] == one
            ]
            self.held[one] = (case["id"], amount_ug)

    @precondition(lambda self: bool(self.held))
    @rule(which=WHICH, how=st.sampled_from(["no_variance", "spillage", "loss"]))
    def close(self, which: int, how: str) -> None:
        one = sorted(self.held)[which % len(self.held)]
        case_id, counted_ug = self.held[one]
        place = next(n for n in range(CLINICS) if one in self.left[n])
        body = {
            "resolution": how,
            "note": "x",
            "witness_code": self.cabinets[place].code(),
        }
        done = self.try_post(place, f"/ledger/cases/{case_id}/close", body)
        left = self.left[place][one]
        is_same = how == "no_variance"
        assert done == (counted_ug == left if is_same else counted_ug < left)
        if done:
            self.left[place][one] = counted_ug
            del self.held[one]

    @precondition(lambda self: any(self.left))
    @rule(
        which=WHICH, off_ug=st.sampled_from([0, -1, -900, 900, -2_000, -2_001, -50_000])
    )
    def count(self, which: int, off_ug: int) -> None:
        """One container is counted, with a note."""
        place, one = self.pick(which)
        left = self.left[place][one]
        counted_ug = max(0, left + off_ug)
        line = {"container_id": one, "counted_mg": counted_ug / 1_000, "note": "x"}
        body = {"moment": "spot", "lines": [line]}
        done = self.try_post(place, "/ledger/counts", body)
        assert done == (one not in self.gone and (left > 0 or one in self.held))
        if not done:
            return
        off = abs(counted_ug - left)
        if one in self.held:
            self.held[one] = (self.held[one][0], counted_ug)
        elif off and self.written_off.get(one, 0) + off <= CONTENT_UG * TOLERANCE:
            self.written_off[one] = self.written_off.get(one, 0) + off
            self.left[place][one] = counted_ug
        elif off:
            cases = self.cabinets[place].now()["cases"]
            (case,) = [each for each in cases if each["container_id"] == one]
            self.held[one] = (case["id"], counted_ug)

    @precondition(lambda self: any(self.left))
    @rule(which=WHICH)
    def destroy(self, which: int) -> None:
        place, one = self.pick(which)
        body = {"how": "reverse_distributor", "form_reference": "222"}
        done = self.try_post(place, f"/ledger/containers/{one}/destroy", body)
        assert done == (self.is_usable(one) and self.left[place][one] > 0)
        if done:
            self.left[place][one] = 0
            self.gone.add(one)

    @precondition(lambda self: any(self.left))
    @rule(which=WHICH)
    def undo_last(self, which: int) -> None:
        """The last posting of a container is reversed, if it may be."""
        place, one = self.pick(which)
        cabinet = self.cabinets[place]
        entry = cabinet.entries(container_id=one)[-1]
        body = {
            "posting_id": entry["posting_id"],
            "reason": "x",
            "witness_code": cabinet.code(),
        }
        done = self.try_post(place, "/ledger/corrections", body)
        is_alone = entry["session_id"] is None
        kinds = ("receive", "waste", "destroy", "lose")
        may = is_alone and entry["kind"] in kinds
        if entry["kind"] == "receive":
            may = may and entry["amount_mg"] * 1_000 == self.left[place][one]
        assert done == may
        if done:
            back = {"receive": -1}.get(entry["kind"], 1)
            self.left[place][one] += back * round(entry["amount_mg"] * 1_000)
            self.gone.discard(one)

    @precondition(lambda self: any(self.left))
    @rule(which=WHICH)
    def send(self, which: int) -> None:
        place, one = self.pick(which)
        to = (place + 1) % CLINICS
        body = {
            "container_id": one,
            "to_clinic_id": str(self.cabinets[to].day.clinic_id),
            "invoice": "x",
        }
        done = self.try_post(place, "/ledger/transfers", body)
        is_whole = self.cabinets[place].container(one)["status"] != "open"
        assert not done or (self.is_usable(one) and is_whole)
        if done:
            self.travelling.append((place, self.left[place][one], one))
            self.left[place][one] = 0
            self.gone.add(one)

    @precondition(lambda self: bool(self.travelling))
    @rule(taken=st.booleans(), off_ug=st.sampled_from([0, 0, -1]))
    def answer(self, *, taken: bool, off_ug: int) -> None:
        """What travels first is answered first."""
        self.lab.settle()
        place, amount_ug, one = self.travelling[0]
        to = (place + 1) % CLINICS
        delivery = self.cabinets[to].now()["deliveries"][0]
        path = f"/ledger/deliveries/{delivery['id']}"
        body: dict[str, Any] = {"counted_mg": (amount_ug + off_ug) / 1_000}
        if taken:
            assert self.try_post(to, f"{path}/accept", body) == (off_ug == 0)
            if off_ug:
                return
            came = self.cabinets[to].entries()[-1]["container_id"]
            self.left[to][came] = amount_ug
        else:
            assert self.try_post(to, f"{path}/refuse", {**body, "reason": "x"})
        del self.travelling[0]
        self.lab.settle()
        if not taken:
            self.left[place][one] = amount_ug
            self.gone.discard(one)
            if off_ug:
                cases = self.cabinets[place].now()["cases"]
                (case,) = [each for each in cases if each["container_id"] == one]
                self.held[one] = (case["id"], amount_ug + off_ug)

    @invariant()
    def everything_adds_up(self) -> None:
        for cabinet, left in zip(self.cabinets, self.left, strict=True):
            found = cabinet.lead.get(NAME, "/ledger/containers", limit=500)["items"]
            said = {one["id"]: round(one["balance_mg"] * 1_000) for one in found}
            assert said == left
            cabinet.assert_whole()


def test_balances_are_exact_whatever_is_tried(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=tmp_path) as folder:
        _stage["lab"] = lab = Lab([service], Path(folder))
        try:
            Ledgers.TestCase.settings = settings(
                max_examples=6,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            Ledgers.TestCase("runTest").runTest()
        finally:
            lab.close()
