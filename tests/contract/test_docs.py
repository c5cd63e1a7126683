"""The documents say what is so: events, codes, commands, examples and links."""

import importlib.util
import inspect
import re
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import click
import pytest

from cli.events import hearers
from cli.main import kap
from cli.services import NAMES, load, load_all
from services.notifications.domain.webhooks import signature
from shared.access import Role
from shared.errors import KapError
from shared.events import catalogue
from shared.testing.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EVENTS = (ROOT / "docs/events.md").read_text()
API = (ROOT / "docs/api.md").read_text()
RECEIVER = ROOT / "docs/examples/webhook_receiver.py"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
BODY = '{"id":"019aac50-1111-7000-8000-123456789012"}'

EVERYWHERE = "In every service"
BEFORE = "Before a service looks"

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix()
)


def test_the_table_of_events_is_the_catalogue() -> None:
    section = _section(EVENTS, "Every event")

    documented = [line for line in section.splitlines() if line.startswith("| `")]

    assert documented == event_rows(), "\n".join(["it should be", *event_rows()])


def test_the_readme_counts_what_each_service_tells_and_hears() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| .+ \| (\d+) \| (\d+) \|$",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )

    counted = {name: (int(tells), int(hears)) for name, tells, hears in rows}

    assert counted == {
        service.name: (
            sum(event.producer == service.name for event in catalogue().values()),
            len(service.handlers),
        )
        for service in load_all()
    }


@pytest.mark.parametrize("where", [EVERYWHERE, *NAMES])
def test_every_code_an_error_carries_is_documented_with_its_status(where: str) -> None:
    load_all()

    assert documented_codes()[where] == codes_of(where)


def test_what_is_refused_before_a_service_looks_is_answered_as_documented(
    tmp_path: Path,
) -> None:
    lab = Lab([load("scheduling")], tmp_path)
    admin = lab.caller(Role.NETWORK_ADMIN)
    as_json = {"Content-Type": "application/json"}
    most = b" " * 1_048_576

    answers = [
        admin.request("PATCH", "scheduling", "/clinics"),
        admin.request("POST", "scheduling", "/clinics", data=b"{", headers=as_json),
        admin.request("POST", "scheduling", "/clinics", data=most, headers=as_json),
        admin.request(
            "POST", "scheduling", "/clinics", data=most + b" ", headers=as_json
        ),
    ]
    problems = [answer.get_json() for answer in answers]
    lab.close()

    assert [problem["code"] for problem in problems] == [
        "method_not_allowed",
        "bad_json",
        "bad_json",
        "too_large",
    ]
    documented = {**documented_codes()[EVERYWHERE], **documented_codes()[BEFORE]}
    for problem in problems:
        assert documented[problem["code"]] == problem["status"]


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in links(page) if not leads_somewhere(link, page)]

    assert broken == []


def test_links_are_found_and_a_broken_one_is_noticed() -> None:
    readme = ROOT / "README.md"

    assert "docs/architecture.md" in set(links(readme))
    assert leads_somewhere("docs/operations.md#one-machine", readme)
    assert not leads_somewhere("docs/nowhere.md", readme)
    assert not leads_somewhere("docs/operations.md#two-machines", readme)


@every_page
def test_every_command_and_option_exists(page: Path) -> None:
    faults = [fault for said in commands(page) if (fault := fault_of(said))]

    assert faults == []


def test_commands_are_found_and_a_wrong_one_is_noticed() -> None:
    said = {line.partition(" ")[0] for page in PAGES for line in commands(page)}

    assert {"up", "demo", "test", "token", "import"} <= said
    assert fault_of("down") == "there is no kap down"
    assert fault_of("dead revive ID") == "there is no kap dead revive"
    assert fault_of("token --roles x") == "kap token has no --roles"
    assert not fault_of("dead show SERVICE EVENT_ID --url X")


