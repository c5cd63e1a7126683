"""Whether the process of this container lives: what the image's HEALTHCHECK runs.

An API and a worker are asked where they listen by default, or where the environment
says. It knows nothing of the platform, so that a check costs little.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

BINDS = {"KAP_HTTP_BIND": "0.0.0.0:8000", "KAP_WORKER_BIND": "0.0.0.0:9000"}
TIMEOUT_SECONDS = 3


def lives(bind: str) -> bool:
    """Whether something healthy listens at a port."""
    port = int(bind.rpartition(":")[2])
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not any(lives(os.environ.get(*bind)) for bind in BINDS.items()))
