"""Which class lives in which table.

Vital signs and entries of the ledger are not mapped: they are written once, the ones on
the path that is taken most, and never changed.
"""

from sqlalchemy.orm import registry, relationship

from services.sessions.domain.adverse_event import AdverseEvent, Report
from services.sessions.domain.alert import Alert
from services.sessions.domain.bedside import BedsideDevice
from services.sessions.domain.copies import Appointment, Clinic, Patient
from services.sessions.domain.dose import Authorisation, Dose
from services.sessions.domain.emergency import EmergencyEntry
from services.sessions.domain.integration import Integration, IntegrationTask
from services.sessions.domain.ledger.case import DiscrepancyCase
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.counting import StockCount
from services.sessions.domain.ledger.recall import Recall
from services.sessions.domain.ledger.registration import Registration
from services.sessions.domain.ledger.transfer import Delivery, Shipment
from services.sessions.domain.ledger.witness import WitnessCode
from services.sessions.domain.limits import OwnLimits
from services.sessions.domain.note import Note, NoteDraft
from services.sessions.domain.order import Order, Weight
from services.sessions.domain.precheck import Precheck
from services.sessions.domain.preparation import Preparation
from services.sessions.domain.rems import RemsForm
from services.sessions.domain.session import Session
from services.sessions.models import bedside, ledger, tables, written

_mapper = registry()

for _kind, _table in (
    (Clinic, tables.clinics),
    (Patient, tables.patients),
    (Appointment, tables.appointments),
    (Order, tables.orders),
    (Weight, tables.weights),
    (Preparation, tables.preparations),
    (Alert, tables.alerts),
    (Integration, tables.integrations),
    (Registration, ledger.registrations),
    (Container, ledger.containers),
    (StockCount, ledger.counts),
    (DiscrepancyCase, ledger.cases),
    (Shipment, ledger.shipments),
    (Delivery, ledger.deliveries),
    (Recall, ledger.recalls),
    (WitnessCode, ledger.witness_codes),
    (OwnLimits, bedside.own_limits),
    (BedsideDevice, bedside.bedside_devices),
    (NoteDraft, written.note_drafts),
    (Note, written.notes),
    (AdverseEvent, written.adverse_events),
    (RemsForm, written.rems_forms),
    (IntegrationTask, written.integration_tasks),
):
    _mapper.map_imperatively(
        _kind, _table, version_id_col=_table.c.version, version_id_generator=False
    )

_mapper.map_imperatively(Report, written.adverse_event_reports)
_mapper.map_imperatively(Precheck, tables.prechecks)
_mapper.map_imperatively(Authorisation, tables.authorisations)
_mapper.map_imperatively(Dose, tables.doses)
_mapper.map_imperatively(EmergencyEntry, bedside.emergency_entries)
_mapper.map_imperatively(
    Session,
    tables.sessions,
    version_id_col=tables.sessions.c.version,
    version_id_generator=False,
    properties={
        "prechecks": relationship(Precheck, order_by=tables.prechecks.c.id),
        "authorisations": relationship(
            Authorisation, order_by=tables.authorisations.c.id
        ),
        "doses": relationship(Dose, order_by=tables.doses.c.seq),
    },
)