def test_the_example_believes_what_is_signed_and_nothing_else() -> None:
    receiver = _module(RECEIVER)
    now = int(time.time())

    def believes(body: str = BODY, secret: str = SECRET, at: int = now) -> bool:
        headers = {
            "webhook-id": "an-id",
            "webhook-timestamp": str(at),
            "webhook-signature": f"v1,of-another-key {signed(at)}",
        }
        genuine: bool = receiver.is_genuine(headers, body.encode(), secret)
        return genuine

    def signed(at: int) -> str:
        return signature(SECRET, "an-id", at, BODY)

    assert believes()
    assert not believes(body=BODY.replace("1", "2"))
    assert not believes(secret=SECRET.replace("MDEy", "MDEz"))
    assert not believes(at=now - 3_600)
    assert not receiver.is_genuine({}, BODY.encode(), SECRET)


def test_the_page_shows_the_example_as_it_is() -> None:
    shown = inspect.getsource(_module(RECEIVER).is_genuine)

    assert shown in EVENTS


def event_rows() -> list[str]:
    """The rows of the table of events, as they should be."""
    heard_by = hearers()
    return [
        f"| `{event.name}` | {event.version} | {event.producer} "
        f"| {', '.join(heard_by[event.type])} | {event.sensitivity.value} "
        f"| {(event.__doc__ or '').partition(chr(10))[0]} |"
        for event in catalogue().values()
    ]


def documented_codes() -> Mapping[str, Mapping[str, int]]:
    """The codes of each table below the heading Codes, with their statuses."""
    parts = re.split(r"^### ", _section(API, "Codes"), flags=re.MULTILINE)[1:]
    return {
        part.partition("\n")[0].strip("`"): {
            code: int(status)
            for code, status in re.findall(
                r"^\| `(\w+)` \| (\d+) \|", part, re.MULTILINE
            )
        }
        for part in parts
    }


def codes_of(where: str) -> Mapping[str, int]:
    """The codes of a service's errors, or of those all services share."""
    package = "shared." if where == EVERYWHERE else f"services.{where}."
    return {
        kind.code: kind.status
        for kind in _kinds(KapError)
        if kind.__module__.startswith(package)
        and not kind.__module__.startswith("shared.testing.")
    }


def links(page: Path) -> Iterator[str]:
    """Where a page's links lead within the repository."""
    text = re.sub(r"^```.*?^```|`[^`\n]+`", "", page.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            yield target


def leads_somewhere(link: str, page: Path) -> bool:
    """Whether a link leads to a file, and to a heading if it names one."""
    path, _, heading = link.partition("#")
    file = page.parent / path if path else page
    if not file.exists():
        return False
    return not heading or heading in _headings(file)


def commands(page: Path) -> Iterator[str]:
    """What a page says behind `kap`, where it shows a command."""
    shown = r"(?:^|`|\$\()[ $]*(?:\./)?kap ([a-z][^`|)#\n]*)"
    yield from (said.strip() for said in re.findall(shown, page.read_text(), re.M))


def fault_of(said: str) -> str:
    """What does not exist of a command line; nothing, if all of it does."""
    words = said.split()
    command: click.Command | None = kap.get_command(click.Context(kap), words[0])
    if command is None:
        return f"there is no kap {words[0]}"
    if isinstance(command, click.Group) and len(words) > 1:
        command = command.commands.get(words[1])
        if command is None:
            return f"there is no kap {words[0]} {words[1]}"
    known = {
        name for each in command.params for name in each.opts + each.secondary_opts
    }
    unknown = {word.partition("=")[0] for word in words if word[:2] == "--"} - known
    return f"kap {words[0]} has no {', '.join(unknown)}" if unknown else ""


def _section(text: str, title: str) -> str:
    """What stands below a heading, up to the next of its rank."""
    starts = [match.start() for match in re.finditer(r"^## ", text, re.MULTILINE)]
    for start, end in pairwise([*starts, len(text)]):
        if text[start:].startswith(f"## {title}\n"):
            return text[start:end]
    raise AssertionError(f"there is no heading {title}")


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles
    }


def _kinds(kind: type[KapError]) -> Iterator[type[KapError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
