"""Looks for known vulnerabilities in locked packages: `python -m cli.advisories`.

pip-audit asks the advisory database OSV about every package of the lock files. Nothing
is installed or resolved for it. Where OSV does not answer, nothing is known: that is
a state of its own, neither good nor bad.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

ADVISORIES = "https://api.osv.dev/v1/query"
LOCKED = ("requirements/runtime.txt", "requirements/dev.txt")
NOT_REACHABLE = 75
"""Exit status, as sendmail's EX_TEMPFAIL: try it again another time."""

PATIENCE_SECONDS = 5.0
_ASKED = {"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "26.0"}


def is_reachable(url: str) -> bool:
    """Whether an advisory database answers here as one does."""
    try:
        answer = httpx.post(url, json=_ASKED, timeout=PATIENCE_SECONDS)
        return answer.is_success and isinstance(answer.json(), dict)
    except (httpx.HTTPError, ValueError):
        return False


def audit(files: Sequence[Path], url: str) -> int:
    """Ask about every package of lock files; print what is known against them.

    Returns:
        0 if nothing is known, 1 if something is or the audit fails, `NOT_REACHABLE`.
    """
    if not is_reachable(url):
        print(f"nobody answers at {url}", flush=True)
        return NOT_REACHABLE
    named = [part for file in files for part in ("-r", str(file))]
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--strict", *named]
    command += ["--vulnerability-service", "osv", "--osv-url", url]
    command += ["--progress-spinner", "off"]
    status = subprocess.run(command, check=False).returncode  # noqa: S603
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(audit([Path(name) for name in LOCKED], *sys.argv[1:] or [ADVISORIES]))
