"""What screens read of REMS forms: what the record answers, and what people did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.rems import ROUTE, RemsFormStatus
from services.sessions.models import packs, rems_forms, treatment
from shared.reading import Reading, Row
from shared.record_forms import FORMS


def rems_form(reading: Reading, form_id: UUID, now: datetime) -> dict[str, Any]:
    """One form, filled as far as is known.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(rems_forms).where(rems_forms.c.id == form_id)
    return _filled(reading.one(query, "REMS form"), reading, now)


def rems_form_of(reading: Reading, session_id: UUID, now: datetime) -> dict[str, Any]:
    """The form of a session.

    Raises:
        NotFoundError: it needs none, or not yet.
    """
    query = reading.select(rems_forms).where(rems_forms.c.session_id == session_id)
    return _filled(reading.one(query, "REMS form"), reading, now)


def open_rems_forms(reading: Reading) -> list[Row]:
    """Those that were not submitted, the most urgent first."""
    return reading.rows(
        reading.select(rems_forms)
        .where(rems_forms.c.status != RemsFormStatus.SUBMITTED)
        .order_by(rems_forms.c.due_at, rems_forms.c.id)
    )


def _filled(row: Row, reading: Reading, now: datetime) -> dict[str, Any]:
    """What was submitted or, until then, what is known now."""
    clinic_id = row["clinic_id"]
    treated = treatment(row["session_id"], clinic_id, reading.connection)
    pack = packs.at_hand(reading.connection, clinic_id, now)
    known = treated.answers(pack) if row["content"] is None else {}
    answers = row["content"] or {**known, **row["said"]}
    form = FORMS[row["form"]]
    return {
        **row,
        "title": form.title,
        "treatment": treated,
        "sections": form.asked(ROUTE),
        "answers": answers,
        "from_record": sorted(known.keys() - row["said"].keys()),
        "missing": list(form.missing(answers, ROUTE)),
    }
