"""Calendars: what programs of others are told, and what is read from theirs."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.app import service
from services.scheduling.domain import (
    AppointmentStatus,
    CalendarUnreadableError,
    Entry,
    Horizon,
    Rule,
    RuleNotFollowedError,
    busy_times,
    written,
)
from services.scheduling.pumps.busy import fetch_busy
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
ALL_TOLD = {
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "SUMMARY",
    "SEQUENCE",
    "STATUS",
}

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service], webhook_hosts=frozenset({"127.0.0.1"}))


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people."""
    return Clinic(lab)


def link(clinic: Clinic, kind: str = "therapist", **more: Any) -> Any:
    """A link to the calendar of the clinic's room or of somebody."""
    path = f"/resources/{clinic.resources[f'{kind}_id']}/calendar-links"
    return clinic.desk.post(NAME, path, label="Phone", **more)


def lines(text: str) -> list[str]:
    """The content lines of a file, unfolded, by the grammar of RFC 5545."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = text.replace("\r\n ", "").split("\r\n")[:-1]
    name = re.compile(r"[A-Z-]+(;[A-Z-]+=[^:;]+)*:.*")
    assert all(name.fullmatch(line) for line in unfolded)
    return unfolded


def events(text: str) -> list[dict[str, str]]:
    """The events of a file by the names of their properties."""
    found: list[dict[str, str]] = []
    inside = False
    for line in lines(text):
        if line in ("BEGIN:VEVENT", "END:VEVENT"):
            inside = line.startswith("BEGIN")
            found += [{}] if inside else []
        elif inside:
            head, _, value = line.partition(":")
            found[-1][head.partition(";")[0]] = value
    return found


def test_a_calendar_tells_when_and_nothing_of_who_or_what(
    clinic: Clinic, lab: Lab
) -> None:
    who, at = clinic.patient(), lab.clock() + 3 * DAY
    made = clinic.desk.post(NAME, "/appointments", **clinic.body(who, at))
    path = link(clinic)["path"]

    answer = lab.fetch(NAME, path)

    text = answer.get_data(as_text=True)
    (told,) = events(text)
    assert answer.mimetype == "text/calendar"
    assert told.keys() == ALL_TOLD
    assert (told["UID"], told["SUMMARY"]) == (made["id"], "Appointment")
    assert (told["STATUS"], told["SEQUENCE"]) == ("CONFIRMED", "1")
    local = at.astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert told["DTSTART"] == f"{local:%Y%m%dT%H%M%S}"
    assert "DTSTART;TZID=Pacific/Kiritimati:" in text
    assert "BEGIN:VTIMEZONE" in text
    assert str(who.id) not in text


def test_what_is_called_off_or_moved_is_told_as_cancelled_for_a_while(
    clinic: Clinic, lab: Lab
) -> None:
    who, at = clinic.patient(), lab.clock() + 3 * DAY
    made = clinic.desk.post(NAME, "/appointments", **clinic.body(who, at))
    path = link(clinic, "room")["path"]
    first = lab.fetch(NAME, path)
    same = lab.platform.apps[NAME].test_client()
    unchanged = same.get(path, headers={"If-None-Match": first.headers["ETag"]})

    moved = clinic.desk.post(
        NAME, f"/appointments/{made['id']}/move", starts_at=at + DAY
    )

    changed = same.get(path, headers={"If-None-Match": first.headers["ETag"]})
    told = {one["UID"]: one for one in events(changed.get_data(as_text=True))}
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert changed.status_code == 200
    assert told[made["id"]]["STATUS"] == "CANCELLED"
    assert told[made["id"]]["SEQUENCE"] == "2"
    assert told[moved["id"]]["STATUS"] == "CONFIRMED"
    lab.clock.advance(days=94)
    assert events(lab.fetch(NAME, path).get_data(as_text=True)) == []


@in_memory
def test_a_time_that_is_only_held_is_told_as_tentative(
    clinic: Clinic, lab: Lab
) -> None:
    who, at = clinic.patient(), lab.clock() + 3 * DAY
    held = clinic.desk.post(NAME, "/holds", **clinic.body(who, at))
    path = link(clinic)["path"]

    (before,) = events(lab.fetch(NAME, path).get_data(as_text=True))
    clinic.desk.post(NAME, f"/holds/{held['id']}/book")
    (after,) = events(lab.fetch(NAME, path).get_data(as_text=True))

    assert (before["STATUS"], after["STATUS"]) == ("TENTATIVE", "CONFIRMED")


@in_memory
def test_the_room_is_told_only_to_whom_asked_for_it(clinic: Clinic, lab: Lab) -> None:
    at = lab.clock() + 3 * DAY
    clinic.desk.post(NAME, "/appointments", **clinic.body(clinic.patient(), at))

    path = link(clinic, shows_room=True)["path"]

    (told,) = events(lab.fetch(NAME, path).get_data(as_text=True))
    assert told["LOCATION"] == "room"


@in_memory
def test_a_link_that_was_ended_or_guessed_opens_nothing(
    clinic: Clinic, lab: Lab
) -> None:
    made, other = link(clinic), Clinic(lab)
    path = made["path"]
    guessed = path.replace(path[-12:], "AAAAAAAA.ics")
    elsewhere = path.replace(str(clinic.id), str(other.id))
    listed = clinic.desk.get(NAME, "/calendar-links")["items"]

    clinic.desk.delete(NAME, f"/calendar-links/{made['id']}")

    refused = [lab.fetch(NAME, one) for one in (path, guessed, elsewhere)]
    nonsense = lab.fetch(NAME, path.rpartition("/")[0] + "/x.ics")
    assert {one.status_code for one in (*refused, nonsense)} == {404}
    assert [one["label"] for one in listed] == ["Phone"]
    assert "path" not in listed[0]
    assert clinic.desk.get(NAME, "/calendar-links") == {"items": []}
    again = clinic.desk.refused(NAME, f"/calendar-links/{made['id']}", method="DELETE")
    assert (again["status"], again["code"]) == (409, "calendar_link_ended")
    monitor = lab.caller(Role.MONITOR, clinic_id=clinic.id)
    assert monitor.refused(NAME, "/calendar-links", method="GET")["status"] == 403


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_times_are_right_on_both_sides_of_every_change_of_the_clocks(zone: str) -> None:
    now = datetime(2026, 10, 1, tzinfo=UTC)
    starts = [datetime(2026, 10, 20, 8, tzinfo=UTC) + n * DAY for n in range(0, 40, 3)]
    entries = [
        Entry(
            id=uuid7(),
            version=1,
            status=AppointmentStatus.BOOKED,
            starts_at=at,
            ends_at=at + HOUR,
        )
        for at in starts
    ]

    text = written(entries, ZoneInfo(zone), now).decode()

    assert read_back(text, zone) == starts


def read_back(text: str, zone: str) -> list[datetime]:
    """When events start, by the offsets that the file itself states for its zone."""
    found, observed = lines(text), []
    onset = offset = ""
    for line in found:
        name, _, value = line.partition(":")
        if name == "DTSTART" and "BEGIN:VEVENT" not in found[: found.index(line)]:
            onset = value
        if name == "TZOFFSETTO":
            offset = value
        if line in ("END:STANDARD", "END:DAYLIGHT"):
            observed.append((datetime.fromisoformat(onset), offset))
        if name == "RDATE" and onset:
            observed += [(datetime.fromisoformat(v), "") for v in value.split(",")]
    starts = [one["DTSTART"] for one in events(text)]
    if zone == "UTC":
        return [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in starts]
    local = [datetime.fromisoformat(one) for one in starts]
    return [utc_of(one, observed) for one in local]


def utc_of(local: datetime, observed: list[tuple[datetime, str]]) -> datetime:
    """A local time by the last of the stated onsets before it."""
    _, offset = max(one for one in observed if one[0] <= local and one[1])
    sign = 1 if offset[0] == "+" else -1
    ahead = sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
    return (local - ahead).replace(tzinfo=UTC)


HORIZON = Horizon(
    begins_at=datetime(2026, 3, 2, tzinfo=UTC),
    ends_at=datetime(2026, 8, 29, tzinfo=UTC),
    zone=BERLIN,
)


def calendar(*components: str) -> str:
    """A file with events of these properties."""
    made = [
        f"BEGIN:VEVENT\nUID:{n}\n{one}\nEND:VEVENT" for n, one in enumerate(components)
    ]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *made])
    return (text + "\nEND:VCALENDAR\n").replace("\n", "\r\n")


def starts(*components: str) -> list[datetime]:
    """When the owner of a calendar begins to be busy."""
    return [span.starts_at for span in busy_times(calendar(*components), HORIZON)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART:20260310T090000Z\nDTEND:20260310T100000Z", ["2026-03-10T09:00"]),
        ("DTSTART:20260310T090000\nDURATION:PT1H", ["2026-03-10T08:00"]),
        ("DTSTART;VALUE=DATE:20260310", ["2026-03-09T23:00"]),
        (
            "DTSTART;TZID=America/New_York:20260310T090000\nDURATION:PT1H",
            ["2026-03-10T13:00"],
        ),
        (
            "DTSTART:20260310T090000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT",
            [],
        ),
        ("DTSTART:20260310T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED", []),
        ("DTSTART:20250310T090000Z\nDURATION:PT1H", []),
        (
            "DTSTART;TZID=Europe/Berlin:20260327T090000\nDURATION:PT1H\n"
            "RRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20260328T090000",
            ["2026-03-27T08:00", "2026-03-29T07:00", "2026-03-30T07:00"],
        ),
        (
            "DTSTART:20200106T090000Z\nDURATION:PT1H\n"
            "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260325T090000Z",
            ["2026-03-09T09:00", "2026-03-23T09:00"],
        ),
    ],
)
def test_busy_times_are_read_by_the_right_clock(
    event: str, expected: list[str]
) -> None:
    found = [f"{at:%Y-%m-%dT%H:%M}" for at in starts(event)]

    assert found == expected


def test_an_occurrence_that_was_moved_is_busy_at_its_new_time() -> None:
    weekly = "DTSTART:20260309T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"
    text = calendar(weekly).replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID:20260316T090000Z\r\n"
        "DTSTART:20260317T120000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )

    found = [span.starts_at.day for span in busy_times(text, HORIZON)]

    assert found == [9, 17]


def test_times_that_touch_are_one_and_no_text_is_kept() -> None:
    one = "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\nSUMMARY:Dentist"
    other = "DTSTART:20260310T100000Z\nDTEND:20260310T113000Z"

    (span,) = busy_times(calendar(one, other), HORIZON)

    assert span.ends_at - span.starts_at == timedelta(hours=2, minutes=30)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", CalendarUnreadableError),
        ("hello", CalendarUnreadableError),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", CalendarUnreadableError),
        (calendar("SUMMARY:when?"), CalendarUnreadableError),
        (calendar("DTSTART:tomorrow"), CalendarUnreadableError),
        (
            calendar("DTSTART:20260310T090000Z\nDTEND:20260309T090000Z"),
            CalendarUnreadableError,
        ),
        (
            calendar("DTSTART:20260310T090000Z\nRECURRENCE-ID:yesterday"),
            CalendarUnreadableError,
        ),
        (
            calendar(
                "DTSTART:20260310T090000Z\n"
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20260310T090000Z"
            ),
            RuleNotFollowedError,
        ),
        (
            calendar("DTSTART:20260310T090000Z\nRRULE:FREQ=SECONDLY"),
            RuleNotFollowedError,
        ),
        (
            calendar("DTSTART:19010310T090000Z\nRRULE:FREQ=DAILY;COUNT=999999"),
            RuleNotFollowedError,
        ),
        (calendar(*["DTSTART:20260310T090000Z"] * 5_001), CalendarUnreadableError),
        (" " * 1_048_577, CalendarUnreadableError),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        busy_times(text, HORIZON)


def test_a_rule_that_never_comes_true_costs_nothing() -> None:
    never = "DTSTART:20260101T090000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"

    assert starts(never) == []


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}".format,
        st.integers(1, 4),
        st.sampled_from(["MO", "TU,TH", "SA,SU", "MO,WE,FR"]),
        st.sampled_from(["MO", "SU"]),
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};{}".format,
        st.integers(1, 5),
        st.sampled_from(
            [
                "BYMONTHDAY=31",
                "BYMONTHDAY=-1",
                "BYDAY=2TU",
                "BYDAY=-1FR",
                "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "BYMONTHDAY=13;BYDAY=FR",
            ]
        ),
    ),
    st.builds(
        "FREQ=YEARLY;BYMONTH={};{}".format,
        st.integers(1, 12),
        st.sampled_from(["BYMONTHDAY=29", "BYDAY=1MO", "BYDAY=-1SU"]),
    ),
)


@settings(max_examples=80, deadline=None)
@given(
    RULES,
    st.dates(date(2019, 1, 1), date(2026, 6, 1)),
    st.sampled_from(["", ";COUNT=3", ";COUNT=40"]),
)
def test_days_are_those_that_an_independent_library_finds(
    rule: str, first: date, counted: str
) -> None:
    begin, last = date(2026, 3, 1), date(2026, 9, 1)
    parts = dict(part.split("=") for part in (rule + counted).split(";"))

    found = Rule.of({name: value.split(",") for name, value in parts.items()})

    def noon(day: date) -> datetime:
        return datetime.combine(day, time(12))

    theirs = rrulestr(rule + counted, dtstart=noon(first)).between(
        noon(begin), noon(last), inc=True
    )
    assert list(found.days(first, begin, last)) == [at.date() for at in theirs]


def put(clinic: Clinic, **body: Any) -> Any:
    """A calendar is read for the clinic's therapist."""
    path = f"/resources/{clinic.resources['therapist_id']}/busy"
    return clinic.desk.put(NAME, path, **body)


