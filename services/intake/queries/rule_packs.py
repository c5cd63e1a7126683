"""What is read of a clinic's rule packs, and of what came of trying them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.intake.domain import PackEdition
from services.intake.models import pack_editions, packs, trial_findings, trials
from shared.reading import Reading, Row
from shared.rulepack import (
    BASE,
    RulePack,
    differences,
    read_clinic_pack,
    table_of,
)


def pack_in_force(reading: Reading, at: datetime) -> RulePack:
    """The pack the clinic that is read for works by at a moment."""
    return packs.in_force(reading.connection, reading.context.clinic_id, at)


def rule_packs(reading: Reading) -> list[Row]:
    """The clinic's own packs, newest first, without their text."""
    columns = [column for column in pack_editions.c if column.name != "text"]
    query = reading.select(pack_editions, *columns)
    return reading.rows(query.order_by(pack_editions.c.id.desc()))


def rule_pack(reading: Reading, pack_id: UUID, now: datetime) -> Row:
    """A pack: what it says, what it changes, and how far it is tested and tried.

    It is compared with the clinic's pack before it: the one in force now, or just
    before it took effect.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(pack_editions).where(pack_editions.c.id == pack_id)
    row = reading.one(query, "rule pack")
    edition = PackEdition(**row)
    read = edition.read
    before = _before(reading, edition, now)
    return {
        **row,
        "is_intact": edition.is_intact,
        "pack": read.pack,
        "compared_with": before.get("version"),
        "differences": differences(before, read.table),
        "cases": read.pack.case_results,
        "untested_rules": read.pack.untested_rules,
        "trial": _latest_trial(reading, pack_id),
    }


def findings(reading: Reading, trial_id: UUID, page: Row) -> list[Row]:
    """Episodes that come out otherwise, a page of them.

    Raises:
        NotFoundError: there is no such trial in this clinic.
    """
    reading.one(reading.select(trials).where(trials.c.id == trial_id), "trial")
    query = reading.select(trial_findings).where(trial_findings.c.trial_id == trial_id)
    if page["after"] is not None:
        query = query.where(trial_findings.c.id > page["after"])
    rows = reading.rows(query.order_by(trial_findings.c.id).limit(page["limit"]))
    return [{**row, **row["details"]} for row in rows]


def _before(reading: Reading, edition: PackEdition, now: datetime) -> dict[str, Any]:
    """The pack before this one, as tables and lists."""
    signed = packs.table
    query = (
        reading.select(signed)
        .where(
            signed.c.id != edition.id,
            signed.c.effective_at <= (edition.effective_at or now),
        )
        .order_by(signed.c.effective_at.desc(), signed.c.id.desc())
        .limit(1)
    )
    rows = reading.rows(query)
    return dict(read_clinic_pack(rows[0]["text"]).table if rows else table_of(BASE))


def _latest_trial(reading: Reading, pack_id: UUID) -> Row | None:
    query = reading.select(trials).where(trials.c.pack_id == pack_id)
    rows = reading.rows(query.order_by(trials.c.id.desc()).limit(1))
    if not rows:
        return None
    found = trial_findings
    counted = (
        select(found.c.before, found.c.after, func.count().label("episodes"))
        .where(found.c.trial_id == rows[0]["id"])
        .group_by(found.c.before, found.c.after)
        .order_by(found.c.before, found.c.after)
    )
    return {
        **rows[0],
        "outcomes": [row._mapping for row in reading.connection.execute(counted)],
    }
