"""What is said beside "double booked": the next times that are free."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.scheduling import queries
from services.scheduling.domain import DoubleBookedError
from services.scheduling.schemas.free_times import FreeTimesQuery, FreeTimeView
from shared.errors import KapError
from shared.http.routes import current_runtime
from shared.reading import Reading

FOR_DAYS = 30
MOST = 3

_times = FreeTimeView(many=True)
_query = FreeTimesQuery()


def other_times(
    refusal: KapError,
    reading: Reading,
    body: dict[str, Any],
    *,
    appointment_id: UUID | None = None,
) -> dict[str, object]:
    """The next times, with the same therapist, for what is refused as double booked."""
    if not isinstance(refusal, DoubleBookedError):
        return {}
    wanted = body
    if appointment_id is not None:
        wanted = _moved(queries.appointment(reading, appointment_id), body)
    asked = {
        **_query.load(
            {"patient_id": str(wanted["patient_id"]), "type": wanted["type"]}
        ),
        **{name: wanted[name] for name in ("mode", "route", "therapist_id")},
        "from_": wanted["starts_at"],
        "days": FOR_DAYS,
        "limit": MOST,
    }
    found = queries.free_times(reading, asked, current_runtime().clock())
    return {"alternatives": _times.dump(found)}


def _moved(old: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What a move asks for, with what it does not name."""
    held = {one["kind"]: one["resource_id"] for one in old["resources"]}
    therapist_id = body["therapist_id"] or held.get("therapist")
    return {**old, **body, "therapist_id": therapist_id}
