"""A time that became free and is held for a patient who waits for an earlier one."""

from typing import Any
from uuid import UUID

from flask import g, redirect, url_for

from services.console.apis import Apis
from services.console.own import forms
from services.console.own.visit import own


@own.post("/offers/<uuid:entry_id>/<any(accept, decline):answer>")
def answer_offer(clinic_id: UUID, entry_id: UUID, answer: str) -> Any:
    """Take it, or leave it to the next who waits."""
    apis: Apis = g.apis
    path = f"/patients/{g.patient_id}/offers/{entry_id}/{answer}"
    said = apis.post("scheduling", path)
    if not said:
        return forms.page(clinic_id, _words(said.refusal.get("code"), said.detail)), 409
    return redirect(url_for("own.home", clinic_id=clinic_id, offer=answer), 303)


def _words(code: Any, detail: str) -> str:
    """Why it cannot be had, to somebody who knows nothing of holds."""
    if code in ("no_offer", "hold_expired"):
        return "That time is not free for you any longer. You still wait for another."
    return detail