def test_nobody_is_booked_or_offered_while_busy_elsewhere(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 3 * DAY
    busy = f"DTSTART:{at:%Y%m%dT%H%M%SZ}\nDURATION:PT1H"

    made = put(clinic, calendar=calendar(busy))

    refused = clinic.desk.refused(NAME, "/appointments", **clinic.body(who, at))
    offered = clinic.desk.get(
        NAME,
        "/free-times",
        patient_id=who.id,
        type="preparation",
        **{"from": at.isoformat()},
        opens="00:00",
        closes="23:45",
        limit=1,
    )["items"]
    assert (made["times"], made["is_fetched"], made["problem"]) == (1, False, None)
    assert (refused["status"], refused["code"]) == (409, "busy_elsewhere")
    assert refused["resource_id"] == clinic.resources["therapist_id"]
    assert datetime.fromisoformat(offered[0]["starts_at"]) >= at + HOUR
    clinic.desk.delete(NAME, f"/resources/{clinic.resources['therapist_id']}/busy")
    assert clinic.desk.post(NAME, "/appointments", **clinic.body(who, at))


@in_memory
def test_a_calendar_that_cannot_be_read_changes_nothing(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    put(clinic, calendar=calendar(f"DTSTART:{at:%Y%m%dT%H%M%SZ}\nDURATION:PT1H"))
    path = f"/resources/{clinic.resources['therapist_id']}/busy"

    bad = clinic.desk.refused(NAME, path, method="PUT", calendar="hello")
    event = calendar("DTSTART:20260310T090000Z\nRRULE:FREQ=HOURLY")
    odd = clinic.desk.refused(NAME, path, method="PUT", calendar=event)
    both = clinic.desk.refused(NAME, path, method="PUT")
    private = clinic.desk.refused(NAME, path, method="PUT", url="https://10.0.0.1/a")

    assert (bad["status"], bad["code"]) == (422, "calendar_unreadable")
    assert (odd["status"], odd["code"], odd["event"]) == (422, "rule_not_followed", 1)
    assert (both["status"], private["code"]) == (422, "url_refused")
    who = clinic.patient()
    refused = clinic.desk.refused(NAME, "/appointments", **clinic.body(who, at))
    assert refused["code"] == "busy_elsewhere"


@pytest.fixture
def outside() -> Iterator[tuple[str, dict[str, str]]]:
    """A server of somebody else, and what it says."""
    said: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        """Says it."""

        def do_GET(self) -> None:
            body = said.get("text", "").encode()
            self.send_response(200 if body else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/a.ics", said
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_calendar_outside_is_fetched_every_quarter_of_an_hour(
    clinic: Clinic, lab: Lab, outside: tuple[str, dict[str, str]]
) -> None:
    url, said = outside
    runtime, at = lab.runtime(NAME), lab.clock() + 3 * DAY
    said["text"] = calendar(f"DTSTART:{at:%Y%m%dT%H%M%SZ}\nDURATION:PT1H")
    put(clinic, url=url)

    def now() -> Any:
        (row,) = clinic.desk.get(NAME, "/busy-feeds")["items"]
        return row

    rounds = [fetch_busy(runtime), fetch_busy(runtime)]
    read = now()
    said["text"] = ""
    lab.clock.advance(minutes=16)
    rounds.append(fetch_busy(runtime))

    who = clinic.patient()
    refused = clinic.desk.refused(NAME, "/appointments", **clinic.body(who, at))
    assert rounds == [1, 0, 1]
    assert (read["problem"], read["is_fetched"]) == (None, True)
    assert now()["problem"] == "not_given"
    assert refused["code"] == "busy_elsewhere"
    assert "url" not in read
