"""Notifications' routes."""

from typing import Any
from uuid import UUID

from services.notifications import queries, schemas
from services.notifications.commands import AddSubscription
from services.notifications.domain.tasks import Task
from services.notifications.domain.webhooks import Subscription
from services.notifications.handlers import tasks, webhooks
from shared import access
from shared.http import Page, Routes
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

routes = Routes("notifications", "Messages, the worklist and webhooks")


@routes.get(
    "/messages", scope=access.MESSAGES_READ, query=Page(), gives=schemas.MessagesView()
)
def list_messages(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Messages to patients, newest first."""
    return {"items": queries.newest_messages(reading, **query)}


@routes.get(
    "/patients/<uuid:patient_id>/messages",
    scope=access.MESSAGES_READ,
    gives=schemas.MessagesView(),
)
def list_messages_of_patient(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's messages, newest first."""
    return {"items": queries.messages_of(reading, patient_id)}


@routes.get(
    "/outbox-mails",
    scope=access.MAILS_READ,
    query=Page(),
    gives=schemas.KeptMailsView(),
)
def list_outbox_mails(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Mails that were kept instead of sent, where no mail server is set."""
    return {"items": queries.kept_mails(reading, **query)}


@routes.get(
    "/tasks",
    scope=access.TASKS_READ,
    query=schemas.TasksQuery(),
    gives=schemas.TasksView(),
)
def list_tasks(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """The worklist, the most urgent first."""
    return {"items": queries.worklist(reading, **query)}


@routes.post(
    "/tasks/<uuid:task_id>/done", scope=access.TASKS_WRITE, gives=schemas.TaskView()
)
def finish_task(uow: UnitOfWork, task_id: UUID) -> Task:
    """Tick a task off."""
    return tasks.finish_task(task_id, uow)


@routes.post(
    "/subscriptions",
    scope=access.SUBSCRIPTIONS,
    takes=schemas.AddSubscriptionBody(),
    gives=schemas.NewSubscriptionView(),
    status=201,
)
def add_subscription(uow: UnitOfWork, body: dict[str, Any]) -> Subscription:
    """Have events of this clinic posted to a URL, signed."""
    listed = current_runtime().settings.webhook_hosts
    return webhooks.add_subscription(AddSubscription(**body, listed_hosts=listed), uow)


@routes.get(
    "/subscriptions", scope=access.SUBSCRIPTIONS, gives=schemas.SubscriptionsView()
)
def list_subscriptions(reading: Reading) -> dict[str, Any]:
    """Subscriptions; an integrator sees the own ones."""
    owner_id = webhooks.sees_only(reading.context)
    return {"items": queries.all_subscriptions(reading, owner_id=owner_id)}


@routes.get(
    "/subscriptions/<uuid:subscription_id>",
    scope=access.SUBSCRIPTIONS,
    gives=schemas.SubscriptionView(),
)
def show_subscription(reading: Reading, subscription_id: UUID) -> Any:
    """One subscription."""
    owner_id = webhooks.sees_only(reading.context)
    return queries.subscription(reading, subscription_id, owner_id=owner_id)


@routes.delete(
    "/subscriptions/<uuid:subscription_id>",
    scope=access.SUBSCRIPTIONS,
    gives=schemas.SubscriptionView(),
)
def end_subscription(uow: UnitOfWork, subscription_id: UUID) -> Subscription:
    """Have nothing posted any more."""
    return webhooks.end_subscription(subscription_id, uow)


@routes.get(
    "/subscriptions/<uuid:subscription_id>/attempts",
    scope=access.SUBSCRIPTIONS,
    query=Page(),
    gives=schemas.AttemptsView(),
)
def list_attempts(
    reading: Reading, query: dict[str, Any], subscription_id: UUID
) -> dict[str, Any]:
    """What was tried for a subscription, newest first."""
    owner_id = webhooks.sees_only(reading.context)
    queries.subscription(reading, subscription_id, owner_id=owner_id)
    return {"items": queries.attempts_of(reading, subscription_id, **query)}
