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
"""
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
    """Bare Flask and psycopg: one read by key, one write of a row and its event."""
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

    @app.post("/things")
    def write() -> Any:
        body = request.get_json()
        row_id = uuid4()
        with database().transaction():
            database().execute(
                "insert into things values (%s, %s, %s)",
                (row_id, body["name"], body["kind"]),
            )
            database().execute("insert into told values (%s, %s)", (row_id, BODY))
        return jsonify(id=row_id), 201

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
