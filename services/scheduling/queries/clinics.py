"""What is read of clinics: who they are, when they are open, by which rules."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from services.scheduling.models import clinics, closures, packs
from shared.reading import Reading, Row
from shared.rulepack import RulePack
from shared.statements import ReadyQuery

# Every page and every other service asks for the clinic and its zone.
_CLINIC = ReadyQuery(select(clinics).where(clinics.c.clinic_id == bindparam("clinic")))


def all_clinics(reading: Reading) -> list[Row]:
    """The clinics of the network, by name."""
    return reading.rows(select(clinics).order_by(clinics.c.name))


def clinic(reading: Reading) -> Row:
    """The clinic that is read for."""
    return reading.ready(_CLINIC, "clinic")


def zone_of(reading: Reading) -> ZoneInfo:
    """The clock of the clinic that is read for."""
    return ZoneInfo(clinic(reading)["time_zone"])


def hours(reading: Reading) -> Row:
    """When the clinic is open, and the days it is closed from today on."""
    where = clinic(reading)
    return {
        "version": where["version"],
        "weekly": where["hours"],
        "closures": reading.rows(
            reading.select(closures).order_by(closures.c.first_day, closures.c.id)
        ),
    }


def pack_at_hand(reading: Reading, at: datetime) -> RulePack:
    """The pack the clinic that is read for goes by at a moment, as far as known."""
    return packs.at_hand(reading.connection, reading.context.clinic_id, at)
