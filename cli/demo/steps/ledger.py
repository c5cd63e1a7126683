"""The cabinet: opened, filled, drawn from, counted, and what is missing found."""

from collections.abc import Mapping
from typing import Any

from cli.api_client import RefusedError
from cli.demo.steps.cast import Clinic, Patient

EXPIRES_IN_YEARS = 2
VIALS = 4
STOCK: tuple[dict[str, Any], ...] = (
    *(
        {
            "drug": "racemic_ketamine",
            "form": "vial",
            "lot": "fict-0426",
            "strength_mg": 50,
            "content_mg": 500,
        }
        for _ in range(VIALS)
    ),
    {
        "drug": "racemic_ketamine",
        "form": "lozenge",
        "lot": "fict-0526",
        "strength_mg": 10,
        "content_mg": 3000,
    },
    {
        "drug": "esketamine",
        "form": "device",
        "lot": "fict-0626",
        "strength_mg": 28,
        "content_mg": 336,
    },
)
"""What a clinic has in its cabinet in the morning."""

FORMS = {"sl": "lozenge", "esketamine_nasal": "device"}
"""What a route is given from; others from a vial."""


def keep_ledger(clinic: Clinic) -> None:
    """The medical lead opens the ledger, as soon as sessions has heard of the clinic,
    and the monitor fills the cabinet and counts it.
    """
    clinic.lead.post("sessions", "/ledger", number="RF1234563", schedule="c3")
    expires_on = f"{clinic.now().year + EXPIRES_IN_YEARS}-01-31"
    for label in STOCK:
        receive = {
            **label,
            "expires_on": expires_on,
            "supplier": "Fictional Wholesale",
            "supplier_number": "RF0000001",
            "invoice": "fict-1",
        }
        made: list[Any] = []
        clinic.until(
            lambda: _received(clinic, receive, made),  # noqa: B023
            "sessions has heard of the clinic",
        )
        clinic.stock.setdefault(label["form"], []).append(made[0]["id"])
    count(clinic, "initial")


def witness_code(clinic: Clinic) -> str:
    """The therapist stands by."""
    code: str = clinic.therapist.post("sessions", "/witness-codes")["code"]
    return code


def container_for(clinic: Clinic, patient: Patient, route: str) -> str:
    """Out of which container a patient's dose comes."""
    stock = clinic.stock[FORMS.get(route, "vial")]
    return stock[patient.slot % len(stock)]


def count(clinic: Clinic, moment: str, found: Mapping[str, float] | None = None) -> Any:
    """The monitor counts the cabinet; it is as the ledger says, but for `found`."""
    on_hand = clinic.monitor.get("sessions", "/ledger")["containers"]
    lines = [
        {
            "container_id": one["id"],
            "counted_mg": (found or {}).get(one["id"], one["balance_mg"]),
        }
        for one in on_hand
    ]
    return clinic.monitor.post("sessions", "/ledger/counts", moment=moment, lines=lines)


def find_what_is_missing(clinic: Clinic) -> None:
    """The closing count finds too little in a vial: a case, counted anew, closed."""
    vial_id = clinic.stock["vial"][0]
    on_hand = clinic.monitor.get("sessions", "/ledger")["containers"]
    vial = next(one for one in on_hand if one["id"] == vial_id)
    count(clinic, "closing", {vial_id: vial["balance_mg"] - 25})
    (case,) = clinic.lead.get("sessions", "/ledger")["cases"]
    clinic.until(
        lambda: any(
            task["source_id"] == case["id"]
            for task in clinic.lead.get("notifications", "/tasks")["items"]
        ),
        "the case is on the worklist",
    )
    count(clinic, "closing", {vial_id: vial["balance_mg"]})
    clinic.lead.post(
        "sessions",
        f"/ledger/cases/{case['id']}/close",
        resolution="no_variance",
        note="the scale was read wrong; counted anew by two",
        witness_code=witness_code(clinic),
    )


def close_day(clinic: Clinic) -> None:
    """The closing count adds up, and the ledger is whole.

    Raises:
        AssertionError: it does not, or is not.
    """
    counted = count(clinic, "closing")
    said = clinic.lead.get("sessions", "/ledger/verification")
    if counted["variances"] or said["findings"]:
        raise AssertionError("the ledger does not add up at the end of the day")


def _received(clinic: Clinic, receive: dict[str, Any], made: list[Any]) -> bool:
    try:
        made.append(clinic.monitor.post("sessions", "/ledger/receipts", **receive))
    except RefusedError as error:
        if error.code != "not_found":
            raise
        return False
    return True
