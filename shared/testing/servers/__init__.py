"""Real PostgreSQL and RabbitMQ servers that nobody else uses, and a real browser.

A server is taken from the environment, else from the programs installed on this machine
and started on free loopback ports with its data in a temporary folder, else installed
on Debian. What was started here is gone when its owner is, however that one ended.
"""

from shared.testing.servers.postgres import PostgresServer
from shared.testing.servers.process import ServerFailedError
from shared.testing.servers.programs import ServerMissingError, find_chromium
from shared.testing.servers.rabbit import RabbitServer
from shared.testing.servers.server import ServerNotOursError

__all__ = [
    "PostgresServer",
    "RabbitServer",
    "ServerFailedError",
    "ServerMissingError",
    "ServerNotOursError",
    "find_chromium",
]
