"""Process notes."""

from marshmallow import fields

from shared.http import Body, View
from shared.http.schemas import Instant, TextField

LONGEST_NOTE = 20_000


class ProcessNoteBody(Body):
    """What a therapist notes for nobody else."""

    note = TextField(required=True, longest=LONGEST_NOTE)


class KeptNoteView(View):
    """That a process note was kept; what it says, only its author reads."""

    id = fields.UUID()
    session_id = fields.UUID()
    written_at = Instant()


class ProcessNoteView(KeptNoteView):
    """A process note, to its author."""

    note = fields.String()


class ProcessNotesView(View):
    """The caller's own process notes on a session, the oldest first."""

    items = fields.List(fields.Nested(ProcessNoteView))
