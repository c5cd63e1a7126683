"""The floor: the same work with the bare libraries and nothing of the platform.

No envelope, no inbox, no order, no isolation, no trace: what somebody writes who needs
only speed. Each piece moves the same bytes into the same kind of rows.
"""

import json
import os
import signal
import sys
from typing import Any
from uuid import uuid4

import psycopg
from flask import Flask, jsonify, request
from kombu import Connection, Consumer, Exchange, Producer, Queue

EXCHANGE = Exchange("floor", type="topic", durable=True)
QUEUE = Queue(
    "floor",
    EXCHANGE,
    routing_key="#",
    durable=True,
    queue_arguments={"x-queue-type": "quorum"},
)
TABLES = """
    create table told (id uuid primary key, body text not null);
    create table heard (id uuid primary key, body text not null);
    create table things (id uuid primary key, name text not null, kind text not null);
    create table sessions (
        id uuid primary key, clinic_id uuid not null, patient_id uuid not null,
        phase text not null
    );
    create table readings (
        id uuid primary key, clinic_id uuid not null,
        session_id uuid not null references sessions, patient_id uuid not null,
        phase text not null, status text not null, taken_at timestamptz not null,
        recorded_at timestamptz not null, recorded_by uuid not null,
        ratings jsonb not null, rule_pack text not null,
        systolic_mmhg float, diastolic_mmhg float, heart_rate_bpm float,
        spo2_percent float, respiratory_rate_bpm float, moaas smallint
    );
    create index on readings (session_id, taken_at);
    create table events (
        id bigserial primary key, event_id uuid not null unique, type text not null,
        clinic_id uuid, aggregate_type text not null, aggregate_id uuid not null,
        aggregate_version integer not null, payload text not null, actor_id uuid,
        correlation_id uuid, occurred_at timestamptz not null, feed_pos bigint unique,
        route_state text not null default 'pending',
        unique (aggregate_type, aggregate_id, aggregate_version)
    );
    create index on events (id) where feed_pos is null;
    create index on events (feed_pos) where route_state = 'pending';
    create index on events (type, feed_pos);
    create index on events (correlation_id);
"""
"""Rows of the write are of the same shape, and as much indexed, as the platform's."""
MEASURES = (
    "systolic_mmhg",
    "diastolic_mmhg",
    "heart_rate_bpm",
    "spo2_percent",
    "respiratory_rate_bpm",
    "moaas",
)
KEEP = """
    insert into readings (
        id, clinic_id, session_id, patient_id, phase, status, taken_at, recorded_at,
        recorded_by, ratings, rule_pack, systolic_mmhg, diastolic_mmhg,
        heart_rate_bpm, spo2_percent, respiratory_rate_bpm, moaas
    ) values (%s, %s, %s, %s, %s, 'final', now(), now(), %s, %s, 'base', %s, %s, %s,
        %s, %s, %s)
"""
TELL = """
    insert into events (
        event_id, type, clinic_id, aggregate_type, aggregate_id, aggregate_version,
        payload, actor_id, correlation_id, occurred_at
    ) values (%s, 'readings.v1', %s, 'reading', %s, 1, %s, %s, %s, now())
"""
RATINGS = json.dumps(dict.fromkeys(MEASURES, "green"))
BODY = json.dumps({"resource_id": str(uuid4()), "kind": "room", "filler": "x" * 300})


def tell(database_url: str, broker_url: str, count: int) -> None:
    """Commit a row, publish it and wait for the confirm; again and again."""
    with (
        psycopg.connect(database_url) as database,
        Connection(broker_url, transport_options={"confirm_publish": True}) as broker,
    ):
        producer = Producer(broker.channel())
        for _ in range(count):
            row_id = str(uuid4())
            database.execute("insert into told values (%s, %s)", (row_id, BODY))
            database.commit()
            producer.publish(
                BODY.encode(),
                exchange="floor",
                routing_key="a.b",
                headers={"id": row_id},
                delivery_mode=2,
                content_type="application/json",
                content_encoding="utf-8",
            )


def hear(database_url: str, broker_url: str) -> None:
    """Consume a message, commit a row, acknowledge; until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with psycopg.connect(database_url) as database, Connection(broker_url) as broker:

        def keep(message: Any) -> None:
            row = (message.headers["id"], message.body)
            database.execute("insert into heard values (%s, %s)", row)
            database.commit()
            message.ack()

        channel = broker.channel()
        with Consumer(channel, [QUEUE], on_message=keep, prefetch_count=100):
            while True:
                try:
                    broker.drain_events(timeout=1)
                except TimeoutError:
                    continue


def declare(database_url: str, broker_url: str) -> None:
    """The floor's tables and queue."""
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(TABLES)
    with Connection(broker_url) as broker:
        QUEUE.bind(broker.default_channel).declare()


def create_app() -> Flask:
    """Bare Flask and psycopg: a read by key, a write of vital signs and an event."""
    app = Flask("floor")
    connections: list[psycopg.Connection[Any]] = []

    def database() -> psycopg.Connection[Any]:
        if not connections:
            url = os.environ["FLOOR_DATABASE_URL"]
            connections.append(psycopg.connect(url, autocommit=True))
        return connections[0]

    @app.get("/things/<thing_id>")
    def read(thing_id: str) -> Any:
        row = (
            database()
            .execute("select id, name, kind from things where id = %s", (thing_id,))
            .fetchone()
        )
        assert row is not None
        return jsonify(id=row[0], name=row[1], kind=row[2])

    @app.post("/sessions/<session_id>/readings")
    def write(session_id: str) -> Any:
        body = request.get_json()
        row_id, person_id = uuid4(), uuid4()
        with database().transaction():
            session = (
                database()
                .execute(
                    "select clinic_id, patient_id, phase from sessions where id = %s",
                    (session_id,),
                )
                .fetchone()
            )
            assert session is not None
            clinic_id, patient_id, phase = session
            measured = [body[name] for name in MEASURES]
            about = (row_id, clinic_id, session_id, patient_id, phase, person_id)
            database().execute(KEEP, (*about, RATINGS, *measured))
            told = (uuid4(), clinic_id, row_id, BODY, person_id, uuid4())
            database().execute(TELL, told)
        return jsonify(id=row_id, phase=phase, ratings=RATINGS, **body), 201

    return app


def serve(bind: str, workers: int) -> None:
    """The floor's API, under the same gunicorn with the same options."""
    from gunicorn.app.base import BaseApplication

    class Floor(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in (
                ("bind", bind),
                ("workers", workers),
                ("worker_class", "sync"),
                ("loglevel", "error"),
                ("control_socket_disable", True),
            ):
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return create_app()

    Floor().run()


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "tell":
        tell(arguments[0], arguments[1], int(arguments[2]))
    elif command == "hear":
        hear(*arguments)
    else:
        serve(arguments[0], int(arguments[1]))
