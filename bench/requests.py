"""A write and a read over HTTP, against bare Flask and psycopg."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg

from bench import floor
from bench.deployment import Deployment, wait_for
from bench.load import Ask, Pair, Side, compare
from bench.without import lift
from cli.services import load
from shared.access import Role
from shared.context import Actor, Context
from shared.events.intake import PatientRegistered
from shared.events.scheduling import (
    AppointmentBooked,
    ClinicOnboarded,
    EscortConfirmed,
    PatientArrived,
)
from shared.identity import TokenIssuer
from shared.ids import utc_now, uuid7
from shared.service import Runtime
from shared.testing.deployment import Deployment as AnyDeployment
from shared.testing.servers.process import free_port

SESSIONS = 12
"""Sessions that run at once: readings of one are taken one after the other."""

VITALS = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_bpm": 68,
    "spo2_percent": 98,
    "respiratory_rate_bpm": 14,
    "moaas": 5,
}


WRITTEN = {"late_reason": "The cuff was too loose at first and had to be put on anew."}


def measure(
    deployment: Deployment, processes: Mapping[str, int], *, seconds: float
) -> tuple[Pair, Pair]:
    """The write (a set of vital signs) and the read (a clinic), each with its floor.

    Args:
        processes: the process ids of the APIs, by service.
    """
    bare_write, bare_read = _bare(deployment)
    write, read = platform(deployment, processes)
    return (
        compare(write, bare_write, seconds=seconds),
        compare(read, bare_read, seconds=seconds),
    )


def _bare(deployment: Deployment) -> tuple[Side, Side]:
    url = deployment.postgres.create_database("bench_floor_http")
    thing_id = uuid4()
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(floor.TABLES)
        database.execute(
            "insert into things values (%s, 'Fictional Harbour', 'clinic')", (thing_id,)
        )
        sessions = [uuid4() for _ in range(SESSIONS)]
        for session_id in sessions:
            database.execute(
                "insert into sessions values (%s, %s, %s, 'before_dose')",
                (session_id, uuid4(), uuid4()),
            )
    port = free_port()
    process = deployment.run(
        [sys.executable, "-m", "bench.floor", "serve", f"127.0.0.1:{port}", "2"],
        {**os.environ, "FLOOR_DATABASE_URL": url},
    )
    wait_for(f"http://127.0.0.1:{port}/things/{thing_id}")
    headers = {"Content-Type": "application/json"}
    writes = [
        Ask(
            port=port,
            method="POST",
            path=f"/sessions/{session_id}/readings",
            headers=headers,
            body=json.dumps(VITALS),
        )
        for session_id in sessions
    ]
    read = Ask(port=port, method="GET", path=f"/things/{thing_id}", headers={})
    return (
        Side(asks=writes, process_id=process.pid),
        Side(asks=[read] * SESSIONS, process_id=process.pid),
    )


def platform(deployment: Deployment, processes: Mapping[str, int]) -> tuple[Side, Side]:
    """The write and the read of a deployment, a clinic and running sessions in it."""
    clinic_id = _clinic(deployment)
    token = token_of(deployment, clinic_id)
    headers = {"Authorization": f"Bearer {token}"}
    below = f"/v1/clinics/{clinic_id}"
    read = Ask(
        port=deployment.port("api", "scheduling"),
        method="GET",
        path=f"/scheduling{below}",
        headers=headers,
    )
    return (
        _writes(deployment, clinic_id, processes["sessions"]),
        Side(asks=[read] * SESSIONS, process_id=processes["scheduling"]),
    )


def measure_trust(deployment: Deployment, process_id: int, *, seconds: float) -> Pair:
    """The same write with encryption, audit trail and row-level security, and without.

    It has a sentence that is sealed.

    Args:
        process_id: the API of sessions, with all three.
    """
    with Without(
        [load("sessions")], deployment.postgres, deployment.rabbit, name="without"
    ) as bare:
        lift(bare.url("sessions"))
        process = bare.start("api", "sessions")
        return compare(
            _writes(deployment, uuid4(), process_id, **WRITTEN),
            _writes(bare, uuid4(), process.pid, **WRITTEN),
            seconds=seconds,
        )


class Without(AnyDeployment):
    """A deployment whose APIs do without what trust costs."""

    def kap(
        self, what: str, service: str, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """The API as `bench.without` starts it."""
        assert what == "api"
        command = [sys.executable, "-m", "bench.without", service]
        return self.run(command, environment)


def _writes(
    deployment: AnyDeployment, clinic_id: UUID, process_id: int, **more: str
) -> Side:
    """Vital signs of sessions that run at once in a clinic."""
    token = token_of(deployment, clinic_id)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sessions = [running_session(deployment, clinic_id, token) for _ in range(SESSIONS)]
    return Side(
        asks=[
            Ask(
                port=deployment.port("api", "sessions"),
                method="POST",
                path=f"/sessions/v1/clinics/{clinic_id}/sessions/{session_id}/vitals",
                headers=headers,
                body=json.dumps({**VITALS, **more}),
            )
            for session_id in sessions
        ],
        process_id=process_id,
    )


def token_of(deployment: AnyDeployment, clinic_id: UUID | None) -> str:
    """A token of staff who treat in a clinic, or of the network's administrator."""
    settings = deployment.settings("sessions")
    issuer = TokenIssuer(settings.signing_key, issuer=settings.token_issuer)
    staff = frozenset({Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST})
    admin = frozenset({Role.NETWORK_ADMIN})
    roles = {clinic_id: staff} if clinic_id else {}
    actor = Actor(
        id=uuid4(), roles=roles, network_roles=frozenset() if clinic_id else admin
    )
    return issuer.issue(actor, valid_for=timedelta(hours=2))


