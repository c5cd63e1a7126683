"""A clinic that keeps its ledger: its cabinet, and who has the key."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.access import Role
from shared.testing.caller import Caller
from tests.sessions.clinic_day import NAME, Day, Patient

VIAL: dict[str, Any] = {
    "drug": "racemic_ketamine",
    "form": "vial",
    "lot": "fict-1",
    "strength_mg": 50,
    "content_mg": 500,
    "supplier": "Fictional Wholesale",
    "supplier_number": "RF0000001",
    "invoice": "inv-1",
    "ndc": "0143-9508-10",
}
DEVICE: dict[str, Any] = {
    **VIAL,
    "drug": "esketamine",
    "form": "device",
    "lot": "spray-1",
    "strength_mg": 28,
    "content_mg": 84,
}


class Cabinet:
    """The ledger of a clinic, open unless something else is said."""

    def __init__(self, day: Day, *, is_open: bool = True) -> None:
        self.day = day
        self.lead = day.caller(Role.MEDICAL_LEAD)
        self.monitor, self.therapist = day.monitor, day.therapist
        if is_open:
            self.lead.post(NAME, "/ledger", number="RK1234563", schedule="c3")

    def receive(self, **said: Any) -> Any:
        """A container came in: a full vial, unless something else is said."""
        return self.monitor.post(NAME, "/ledger/receipts", **self.label(**said))

    def label(self, **said: Any) -> dict[str, Any]:
        """The body of a receipt."""
        expires_on = (self.day.lab.clock() + timedelta(days=300)).date()
        return {**VIAL, "expires_on": expires_on.isoformat(), **said}

    def code(self, by: Caller | None = None) -> str:
        """A witness's code; the therapist's, unless something else is said."""
        made = (by or self.therapist).post(NAME, "/witness-codes")
        code: str = made["code"]
        return code

    def now(self) -> Any:
        """How the ledger stands."""
        return self.lead.get(NAME, "/ledger")

    def container(self, container_id: str) -> Any:
        """A container as it is now."""
        listed = self.lead.get(NAME, "/ledger/containers", limit=500)["items"]
        return next(one for one in listed if one["id"] == container_id)

    def left(self, container_id: str) -> float:
        """What is left in a container, in milligrams."""
        amount: float = self.container(container_id)["balance_mg"]
        return amount

    def entries(self, **query: Any) -> list[Any]:
        """The entries, the oldest first."""
        found: list[Any] = self.lead.get(NAME, "/ledger/entries", limit=500, **query)[
            "items"
        ]
        return found[::-1]

    def kinds(self, container_id: str | None = None) -> list[str]:
        """What the entries say, the oldest first."""
        query = {"container_id": container_id} if container_id else {}
        return [entry["kind"] for entry in self.entries(**query)]

    def count(
        self, moment: str = "closing", *, counted: Mapping[str, Any] | None = None
    ) -> Any:
        """Everything on hand was counted, as the ledger says but for `counted`.

        That is by container: an amount, or an amount and a note.
        """
        body = self.counted(moment, counted or {})
        return self.monitor.post(NAME, "/ledger/counts", **body)

    def counted(self, moment: str, counted: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a count."""
        lines = []
        for one in self.now()["containers"]:
            amount = counted.get(one["id"], one["balance_mg"])
            found, note = amount if isinstance(amount, tuple) else (amount, None)
            lines.append({"container_id": one["id"], "counted_mg": found, "note": note})
        return {"moment": moment, "lines": lines}

    def refused(self, path: str, by: Caller | None = None, **body: Any) -> Any:
        """The problem of a change of the ledger that must be refused."""
        return (by or self.lead).refused(NAME, path, **body)

    def verify(self) -> Any:
        """What is wrong with the ledger."""
        return self.lead.get(NAME, "/ledger/verification")

    def assert_whole(self) -> None:
        """Nothing is wrong with it."""
        assert self.verify()["findings"] == []


def dose_from(container_id: str, given_mg: float = 50, **said: Any) -> dict[str, Any]:
    """A dose out of one container, nothing wasted."""
    drawn = said.get("drawn_mg", given_mg)
    return {
        "given_mg": given_mg,
        "drawn_mg": drawn,
        "wasted_mg": 0,
        "draws": [{"container_id": container_id, "drawn_mg": drawn}],
        **said,
    }


def give(patient: Patient, body: dict[str, Any]) -> Any:
    """The monitor gives a dose."""
    return patient.day.monitor.post(NAME, f"{patient.path}/doses", **body)
