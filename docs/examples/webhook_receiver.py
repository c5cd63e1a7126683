"""Receives webhooks and believes only what is signed; the standard library is enough.

python docs/examples/webhook_receiver.py PORT SECRET
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 300


def is_genuine(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether a request was signed with our subscription's secret, a moment ago."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal():
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False  # An old request, sent again by somebody else.
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{message_id}.{timestamp}.".encode() + body
    mark = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest())
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(b"v1," + mark, one) for one in given)


def serve(port: int, secret: str) -> None:
    """Print every new event; answer 204 also to one that came before."""
    seen: set[str] = set()  # In earnest: a table with a unique key.

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """One event."""
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not is_genuine(headers, body, secret):
                self.send_error(401)
                return
            event = json.loads(body)
            if event["id"] not in seen:
                seen.add(event["id"])
                print(event["type"], event["subject"], event["data"], flush=True)
            self.send_response(204)
            self.end_headers()

    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
