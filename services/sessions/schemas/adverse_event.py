"""Adverse events."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.sessions.domain.adverse_event import (
    AdverseEventStatus,
    Authority,
    Conclusion,
    Details,
    DoseAction,
    Outcome,
    Relatedness,
    Reporter,
    Seriousness,
)
from shared.http import Body, View
from shared.http.schemas import CodeField, Day, Instant, TextField, Whole


class DetailsBody(Body):
    """What happened; without a criterion of seriousness it was not serious."""

    term = CodeField(required=True)
    grade = Whole(required=True)
    seriousness = fields.List(
        fields.Enum(Seriousness, by_value=True),
        load_default=list,
        validate=validate.Length(max=len(Seriousness)),
    )
    onset_at = Instant(required=True)
    ended_at = Instant(load_default=None, allow_none=True)
    relatedness = fields.Enum(Relatedness, by_value=True, required=True)
    action = fields.Enum(DoseAction, by_value=True, required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    reporter = fields.Enum(Reporter, by_value=True, required=True)
    treatment = TextField(load_default=None, allow_none=True)

    @post_load
    def as_details(self, said: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The whole as the domain knows it; a reason stays beside it."""
        reason = said.pop("reason", None)
        seriousness = tuple(dict.fromkeys(said.pop("seriousness")))
        details = Details(**said, seriousness=seriousness)
        return {"details": details, **({"reason": reason} if reason else {})}


class AdverseEventCorrectionBody(DetailsBody):
    """The whole as it should have been, and why it is said anew."""

    reason = TextField(required=True)


class DismissBody(Body):
    """Why what readings suggested is no adverse event."""

    reason = TextField(required=True)


class ReviewBody(Body):
    """What it means for the next dose, and why."""

    conclusion = fields.Enum(Conclusion, by_value=True, required=True)
    note = TextField(required=True)


class AdverseEventReportBody(Body):
    """To whom it was reported, and on which day."""

    authority = fields.Enum(Authority, by_value=True, required=True)
    filed_on = Day(required=True)


class DetailsView(View):
    """What happened."""

    term = fields.String()
    grade = fields.Integer()
    seriousness = fields.List(fields.String())
    onset_at = Instant()
    ended_at = Instant(allow_none=True)
    relatedness = fields.String()
    action = fields.String()
    outcome = fields.String()
    reporter = fields.String()
    treatment = fields.String(allow_none=True)


class KeptEventView(View):
    """How it stands with an adverse event."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    status = fields.Enum(AdverseEventStatus, by_value=True)
    term = fields.String()
    grade = fields.Integer(allow_none=True)
    serious = fields.Boolean()
    revision = fields.Integer()
    suggested_by = fields.String(allow_none=True)
    noted_at = Instant()
    recorded_at = Instant(allow_none=True)
    recorded_by = fields.UUID(allow_none=True)
    awaits_review = fields.Boolean()
    reviewed_at = Instant(allow_none=True)
    reviewed_by = fields.UUID(allow_none=True)
    conclusion = fields.Enum(Conclusion, by_value=True, allow_none=True)
    review_note = fields.String(allow_none=True)
    dismissed_at = Instant(allow_none=True)
    dismissed_by = fields.UUID(allow_none=True)
    dismissed_because = fields.String(allow_none=True)


class ReportView(View):
    """That it was reported to an authority."""

    id = fields.UUID()
    authority = fields.Enum(Authority, by_value=True)
    filed_on = fields.Date()
    noted_at = Instant()
    noted_by = fields.UUID()


class AdverseEventView(KeptEventView):
    """An adverse event; minutes count from the first dose of its session."""

    details = fields.Nested(DetailsView, allow_none=True)
    onset_minutes = fields.Integer(allow_none=True)
    end_minutes = fields.Integer(allow_none=True)
    reports = fields.List(fields.Nested(ReportView))


class RevisionView(View):
    """What was recorded at one time, and why anew."""

    revision = fields.Integer()
    details = fields.Nested(DetailsView)
    reason = fields.String(allow_none=True)
    recorded_at = Instant()
    recorded_by = fields.UUID()


class FullEventView(AdverseEventView):
    """An adverse event with everything that was ever recorded of it, newest first."""

    revisions = fields.List(fields.Nested(RevisionView))


class AdverseEventsView(View):
    """Adverse events, the newest first."""

    items = fields.List(fields.Nested(AdverseEventView))


class TermsView(View):
    """What adverse events may be called in this clinic."""

    items = fields.List(fields.String())
