"""The JSON notifications takes and gives."""

from marshmallow import fields, validate

from services.notifications.domain.messages import MessageStatus, Template
from services.notifications.domain.tasks import Owner, TaskKind, TaskStatus
from services.notifications.domain.webhooks import Outcome, SubscriptionStatus
from shared.events import Sensitivity
from shared.http import Body, Query, View
from shared.http.schemas import Instant, TextField
from shared.outward.addresses import LONGEST_URL

LONGEST_NAME = 100
BEYOND_ROUTINE = [kind.value for kind in Sensitivity if kind is not Sensitivity.ROUTINE]


class MessageView(View):
    """A message to a patient."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    template = fields.Enum(Template, by_value=True)
    channel = fields.String()
    status = fields.Enum(MessageStatus, by_value=True)
    planned_for = Instant()
    sent_at = Instant(allow_none=True)
    cause_code = fields.String(allow_none=True)
    tries = fields.Integer()


class MessagesView(View):
    """Messages to patients."""

    items = fields.List(fields.Nested(MessageView))


class KeptMailView(View):
    """A mail that was kept instead of sent."""

    id = fields.UUID()
    patient_id = fields.UUID()
    template = fields.Enum(Template, by_value=True)
    subject = fields.String(allow_none=True)
    body = fields.String(allow_none=True)
    kept_at = Instant()


class KeptMailsView(View):
    """Mails that were kept instead of sent."""

    items = fields.List(fields.Nested(KeptMailView))


class TasksQuery(Query):
    """Which tasks: open ones of every role, unless said otherwise."""

    status = fields.Enum(TaskStatus, by_value=True, load_default=TaskStatus.OPEN)
    role = fields.Enum(Owner, by_value=True, load_default=None, allow_none=True)
    limit = fields.Integer(load_default=200, validate=validate.Range(min=1, max=500))


class TaskView(View):
    """Something a member of staff should do."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID(allow_none=True)
    kind = fields.Enum(TaskKind, by_value=True)
    role = fields.Enum(Owner, by_value=True)
    source_id = fields.UUID()
    due_at = Instant()
    level = fields.Integer()
    status = fields.Enum(TaskStatus, by_value=True)
    opened_at = Instant()
    done_by = fields.UUID(allow_none=True)
    done_at = Instant(allow_none=True)


class TasksView(View):
    """The worklist."""

    items = fields.List(fields.Nested(TaskView))


class AddSubscriptionBody(Body):
    """Where to tell what."""

    url = TextField(required=True, longest=LONGEST_URL)
    types = fields.List(
        TextField(longest=LONGEST_NAME),
        required=True,
        validate=validate.Length(min=1, max=100),
    )
    grants = fields.List(
        fields.String(validate=validate.OneOf(BEYOND_ROUTINE)),
        load_default=list,
        validate=validate.Length(max=len(BEYOND_ROUTINE)),
    )


class SubscriptionView(View):
    """A subscription; `failures` counts tries since the last that did not fail."""

    id = fields.UUID()
    version = fields.Integer()
    url = fields.String()
    types = fields.List(fields.String())
    grants = fields.List(fields.String())
    owner_id = fields.UUID()
    status = fields.Enum(SubscriptionStatus, by_value=True)
    failures = fields.Integer()
    created_at = Instant()


class NewSubscriptionView(SubscriptionView):
    """A subscription with the secret its deliveries are signed with, shown once."""

    secret = fields.String()


class SubscriptionsView(View):
    """Subscriptions."""

    items = fields.List(fields.Nested(SubscriptionView))


class AttemptView(View):
    """A try to deliver an event; `reason` says why there is no status."""

    id = fields.UUID()
    event_id = fields.UUID()
    type = fields.String()
    number = fields.Integer()
    tried_at = Instant()
    took_ms = fields.Integer()
    outcome = fields.Enum(Outcome, by_value=True)
    status_code = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)


class AttemptsView(View):
    """Tries to deliver events."""

    items = fields.List(fields.Nested(AttemptView))
