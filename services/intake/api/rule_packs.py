"""Routes of rule packs: drafted, compared, tested, tried, signed."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import SignRulePack
from services.intake.domain import PackEdition, Trial
from services.intake.schemas import rule_packs
from shared import access
from shared.http.routes import current_runtime
from shared.http.schemas import Page
from shared.reading import Reading
from shared.rulepack import BASE
from shared.unit_of_work import UnitOfWork


@routes.get("/rule-packs", scope=access.RULES_READ, gives=rule_packs.PacksView())
def list_rule_packs(reading: Reading) -> dict[str, Any]:
    """The clinic's own packs, newest first, and the one it works by now."""
    in_force = queries.pack_in_force(reading, current_runtime().clock())
    return {
        "in_force": in_force.version,
        "base": BASE,
        "items": queries.rule_packs(reading),
    }


@routes.get(
    "/rule-packs/<uuid:pack_id>",
    scope=access.RULES_READ,
    gives=rule_packs.PackDetailView(),
)
def show_rule_pack(reading: Reading, pack_id: UUID) -> queries.Row:
    """What a pack says and changes, what its cases say, and the latest trial."""
    return queries.rule_pack(reading, pack_id, current_runtime().clock())


@routes.post(
    "/rule-packs",
    scope=access.RULES_DRAFT,
    takes=rule_packs.PackBody(),
    gives=rule_packs.PackView(),
    status=201,
)
def draft_rule_pack(uow: UnitOfWork, body: dict[str, Any]) -> PackEdition:
    """Write down a pack of the clinic's own."""
    return handlers.draft_rule_pack(body["text"], uow)


@routes.put(
    "/rule-packs/<uuid:pack_id>",
    scope=access.RULES_DRAFT,
    takes=rule_packs.PackBody(),
    gives=rule_packs.PackView(),
)
def rewrite_rule_pack(
    uow: UnitOfWork, body: dict[str, Any], pack_id: UUID
) -> PackEdition:
    """A draft says something else."""
    return handlers.rewrite_rule_pack(pack_id, body["text"], uow)


@routes.post(
    "/rule-packs/<uuid:pack_id>/trials",
    scope=access.RULES_DRAFT,
    gives=rule_packs.TrialView(),
    status=201,
)
def begin_trial(uow: UnitOfWork, pack_id: UUID) -> Trial:
    """Try a draft on every open episode; the pack says how far that has come."""
    return handlers.begin_trial(handlers.held_edition(pack_id, uow), uow)


@routes.get(
    "/rule-pack-trials/<uuid:trial_id>/findings",
    scope=access.EPISODE_READ,
    query=Page(),
    gives=rule_packs.FindingsView(),
)
def list_findings(
    reading: Reading, query: dict[str, Any], trial_id: UUID
) -> dict[str, Any]:
    """Episodes that come out otherwise under a pack that is tried, a page of them."""
    return {"items": queries.findings(reading, trial_id, query)}


@routes.post(
    "/rule-packs/<uuid:pack_id>/sign",
    scope=access.RULES_SIGN,
    takes=rule_packs.SignPackBody(),
    gives=rule_packs.PackView(),
)
def sign_rule_pack(uow: UnitOfWork, body: dict[str, Any], pack_id: UUID) -> PackEdition:
    """The medical lead makes it the clinic's pack from a time on."""
    return handlers.sign_rule_pack(SignRulePack(pack_id=pack_id, **body), uow)
