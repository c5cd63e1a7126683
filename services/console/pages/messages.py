"""Messages to patients: what is planned, sent, failed, and what they said."""

from uuid import UUID

from flask import g, render_template

from services.console.apis import Apis
from services.console.pages.events import asked_event
from services.console.pages.people import names_of
from services.console.pages.site import site

PAGE = 100


@site.get("/clinics/<uuid:clinic_id>/messages")
def messages(clinic_id: UUID) -> str:
    """Messages with what became of them."""
    apis: Apis = g.apis
    found = apis.get("notifications", "/messages", limit=PAGE, after=asked_event())
    return render_template(
        "messages.html",
        section="site.messages",
        clinic_id=clinic_id,
        messages=found,
        older=found.data["items"][-1]["id"] if len(found) == PAGE else None,
        names=names_of(apis, (row["patient_id"] for row in found)),
    )


@site.get("/clinics/<uuid:clinic_id>/outbox")
def outbox(clinic_id: UUID) -> str:
    """Mails as they were written, where no mail server is connected."""
    apis: Apis = g.apis
    found = apis.get("notifications", "/outbox-mails", limit=PAGE)
    return render_template(
        "outbox.html",
        section="site.messages",
        clinic_id=clinic_id,
        mails=found,
        names=names_of(apis, (row["patient_id"] for row in found)),
    )
