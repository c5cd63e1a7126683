"""Notes: drafts, what was signed of them, and what was added."""

from marshmallow import ValidationError, fields, validate

from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, TextField
from shared.record_forms import LONGEST_TEXT, SectionKind
from shared.rulepack import NotePart

MOST_SECTIONS = 100


def _is_answer(value: object) -> None:
    """A text, a number, true or false; what a section takes, its form says."""
    if isinstance(value, list | dict):
        raise ValidationError("Not a text, a number, true or false.")


class AnswersField(fields.Dict):
    """Answers by the section they answer; null is none."""

    def __init__(self) -> None:
        super().__init__(
            keys=CodeField(),
            values=fields.Raw(allow_none=True, validate=_is_answer),
            required=True,
            validate=validate.Length(max=MOST_SECTIONS),
        )


class DraftBody(Body):
    """The whole of what a note says now.

    `reviewed` are sections carried forward that are confirmed as they stand.
    """

    content = AnswersField()
    reviewed = fields.List(
        CodeField(), load_default=list, validate=validate.Length(max=MOST_SECTIONS)
    )


class AddendumBody(Body):
    """What is added to what is signed."""

    text = TextField(required=True, longest=LONGEST_TEXT)


class SavedDraftView(View):
    """That a draft is kept; its version is what the next change is based on."""

    id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    part = fields.Enum(NotePart, by_value=True)
    form = fields.String()
    saved_at = Instant(allow_none=True)
    content = fields.Dict(keys=fields.String())
    carried = fields.List(fields.String())
    carried_from = fields.UUID(allow_none=True)


class SectionView(View):
    """One question of a form."""

    code = fields.String()
    label = fields.String()
    kind = fields.Enum(SectionKind, by_value=True)
    choices = fields.List(fields.String())
    unit = fields.String(allow_none=True)
    required = fields.Boolean()
    required_if = fields.String(allow_none=True)
    carry_forward = fields.Boolean()


class DraftView(SavedDraftView):
    """The caller's draft on a part, version 0 if it is not begun, and its form."""

    id = fields.UUID(allow_none=True)
    title = fields.String()
    cosigned = fields.Boolean()
    sections = fields.List(fields.Nested(SectionView))


class AddendumView(View):
    """What was added to a signed note, or to a signed record."""

    id = fields.UUID()
    session_id = fields.UUID()
    note_id = fields.UUID(allow_none=True)
    text = fields.String()
    author_id = fields.UUID()
    signed_at = Instant()
    signature_hash = fields.String()


class AnsweredView(View):
    """A question of a signed note, and its answer."""

    code = fields.String()
    label = fields.String()
    kind = fields.Enum(SectionKind, by_value=True)
    unit = fields.String(allow_none=True)
    answer = fields.Raw(allow_none=True)


class NoteView(View):
    """A signed note."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    part = fields.Enum(NotePart, by_value=True)
    form = fields.String()
    author_id = fields.UUID()
    content = fields.Dict(keys=fields.String())
    in_record = fields.Boolean()
    signed_at = Instant()
    signature_hash = fields.String()
    needs_cosignature = fields.Boolean()
    cosigned_at = Instant(allow_none=True)
    cosigned_by = fields.UUID(allow_none=True)


class ReadNoteView(NoteView):
    """A signed note as it is read: question by question, with what was added."""

    title = fields.String()
    sections = fields.List(fields.Nested(AnsweredView))
    addenda = fields.List(fields.Nested(AddendumView))
    signature_holds = fields.Boolean()


class NotesView(View):
    """What is written on a session; drafts are the caller's own.

    `parts_missing` are those the clinic wants signed before the record is.
    """

    patient_id = fields.UUID()
    items = fields.List(fields.Nested(ReadNoteView))
    addenda = fields.List(fields.Nested(AddendumView))
    drafts = fields.List(fields.Nested(SavedDraftView))
    parts_missing = fields.List(fields.Enum(NotePart, by_value=True))
