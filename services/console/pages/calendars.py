"""Calendars of rooms and staff for programs of others, and busy times from theirs."""

from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console import login
from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site

MOST_CHARACTERS = 1_048_576


@site.get("/clinics/<uuid:clinic_id>/calendars")
def calendars(clinic_id: UUID) -> str:
    """The links that were given out, and the calendars that are read."""
    return _page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/calendars")
def make_calendar(clinic_id: UUID) -> Any:
    """A link to a calendar; it is shown this once."""
    apis: Apis = g.apis
    resource = request.form.get("resource_id", "")
    made = apis.post(
        "scheduling",
        f"/resources/{resource}/calendar-links",
        label=request.form.get("label", ""),
        shows_room="shows_room" in request.form,
    )
    if not made:
        return _page(clinic_id, made.detail), 422
    return _page(clinic_id, url=login.own_origin() + made["path"])


@site.post("/clinics/<uuid:clinic_id>/calendars/<uuid:link_id>/end")
def end_calendar(clinic_id: UUID, link_id: UUID) -> Any:
    """A link opens nothing any more."""
    apis: Apis = g.apis
    answer = apis.delete("scheduling", f"/calendar-links/{link_id}")
    return _after(answer, clinic_id)


@site.post("/clinics/<uuid:clinic_id>/busy")
def set_busy(clinic_id: UUID) -> Any:
    """Busy times are read from a file, or from a URL from now on."""
    apis: Apis = g.apis
    file, url = request.files.get("file"), request.form.get("url", "").strip()
    said: dict[str, str] = {"url": url} if url else {}
    if file and file.filename:
        said["calendar"] = file.read(MOST_CHARACTERS + 1).decode(errors="replace")
    resource = request.form.get("resource_id", "")
    answer = apis.put("scheduling", f"/resources/{resource}/busy", **said)
    return _after(answer, clinic_id)


@site.post("/clinics/<uuid:clinic_id>/busy/<uuid:resource_id>/end")
def end_busy(clinic_id: UUID, resource_id: UUID) -> Any:
    """No calendar of others counts any more for somebody."""
    apis: Apis = g.apis
    answer = apis.delete("scheduling", f"/resources/{resource_id}/busy")
    return _after(answer, clinic_id)


def _after(answer: Answer, clinic_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, answer.detail), 422
    return record.back("site.calendars", clinic_id=clinic_id)


def _page(clinic_id: UUID, problem: str = "", url: str = "") -> str:
    apis: Apis = g.apis
    links = apis.get("scheduling", "/calendar-links")
    demand_found(links)
    resources = apis.get("scheduling", "/resources")
    return render_template(
        "calendars.html",
        section="site.board",
        clinic_id=clinic_id,
        given=links,
        feeds=apis.get("scheduling", "/busy-feeds"),
        resources=resources,
        names={row["id"]: row["name"] for row in resources},
        url=url,
        problem=problem,
        away=apis.away,
    )