def _clinic(deployment: Deployment) -> UUID:
    port = deployment.port("api", "scheduling")
    answer = httpx.post(
        f"http://127.0.0.1:{port}/scheduling/v1/clinics",
        json={"name": "Fictional Harbour", "time_zone": "America/New_York"},
        headers={"Authorization": f"Bearer {token_of(deployment, None)}"},
    )
    return UUID(answer.raise_for_status().json()["id"])


def running_session(deployment: AnyDeployment, clinic_id: UUID, token: str) -> str:
    """A running session, as events and staff would have made it."""
    patient_id, appointment_id = uuid7(), uuid7()
    _hear(deployment, clinic_id, patient_id, appointment_id)
    port = deployment.port("api", "sessions")
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}/sessions/v1/clinics/{clinic_id}",
        headers={"Authorization": f"Bearer {token}"},
    )
    client.post(
        f"/patients/{patient_id}/weights", json={"weight_kg": 74.0}
    ).raise_for_status()
    order = {
        "patient_id": str(patient_id),
        "drug": "racemic_ketamine",
        "route": "im",
        "dose_mg": 60.0,
        "max_doses": 6,
    }
    client.post("/orders", json=order).raise_for_status()
    opened = client.post(
        "/sessions",
        json={
            "appointment_id": str(appointment_id),
            "identifiers_checked": ["name", "birth_date"],
        },
    )
    session_id: str = opened.raise_for_status().json()["id"]
    return session_id


def _hear(
    deployment: AnyDeployment, clinic_id: UUID, patient_id: UUID, appointment_id: UUID
) -> None:
    """Let the sessions service hear what it would have heard by then."""
    service = load("sessions")
    episode_id, now = uuid7(), utc_now()
    runtime = Runtime.start(service, deployment.settings("sessions"))
    context = Context(actor=service.actor, clinic_id=clinic_id)
    about: Any = {"appointment_id": appointment_id, "patient_id": patient_id}
    with runtime.unit_of_work(context) as uow:
        for event in (
            ClinicOnboarded(time_zone="America/New_York", alert_response_seconds=120),
            PatientRegistered(
                patient_id=patient_id,
                episode_id=episode_id,
                time_zone="America/New_York",
                channel="none",
            ),
            AppointmentBooked(
                **about,
                episode_id=episode_id,
                appointment_type="dosing",
                starts_at=now,
                ends_at=now + timedelta(hours=3),
                resource_ids=(),
            ),
            PatientArrived(
                **about, episode_id=episode_id, room_id=uuid7(), escort_present=True
            ),
            EscortConfirmed(**about),
        ):
            service.handlers[type(event)](event, uow)
    runtime.close()
