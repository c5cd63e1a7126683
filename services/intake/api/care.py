"""Routes of an episode of care: answered, decided, consented, cleared."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import (
    BeginMaintenance,
    ClearFlag,
    DecideEpisode,
    EndEpisode,
    PauseEpisode,
    RecordMeasure,
    RecordScreen,
)
from services.intake.domain import (
    Episode,
    Measure,
    MeasureContext,
    SafetyFlag,
)
from services.intake.schemas import care
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.rulepack import Route, RulePack, Verdict
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/episodes",
    scope=access.EPISODE_READ,
    query=care.EpisodesQuery(),
    gives=care.EpisodesView(),
)
def list_episodes(reading: Reading, query: dict[str, Any]) -> queries.Row:
    """The clinic's episodes, newest first; those at a stage, if one is named."""
    return queries.page_of_episodes(reading, **query)


@routes.get(
    "/episodes/<uuid:episode_id>",
    scope=access.EPISODE_READ,
    gives=care.EpisodeDetailView(),
)
def show_episode(reading: Reading, episode_id: UUID) -> dict[str, Any]:
    """An episode, and what the rule pack says of it."""
    now = current_runtime().clock()
    found = queries.episode(reading, episode_id, now)
    return {**found, "verdict": _verdict(reading, found, now)}


@routes.get(
    "/episodes/<uuid:episode_id>/verdict",
    scope=access.EPISODE_READ,
    query=care.VerdictQuery(),
    gives=care.VerdictView(),
)
def show_verdict(
    reading: Reading, query: dict[str, Any], episode_id: UUID
) -> dict[str, Any]:
    """What the rules said at a moment, by the pack and the answers of then."""
    at = query["at"] or current_runtime().clock()
    return _verdict(reading, queries.screening_at(reading, episode_id, at), at)


@routes.get(
    "/episodes/<uuid:episode_id>/routes",
    scope=access.ROUTES_READ,
    gives=care.RoutesView(),
)
def list_routes(reading: Reading, episode_id: UUID) -> dict[str, Any]:
    """By which routes a patient may be treated; none without a standing decision."""
    now = current_runtime().clock()
    found = queries.episode(reading, episode_id, now)
    standing = found["decisions"][0] if found["eligible_until"] else None
    verdict = _weighed(reading, found, now)[0]
    return {
        "episode_id": episode_id,
        "patient_id": found["patient_id"],
        "items": [
            {
                "route": route,
                "is_allowed": standing is not None
                and handlers.allows(route, verdict, standing),
                "reason_groups": sorted(
                    {rule.reason_group for rule in verdict.against(route)}
                ),
            }
            for route in Route
        ],
    }


