"""The dose at the bedside: out of which containers, shown again before it is given."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for

from services.console.apis import Apis
from services.console.pages.ledger import amount
from services.console.pages.people import full_name
from services.console.pages.site import demand_found, site

AT_MOST = 3
"""How many containers a dose may come out of on this page."""

Drawn = dict[str, Any]


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/dose")
def dose_form(clinic_id: UUID, session_id: UUID) -> str:
    """What is to be drawn; once that is said, what it means for each container."""
    return _page(clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/dose")
def give_dose(clinic_id: UUID, session_id: UUID) -> Any:
    """The dose was given, and the rest wasted before the witness."""
    apis: Apis = g.apis
    drawn = _drawn()
    given_mg, drawn_mg = amount(request.values.get("given_mg", "")), _total(drawn)
    answer = apis.post(
        "sessions",
        f"/sessions/{session_id}/doses",
        given_mg=given_mg,
        drawn_mg=drawn_mg,
        wasted_mg=_wasted(given_mg, drawn_mg),
        draws=drawn,
        witness_code=request.form.get("witness_code", "").strip() or None,
    )
    if not answer:
        return _page(clinic_id, session_id, answer.detail), 422
    own = url_for("site.session", clinic_id=clinic_id, session_id=session_id)
    return redirect(own, 303)


def _page(clinic_id: UUID, session_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    session = apis.get("sessions", f"/sessions/{session_id}")
    demand_found(session)
    stock = apis.get("sessions", "/ledger")
    order = session["order"] or {}
    usable = [
        one
        for one in (stock["containers"] or [])
        if one["drug"] == order.get("drug") and one["status"] in ("sealed", "open")
    ]
    person = apis.get("intake", f"/patients/{session['patient_id']}")
    drawn = _drawn()
    given_mg, drawn_mg = amount(request.values.get("given_mg", "")), _total(drawn)
    return render_template(
        "dose.html",
        section="site.sessions",
        clinic_id=clinic_id,
        session_id=session_id,
        session=session,
        name=full_name(person.data) if person else "",
        is_open=bool(stock["registration"]),
        containers=usable,
        rows=range(AT_MOST),
        summary=_summary(drawn, usable),
        given_mg=given_mg,
        drawn_mg=drawn_mg,
        wasted_mg=_wasted(given_mg, drawn_mg),
        said=request.values,
        problem=problem,
        away=apis.away,
    )


def _drawn() -> list[Drawn]:
    """What the form says was drawn out of each container."""
    asked = request.values
    rows = (
        (asked.get(f"container-{row}", ""), asked.get(f"drawn-{row}", ""), row)
        for row in range(AT_MOST)
    )
    return [
        {
            "container_id": container_id,
            "drawn_mg": amount(drawn),
            "note": asked.get(f"note-{row}", "").strip() or None,
        }
        for container_id, drawn, row in rows
        if container_id and drawn
    ]


def _summary(drawn: list[Drawn], usable: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each container before and after."""
    known = {one["id"]: one for one in usable}
    return [
        {**known[row["container_id"]], **row, "after_mg": _left(known, row)}
        for row in drawn
        if row["container_id"] in known
    ]


def _left(known: dict[str, Any], row: Drawn) -> float | None:
    if not isinstance(row["drawn_mg"], float):
        return None
    left: float = known[row["container_id"]]["balance_mg"] - row["drawn_mg"]
    return round(left, 3)


def _total(drawn: list[Drawn]) -> float | None:
    amounts = [row["drawn_mg"] for row in drawn]
    if not amounts or not all(isinstance(one, float) for one in amounts):
        return None
    total: float = sum(amounts)
    return round(total, 3)


def _wasted(given_mg: float | str | None, drawn_mg: float | None) -> float | None:
    if drawn_mg is None or not isinstance(given_mg, float):
        return None
    return round(drawn_mg - given_mg, 3)
