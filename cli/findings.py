"""Looks for insecure code with bandit: `python -m cli.findings`.

Every finding is mended, or excused in the one table below with a reason. An excuse
that excuses nothing any more is a finding too, so that the table stays true.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LOOKED_AT = ("services", "shared", "cli", "bench")

SKIPPED = {
    "B404": "to import subprocess runs nothing; each call is a finding of its own",
    "B101": "asserts tell type checkers what is so; no input is checked by one",
}

_OUR_OWN = "a list of arguments, no shell; none of them comes from outside"
_JITTER = "spreads retries in time; nobody gains by guessing it"
_CONSTANTS = "put together from constants of the module"

EXCUSED: Mapping[tuple[str, str], str] = {
    ("B104", "cli/demo/receiver.py"): "containers reach it; it lives for a demo",
    ("B105", "cli/signing_keys.py"): "the name of a file",
    ("B105", "services/console/development/tokens.py"): "a type of token, by its name",
    ("B105", "shared/settings.py"): "it guards what one click gives to anybody",
    ("B105", "shared/testing/oidc.py"): "a type of token, by its name",
    ("B105", "services/notifications/domain/webhooks.py"): "the prefix of a secret",
    ("B108", "cli/checks.py"): "what is made in it gets a name of its own",
    ("B108", "cli/processes.py"): "gunicorn's heartbeat, named as gunicorn advises",
    (
        "B108",
        "shared/testing/servers/process.py",
    ): "every user may enter it; a folder of its own is made there",
    ("B311", "services/notifications/pumps/webhooks.py"): _JITTER,
    ("B311", "services/console/pages/session.py"): _JITTER,
    ("B311", "shared/mailbox/inbox.py"): _JITTER,
    ("B311", "shared/testing/servers/process.py"): "a free port, tried again if not",
    ("B311", "shared/worker/loops.py"): _JITTER,
    ("B314", "cli/checks.py"): "the report that our own pytest has just written",
    ("B405", "cli/checks.py"): "the report that our own pytest has just written",
    ("B603", "bench/memory.py"): _OUR_OWN,
    ("B603", "cli/advisories.py"): _OUR_OWN,
    ("B603", "cli/checks.py"): _OUR_OWN,
    ("B603", "cli/findings.py"): _OUR_OWN,
    ("B603", "shared/testing/servers/guardian.py"): _OUR_OWN,
    ("B603", "shared/testing/servers/process.py"): _OUR_OWN,
    ("B603", "shared/testing/servers/programs.py"): _OUR_OWN,
    ("B608", "bench/busy_clinic.py"): _CONSTANTS,
    ("B608", "bench/memory.py"): _CONSTANTS,
    ("B608", "bench/pipeline.py"): _CONSTANTS,
    ("B608", "cli/referrals/spool.py"): _CONSTANTS,
}


def findings(paths: Sequence[str]) -> list[dict[str, Any]]:
    """What bandit finds in these folders.

    Raises:
        RuntimeError: bandit could not read them.
    """
    command = [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json"]
    options = ["--skip", ",".join(SKIPPED), *paths]
    ran = subprocess.run([*command, *options], capture_output=True, check=False)  # noqa: S603
    try:
        said = json.loads(ran.stdout)
    except ValueError as error:
        raise RuntimeError(ran.stderr.decode(errors="replace")) from error
    if said["errors"] or not said["metrics"]:
        raise RuntimeError(f"bandit could not read everything: {said['errors']}")
    found: list[dict[str, Any]] = said["results"]
    return found


def problems(
    found: Sequence[Mapping[str, Any]], excused: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """What is neither mended nor excused, and what is excused without need."""
    needed = set()
    for one in found:
        which = (one["test_id"], one["filename"].removeprefix("./"))
        needed.add(which)
        if which not in excused:
            where = f"{one['filename']}:{one['line_number']}"
            yield f"{where}: {one['test_id']} {one['issue_text']}"
    for test_id, name in sorted(excused.keys() - needed):
        yield f"{name}: {test_id} is excused and not found; take the excuse away"


def main() -> int:
    """Print the problems; the exit status."""
    said = list(problems(findings(LOOKED_AT), EXCUSED))
    for problem in said:
        print(problem)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
