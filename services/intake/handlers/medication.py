"""The list of medication and allergies, and what of it the rules weigh."""

from uuid import UUID

from sqlalchemy import select

from services.intake.commands import AddListEntry
from services.intake.domain import (
    CodingKind,
    EntriesProposedError,
    EntrySource,
    EntryStatus,
    Episode,
    ListEntry,
    Reconciliation,
    Referral,
)
from services.intake.handlers.assessing import held_episode, hold, verdict_for
from services.intake.handlers.deciding import let_lapse
from services.intake.models import list_entries
from shared.ids import uuid7
from shared.rulepack import EligibilityRule, EntryKind, RuleClass
from shared.unit_of_work import UnitOfWork

RXNORM = ("rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm")


def add_list_entry(command: AddListEntry, uow: UnitOfWork) -> ListEntry:
    """Somebody tells of a medicine or an allergy; the rules weigh it at once.

    Raises:
        WrongStateError: the episode is at its end.
    """
    episode = held_episode(command.episode_id, uow)
    episode.demand_open()
    before = _against(episode, uow)
    entry = ListEntry(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=episode.patient_id,
        episode_id=episode.id,
        kind=command.kind,
        name=command.name,
        rxnorm=command.rxnorm,
        detail=command.detail,
        since=command.since,
        source=command.source,
        status=EntryStatus.ACTIVE,
        recorded_by=uow.actor_id,
        recorded_at=uow.now,
        active_from=uow.now,
    )
    uow.publish(entry.tell(), of=entry)
    uow.add(entry)
    _weigh(episode, before, uow)
    return entry


def change_list_entry(
    entry_id: UUID, status: EntryStatus, uow: UnitOfWork
) -> ListEntry:
    """A clinician says how it stands with an entry; the rules weigh it anew.

    Raises:
        WrongStateError: the episode is at its end, or the entry does not become that.
    """
    query = select(list_entries.c.episode_id).where(
        list_entries.c.id == entry_id, list_entries.c.clinic_id == uow.clinic_id
    )
    if (episode_id := uow.connection.execute(query).scalar()) is not None:
        hold(episode_id, uow)
    entry = uow.get(ListEntry, entry_id)
    episode = uow.get(Episode, entry.episode_id)
    episode.demand_open()
    before = _against(episode, uow)
    entry.change(status, by=uow.actor_id, at=uow.now)
    uow.publish(entry.tell(), of=entry)
    _weigh(episode, before, uow)
    return entry


def reconcile(episode_id: UUID, uow: UnitOfWork) -> Reconciliation:
    """A clinician went through the whole list with the patient.

    Raises:
        WrongStateError: the episode is at its end.
        EntriesProposedError: some entries nobody has looked at.
    """
    episode = held_episode(episode_id, uow)
    episode.demand_open()
    proposed = select(ListEntry).where(
        list_entries.c.episode_id == episode.id,
        list_entries.c.status == EntryStatus.PROPOSED,
    )
    if waiting := uow.all(proposed):
        ids = [str(entry.id) for entry in waiting]
        raise EntriesProposedError(details={"entry_ids": ids})
    done = Reconciliation(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        episode_id=episode.id,
        reconciled_by=uow.actor_id,
        reconciled_at=uow.now,
    )
    uow.touch(record=("episode", episode.id), patients=[episode.patient_id])
    uow.db.add(done)
    return done


def propose(referral: Referral, episode_id: UUID, uow: UnitOfWork) -> None:
    """What a referral says a patient takes is looked at with the patient."""
    for coding in referral.codings:
        if coding.kind is not CodingKind.MEDICATION:
            continue
        entry = ListEntry(
            id=uuid7(),
            clinic_id=uow.clinic_id,
            patient_id=referral.patient_id,
            episode_id=episode_id,
            kind=EntryKind.MEDICATION,
            name=coding.display,
            rxnorm=coding.code if coding.system.lower() in RXNORM else None,
            detail=None,
            since=None,
            source=EntrySource.REFERRAL,
            status=EntryStatus.PROPOSED,
            recorded_by=uow.actor_id,
            recorded_at=uow.now,
        )
        uow.publish(entry.tell(), of=entry)
        uow.add(entry)


def _against(episode: Episode, uow: UnitOfWork) -> set[str]:
    return {rule.code for rule in verdict_for(episode, episode.screen, uow).against_all}


def _weigh(episode: Episode, before: set[str], uow: UnitOfWork) -> None:
    """A grave rule that the list newly meets ends a standing yes."""
    grave: list[EligibilityRule] = [
        rule
        for rule in verdict_for(episode, episode.screen, uow).against_all
        if rule.rule_class is not RuleClass.RELATIVE and rule.code not in before
    ]
    if grave:
        let_lapse(episode, grave[0].reason_group, uow)