@routes.post(
    "/episodes/<uuid:episode_id>/measures",
    scope=access.ANSWERS_WRITE,
    takes=care.MeasureBody(),
    gives=care.AnsweredView(),
    status=201,
)
def record_measure(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Measure:
    """A questionnaire was answered."""
    return handlers.record_measure(RecordMeasure(episode_id=episode_id, **body), uow)


@routes.post(
    "/episodes/<uuid:episode_id>/safety-screen",
    scope=access.ANSWERS_WRITE,
    takes=care.ScreenBody(),
    gives=care.EpisodeView(),
)
def record_screen(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Episode:
    """The safety screen was answered; the latest counts."""
    return handlers.record_screen(RecordScreen(episode_id=episode_id, **body), uow)


@routes.post(
    "/episodes/<uuid:episode_id>/decision",
    scope=access.ELIGIBILITY_SIGN,
    takes=care.DecisionBody(),
    gives=care.DecidedView(),
)
def decide_episode(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Episode:
    """A prescriber signs whether the patient may be treated."""
    return handlers.decide_episode(DecideEpisode(episode_id=episode_id, **body), uow)


@routes.post(
    "/episodes/<uuid:episode_id>/second-review",
    scope=access.ELIGIBILITY_SIGN,
    gives=care.EpisodeView(),
)
def ask_another(uow: UnitOfWork, episode_id: UUID) -> Episode:
    """Whoever should decide wants a second opinion: somebody else decides."""
    return handlers.ask_another(episode_id, uow)


@routes.post(
    "/episodes/<uuid:episode_id>/appeal",
    scope=access.APPEALS,
    gives=care.EpisodeView(),
)
def appeal(uow: UnitOfWork, episode_id: UUID) -> Episode:
    """A patient does not accept a no: somebody else than its signer decides."""
    return handlers.appeal(episode_id, uow)


@routes.post(
    "/episodes/<uuid:episode_id>/pause",
    scope=access.EPISODE_MOVE,
    takes=care.PauseBody(),
    gives=care.EpisodeView(),
)
def pause_episode(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Episode:
    """No dose until the episode goes on."""
    return handlers.pause_episode(PauseEpisode(episode_id=episode_id, **body), uow)


@routes.post(
    "/episodes/<uuid:episode_id>/resume",
    scope=access.EPISODE_MOVE,
    gives=care.EpisodeView(),
)
def resume_episode(uow: UnitOfWork, episode_id: UUID) -> Episode:
    """A pause is over."""
    return handlers.resume_episode(episode_id, uow)


@routes.post(
    "/episodes/<uuid:episode_id>/maintenance",
    scope=access.ELIGIBILITY_SIGN,
    takes=care.MaintenanceBody(),
    gives=care.EpisodeView(),
)
def begin_maintenance(
    uow: UnitOfWork, body: dict[str, Any], episode_id: UUID
) -> Episode:
    """The course is over and single doses follow, until a prescriber looks again."""
    command = BeginMaintenance(episode_id=episode_id, **body)
    return handlers.begin_maintenance(command, uow)


@routes.post(
    "/episodes/<uuid:episode_id>/end",
    scope=access.EPISODE_MOVE,
    takes=care.EndBody(),
    gives=care.EpisodeView(),
)
def end_episode(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Episode:
    """The episode comes to its end; what was planned for it is called off."""
    return handlers.end_episode(EndEpisode(episode_id=episode_id, **body), uow)


@routes.get("/safety-flags", scope=access.SAFETY_READ, gives=care.FlagsView())
def list_flags(reading: Reading) -> dict[str, Any]:
    """Safety flags nobody has cleared."""
    return {"items": queries.open_flags(reading)}


@routes.post(
    "/safety-flags/<uuid:flag_id>/clear",
    scope=access.SAFETY_CLEAR,
    takes=care.ClearFlagBody(),
    gives=care.FlagView(),
)
def clear_flag(uow: UnitOfWork, body: dict[str, Any], flag_id: UUID) -> SafetyFlag:
    """A clinician has seen to a safety flag."""
    return handlers.clear_flag(ClearFlag(flag_id=flag_id, **body), uow)


def _weighed(
    reading: Reading, found: queries.Row, at: datetime
) -> tuple[Verdict, RulePack, Mapping[str, object], frozenset[str]]:
    """The verdict of a moment, by which pack, on what, and what of it was listed."""
    pack = queries.pack_in_force(reading, at)
    answers = found["screen"]["answers"] if found["screen"] else {}
    listed = handlers.facts_listed(
        [found["id"]],
        at,
        pack=pack,
        connection=reading.connection,
        clinic_id=reading.context.clinic_id,
    ).get(found["id"], frozenset())
    known = handlers.weighed(answers, found["birth_date"], at.date(), pack, listed)
    return pack.evaluate_eligibility(known), pack, known, listed


def _verdict(reading: Reading, found: queries.Row, at: datetime) -> dict[str, Any]:
    """What the pack in force at a moment says of what was known then."""
    verdict, pack, known, listed = _weighed(reading, found, at)
    screen = found["screen"]
    answers = screen["answers"] if screen else {}
    answered = {
        measure["instrument"]
        for measure in found["measures"]
        if measure["context"] is MeasureContext.INTAKE
    }
    return {
        "at": at,
        "outcome": verdict.outcome,
        "rule_pack": pack.version,
        "missing": verdict.missing,
        "missing_forms": handlers.missing_forms(answered, pack),
        "screen_id": screen["id"] if screen else None,
        "screened_at": screen["recorded_at"] if screen else None,
        "rules": [
            {
                "rule": result.rule,
                "state": result.state,
                "answer": known.get(result.rule.fact),
                "told_by": _told_by(result.rule.fact, known, answers, listed),
            }
            for result in verdict.results
        ],
    }


def _told_by(
    fact: str,
    known: Mapping[str, object],
    answers: Mapping[str, object],
    listed: frozenset[str],
) -> str | None:
    """Where the answer comes from that counts."""
    if fact not in known:
        return None
    if fact in listed:
        return "medication_list"
    is_own = fact != handlers.AGE or known[fact] == answers.get(fact)
    return "screen" if is_own else "birth_date"
