"""The clinic's rule packs: drafted, compared, tested, tried, signed."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.console.apis import Answer, Apis
from services.console.pages.site import demand_found, site, wants_fragment
from services.console.pages.times import entered
from services.console.visitor import Visitor
from shared import access

START = """version = "clinic-2026.1"
title = "What the clinic does otherwise"
source = "Medical lead of the clinic"
extends = "{base}"

# [[rules]]      a rule in the place of the base's of the same code, or a new one
# [[lifted]]     a rule of the base that is not applied: code and reason
# [[cases]]      somebody unremarkable but for some answers, and what must come out
"""
"""What a new draft begins with."""


@site.get("/clinics/<uuid:clinic_id>/rule-packs")
def rule_packs(clinic_id: UUID) -> str:
    """The pack in force and the clinic's own ones."""
    return _list(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/rule-packs")
def draft_rule_pack(clinic_id: UUID) -> str | Response:
    """Write down a pack of the clinic's own."""
    apis: Apis = g.apis
    text = request.form.get("text", "").replace("\r\n", "\n")
    answer = apis.post("intake", "/rule-packs", text=text)
    if not answer:
        return _list(clinic_id, text=text, problem=answer.detail)
    return _shown(clinic_id, answer["id"])


@site.get("/clinics/<uuid:clinic_id>/rule-packs/<uuid:pack_id>")
def rule_pack(clinic_id: UUID, pack_id: UUID) -> str:
    """What a pack changes, what its cases say, and how far it is tried."""
    return _page(clinic_id, pack_id)


@site.post("/clinics/<uuid:clinic_id>/rule-packs/<uuid:pack_id>")
def rewrite_rule_pack(clinic_id: UUID, pack_id: UUID) -> str | Response:
    """A draft says something else."""
    apis: Apis = g.apis
    text = request.form.get("text", "").replace("\r\n", "\n")
    answer = apis.put("intake", f"/rule-packs/{pack_id}", text=text)
    return _after(answer, clinic_id, pack_id, text=text)


@site.post("/clinics/<uuid:clinic_id>/rule-packs/<uuid:pack_id>/trials")
def try_rule_pack(clinic_id: UUID, pack_id: UUID) -> str | Response:
    """Try a draft on every open episode."""
    apis: Apis = g.apis
    answer = apis.post("intake", f"/rule-packs/{pack_id}/trials")
    return _after(answer, clinic_id, pack_id)


@site.post("/clinics/<uuid:clinic_id>/rule-packs/<uuid:pack_id>/sign")
def sign_rule_pack(clinic_id: UUID, pack_id: UUID) -> str | Response:
    """The medical lead makes it the clinic's pack from a time on."""
    apis: Apis = g.apis
    at = entered(request.form.get("effective_at", ""))
    answer = apis.post("intake", f"/rule-packs/{pack_id}/sign", effective_at=at)
    return _after(answer, clinic_id, pack_id)


def _after(
    answer: Answer, clinic_id: UUID, pack_id: UUID, text: str | None = None
) -> str | Response:
    if not answer:
        return _page(clinic_id, pack_id, text=text, problem=answer.detail)
    return _shown(clinic_id, pack_id)


def _shown(clinic_id: UUID, pack_id: object) -> Response:
    where = url_for("site.rule_pack", clinic_id=clinic_id, pack_id=pack_id)
    return redirect(where, 303)


def _list(clinic_id: UUID, *, text: str | None = None, problem: str = "") -> str:
    apis: Apis = g.apis
    found = apis.get("intake", "/rule-packs")
    return render_template(
        "rule_packs.html",
        section="site.rule_packs",
        clinic_id=clinic_id,
        packs=found,
        text=text or START.format(base=found["base"]),
        problem=problem,
        **_choices(clinic_id),
    )


def _page(
    clinic_id: UUID, pack_id: UUID, *, text: str | None = None, problem: str = ""
) -> str:
    apis: Apis = g.apis
    pack = apis.get("intake", f"/rule-packs/{pack_id}")
    demand_found(pack)
    trial = pack["trial"]
    findings = None
    if trial and trial["changed"]:
        path = f"/rule-pack-trials/{trial['id']}/findings"
        findings = apis.get("intake", path, limit=50)
    return render_template(
        "_trial.html" if wants_fragment() else "rule_pack.html",
        section="site.rule_packs",
        clinic_id=clinic_id,
        pack=pack,
        trial=trial,
        is_tried=bool(
            trial and trial["ended_at"] and trial["digest"] == pack["digest"]
        ),
        failing=[case for case in pack["cases"] or [] if not case["passes"]],
        findings=findings,
        text=text or pack["text"],
        problem=problem,
        **_choices(clinic_id),
    )


def _choices(clinic_id: UUID) -> dict[str, Any]:
    visitor: Visitor = g.visitor
    return {
        "can_draft": visitor.may(access.RULES_DRAFT, clinic_id),
        "can_sign": visitor.may(access.RULES_SIGN, clinic_id),
    }
