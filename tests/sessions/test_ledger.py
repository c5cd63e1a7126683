"""The cabinet over HTTP: what comes in, is counted, found missing, put right."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING
from tests.sessions.cabinet import Cabinet, dose_from, give
from tests.sessions.clinic_day import NAME, Day, authorised, refused


@pytest.fixture
def cabinet(day: Day) -> Cabinet:
    """A clinic whose ledger is open."""
    return Cabinet(day)


def code_of(problem: dict[str, Any]) -> tuple[int, str]:
    """Status and code of a problem."""
    return problem["status"], problem["code"]


def test_a_ledger_is_opened_once(day: Day, cabinet: Cabinet) -> None:
    problem = cabinet.refused("/ledger", number="RK7654321", schedule="c3")

    assert code_of(problem) == (409, "ledger_open")
    assert cabinet.now()["registration"]["number"] == "RK1234563"
    assert day.names() == ["ledger.opened"]


def test_without_a_ledger_nothing_is_received_and_nothing_is_shown(day: Day) -> None:
    closed = Cabinet(day, is_open=False)

    assert closed.now()["registration"] is None
    problem = closed.refused("/ledger/receipts", closed.monitor, **closed.label())
    assert code_of(problem) == (409, "ledger_not_open")
    assert closed.verify()["entries"] == 0


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"invoice": None}, "#/invoice"),
        ({"expires_on": "2026-03-01"}, "#/expires_on"),
        ({"amount_mg": 100}, "#/amount_mg"),
        ({"content_mg": 0}, "#/content_mg"),
        ({"ndc": "nonsense"}, "#/ndc"),
        ({"form": "device", "strength_mg": 28, "content_mg": 30}, "#/content_mg"),
    ],
)
def test_a_receipt_that_makes_no_sense_is_refused(
    cabinet: Cabinet, said: dict[str, Any], pointer: str
) -> None:
    body = cabinet.label(**said)
    problem = cabinet.refused("/ledger/receipts", cabinet.monitor, **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert cabinet.entries() == []


def test_what_was_open_before_the_ledger_comes_in_as_it_is(cabinet: Cabinet) -> None:
    vial = cabinet.receive(origin="initial_inventory", invoice=None, amount_mg=120)

    assert (vial["status"], vial["balance_mg"], vial["content_mg"]) == (
        "open",
        120,
        500,
    )


def test_a_count_that_agrees_changes_nothing(day: Day, cabinet: Cabinet) -> None:
    vials = [cabinet.receive(), cabinet.receive()]

    count = cabinet.count("opening")

    assert (count["containers"], count["variances"]) == (2, 0)
    assert [cabinet.left(vial["id"]) for vial in vials] == [500, 500]
    assert day.told("count.recorded")[0].moment == "opening"


def test_a_count_takes_in_every_container_and_each_once(cabinet: Cabinet) -> None:
    first, second = cabinet.receive(), cabinet.receive()
    line = {"container_id": first["id"], "counted_mg": 500}

    lacking = cabinet.refused("/ledger/counts", moment="closing", lines=[line])
    assert code_of(lacking) == (422, "count_incomplete")
    assert lacking["missing"] == [second["id"]]
    doubled = cabinet.refused("/ledger/counts", moment="spot", lines=[line, line])
    assert doubled["status"] == 422

    spot = cabinet.lead.post(NAME, "/ledger/counts", moment="spot", lines=[line])
    assert spot["containers"] == 1


def test_a_small_variance_is_written_off_with_a_note_and_never_silently(
    cabinet: Cabinet,
) -> None:
    vial = cabinet.receive()
    silent = cabinet.counted("closing", {vial["id"]: 495})

    problem = cabinet.refused("/ledger/counts", **silent)
    assert problem["errors"][0]["pointer"] == "#/note"
    cabinet.count(counted={vial["id"]: (495, "what stays in the hub")})

    assert cabinet.kinds(vial["id"]) == ["receive", "count", "adjust"]
    assert cabinet.left(vial["id"]) == 495
    assert cabinet.now()["cases"] == []


def test_small_variances_add_up_until_somebody_must_find_out(cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    cabinet.count(counted={vial["id"]: (495, "hub")})
    cabinet.count(counted={vial["id"]: (490, "hub")})

    cabinet.count(counted={vial["id"]: (489.999, "hub")})

    assert cabinet.left(vial["id"]) == 490
    assert [case["counted_mg"] for case in cabinet.now()["cases"]] == [489.999]


def test_a_variance_opens_a_case_and_nothing_is_taken_out_meanwhile(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    cabinet.count(counted={vial["id"]: 450})

    (case,) = cabinet.now()["cases"]
    assert (case["expected_mg"], case["counted_mg"]) == (500, 450)
    due = datetime.fromisoformat(case["due_at"])
    assert due == day.lab.clock() + timedelta(hours=24)
    assert cabinet.container(vial["id"])["status"] == "quarantined"
    patient = authorised(day)
    body = dose_from(vial["id"])
    assert refused(patient, "doses", **body) == (409, "container_quarantined")
    told = day.told("discrepancy.opened")[0]
    assert (str(told.case_id), told.cause_code) == (case["id"], "variance")


def close(cabinet: Cabinet, case: Any, resolution: str, **said: Any) -> dict[str, Any]:
    """The body of closing a case, before the therapist."""
    return {
        "resolution": resolution,
        "note": "looked into",
        "witness_code": said.get("code") or cabinet.code(),
    }


def test_a_case_is_closed_before_a_second_person_and_the_ledger_put_right(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    cabinet.count(counted={vial["id"]: 450})
    (case,) = cabinet.now()["cases"]
    path = f"/ledger/cases/{case['id']}"
    taken = cabinet.lead.post(NAME, f"{path}/take")
    assert taken["owner_id"] == str(day.ids[Role.MEDICAL_LEAD])

    own = cabinet.code(day.prescriber)
    alone = close(cabinet, case, "measuring_error", code=own)
    assert code_of(cabinet.refused(f"{path}/close", day.prescriber, **alone)) == (
        409,
        "witness_is_actor",
    )
    closed = cabinet.lead.post(
        NAME, f"{path}/close", **close(cabinet, case, "measuring_error")
    )

    assert (closed["status"], closed["resolution"]) == ("closed", "measuring_error")
    now = cabinet.container(vial["id"])
    assert (now["balance_mg"], now["status"]) == (450, "sealed")
    assert cabinet.kinds(vial["id"]) == ["receive", "count", "adjust"]
    again = close(cabinet, case, "measuring_error")
    assert code_of(cabinet.refused(f"{path}/close", **again)) == (409, "wrong_state")
    cabinet.assert_whole()


def test_a_case_ends_as_the_last_count_says(cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    cabinet.count(counted={vial["id"]: 450})
    (case,) = cabinet.now()["cases"]
    path = f"/ledger/cases/{case['id']}/close"

    early = close(cabinet, case, "no_variance")
    assert cabinet.refused(path, **early)["errors"][0]["pointer"] == "#/resolution"
    cabinet.count(counted={vial["id"]: 500})
    cabinet.lead.post(NAME, path, **close(cabinet, case, "no_variance"))

    assert cabinet.left(vial["id"]) == 500
    assert cabinet.container(vial["id"])["case_id"] is None


def test_a_loss_is_posted_and_its_notice_is_due_after_one_business_day(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    case = cabinet.monitor.post(
        NAME,
        f"/ledger/containers/{vial['id']}/report",
        cause="missing",
        counted_mg=0,
        note="the shelf is empty",
    )
    path = f"/ledger/cases/{case['id']}"

    closed = cabinet.lead.post(NAME, f"{path}/close", **close(cabinet, case, "theft"))

    # The day is a Monday: the notice is due by the end of Tuesday.
    assert closed["notice_due_at"] == "2026-03-04T00:00:00+00:00"
    assert cabinet.kinds(vial["id"]) == ["receive", "lose"]
    assert day.names()[-2:] == ["discrepancy.closed", "loss.reported"]
    filed = cabinet.lead.post(NAME, f"{path}/notice", reference="form 106, 17")
    assert filed["notice_reference"] == "form 106, 17"
    assert code_of(cabinet.refused(f"{path}/notice", reference="x"))[0] == 409


def test_the_rest_of_an_open_vial_is_wasted_and_a_sealed_one_is_not(
    day: Day, cabinet: Cabinet
) -> None:
    opened, sealed = cabinet.receive(), cabinet.receive()
    give(authorised(day), dose_from(opened["id"]))

    def waste(vial: Any) -> dict[str, Any]:
        return {"reason": "in-use time is over", "witness_code": cabinet.code()}

    path = f"/ledger/containers/{sealed['id']}/waste"
    assert code_of(cabinet.refused(path, **waste(sealed))) == (409, "wrong_state")
    path = f"/ledger/containers/{opened['id']}/waste"
    done = cabinet.monitor.post(NAME, path, **waste(opened))

    assert (done["balance_mg"], done["status"]) == (0, "empty")
    cabinet.assert_whole()


def test_stock_is_destroyed_before_two_witnesses_or_handed_over(
    day: Day, cabinet: Cabinet
) -> None:
    vial, other = cabinet.receive(), cabinet.receive()
    form: dict[str, Any] = {"how": "form_41", "form_reference": "41-7"}
    path = f"/ledger/containers/{vial['id']}/destroy"

    one = {**form, "witness_codes": [cabinet.code()]}
    assert code_of(cabinet.refused(path, **one)) == (422, "witness_code_needed")
    two = {**form, "witness_codes": [cabinet.code(), cabinet.code(day.monitor)]}
    done = cabinet.lead.post(NAME, path, **two)
    handed = cabinet.lead.post(
        NAME,
        f"/ledger/containers/{other['id']}/destroy",
        how="reverse_distributor",
        form_reference="222-1",
    )

    assert [done["status"], handed["status"]] == ["destroyed", "destroyed"]
    entry = cabinet.entries(container_id=vial["id"])[-1]
    assert entry["second_witness_id"] == str(day.ids[Role.MONITOR])
    assert code_of(cabinet.refused(path, **form)) == (409, "wrong_state")
    cabinet.assert_whole()


def test_a_recalled_lot_is_held_back_and_everybody_who_got_it_is_known(
    day: Day, cabinet: Cabinet
) -> None:
    earlier = Day(day.lab, day.clinic_id)
    vial, other = cabinet.receive(), cabinet.receive(lot="fict-2")
    patient, elsewhere = authorised(day), authorised(earlier)
    give(patient, dose_from(vial["id"], 20))
    give(elsewhere, dose_from(other["id"], 20))

    made = cabinet.lead.post(
        NAME,
        "/ledger/recalls",
        drug="racemic_ketamine",
        lot="FICT-1",
        note="the maker's letter",
    )

    found = cabinet.lead.get(NAME, f"/ledger/recalls/{made['id']}")
    assert [one["patient_id"] for one in found["doses"]] == [str(patient.id)]
    assert cabinet.container(vial["id"])["status"] == "quarantined"
    assert cabinet.container(other["id"])["status"] == "open"
    told = day.told("lot.recalled")[0]
    assert (told.containers, told.affected_count) == (1, 1)
    assert cabinet.receive()["status"] == "quarantined"


def test_a_lot_is_recalled_without_a_ledger_too(day: Day) -> None:
    patient = day.patient().dosed()
    closed = Cabinet(day, is_open=False)

    made = closed.lead.post(
        NAME, "/ledger/recalls", drug="racemic_ketamine", lot="fict-1", note="a letter"
    )

    found = closed.lead.get(NAME, f"/ledger/recalls/{made['id']}")
    assert [one["session_id"] for one in found["doses"]] == [patient.session_id]


def test_the_wrong_container_is_put_right_by_reversing_and_posting_anew(
    day: Day, cabinet: Cabinet
) -> None:
    wrong, right = cabinet.receive(), cabinet.receive(lot="fict-2")
    patient = authorised(day)
    body = dose_from(wrong["id"], 50, drawn_mg=60, wasted_mg=10)
    give(patient, {**body, "witness_code": cabinet.code()})
    posting_id = cabinet.entries(container_id=wrong["id"])[-1]["posting_id"]
    said = {"posting_id": posting_id, "reason": "the other vial was used"}

    bare = {**said, "witness_code": cabinet.code()}
    assert code_of(cabinet.refused("/ledger/corrections", **bare)) == (
        409,
        "container_needed",
    )
    draws = [{"container_id": right["id"], "drawn_mg": 60}]
    cabinet.lead.post(
        NAME, "/ledger/corrections", **said, witness_code=cabinet.code(), draws=draws
    )

    assert cabinet.container(wrong["id"])["status"] == "sealed"
    assert (cabinet.left(wrong["id"]), cabinet.left(right["id"])) == (500, 440)
    assert cabinet.kinds(wrong["id"])[-3:] == ["reverse"] * 3
    assert cabinet.kinds(right["id"])[1:] == ["draw", "give", "waste"]
    again = {**said, "witness_code": cabinet.code(), "draws": draws}
    assert code_of(cabinet.refused("/ledger/corrections", **again)) == (
        409,
        "not_reversible",
    )
    made = cabinet.lead.post(
        NAME, "/ledger/recalls", drug="racemic_ketamine", lot="fict-1", note="a letter"
    )
    found = cabinet.lead.get(NAME, f"/ledger/recalls/{made['id']}")
    assert found["doses"] == []
    cabinet.assert_whole()


def test_a_receipt_is_not_reversed_once_something_was_drawn(
    day: Day, cabinet: Cabinet
) -> None:
    used, unused = cabinet.receive(), cabinet.receive()
    give(authorised(day), dose_from(used["id"]))
    receipts = {
        entry["container_id"]: entry["posting_id"]
        for entry in cabinet.entries()
        if entry["kind"] == "receive"
    }

    def body(vial: Any) -> dict[str, Any]:
        posting = receipts[vial["id"]]
        return {"posting_id": posting, "reason": "x", "witness_code": cabinet.code()}

    late = cabinet.refused("/ledger/corrections", **body(used))
    assert code_of(late) == (409, "not_enough_left")
    cabinet.lead.post(NAME, "/ledger/corrections", **body(unused))
    assert cabinet.container(unused["id"])["status"] == "empty"
    cabinet.assert_whole()


def test_what_left_with_its_container_does_not_come_back_into_it(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    give(authorised(day), dose_from(vial["id"]))
    posting_id = cabinet.entries()[-1]["posting_id"]
    path = f"/ledger/containers/{vial['id']}/destroy"
    cabinet.lead.post(NAME, path, how="reverse_distributor", form_reference="222")

    other = [{"container_id": cabinet.receive()["id"], "drawn_mg": 50}]
    said = {"posting_id": posting_id, "reason": "x", "draws": other}
    problem = cabinet.refused(
        "/ledger/corrections", **said, witness_code=cabinet.code()
    )

    assert code_of(problem) == (409, "not_reversible")


def test_the_database_itself_keeps_entries_and_never_owes(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    database = day.lab.runtime(NAME).database

    for statement in (
        "update ledger_entries set amount_ug = 1",
        "update ledger_entries set details = null",
        "delete from ledger_entries",
    ):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            database.begin(EVERYTHING) as connection,
        ):
            connection.execute(text(statement))
    with (
        pytest.raises(IntegrityError),
        database.begin(EVERYTHING) as connection,
    ):
        connection.execute(text("update containers set balance_ug = -1"))
    assert cabinet.left(vial["id"]) == 500


def test_who_goes_around_the_ledger_is_found(day: Day, cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    cabinet.receive()

    with day.lab.runtime(NAME).database.begin(EVERYTHING) as connection:
        connection.execute(
            text("update containers set balance_ug = 1 where number = 1")
        )
        connection.execute(text("drop trigger ledger_entries_stay_as_they_are"))
        connection.execute(text("update ledger_entries set at = '2026-01-01 00:00:00'"))

    whats = {
        (finding["what"], finding["position"])
        for finding in cabinet.verify()["findings"]
    }
    assert ("its balance is not the sum of its entries", None) in whats
    assert {("is not what was written", 1), ("is not what was written", 2)} <= whats
    assert vial["id"] in {each["record_id"] for each in cabinet.verify()["findings"]}


def test_the_register_of_some_days_is_exported_with_balances_around_it(
    day: Day, cabinet: Cabinet
) -> None:
    cabinet.receive(supplier="=cmd|' /C calc'!A0")
    day.lab.clock.advance(days=1)
    vial = cabinet.receive()
    patient = authorised(day)
    give(patient, dose_from(vial["id"]))
    today = day.lab.clock().date().isoformat()

    def export(kind: str) -> Any:
        query = {"from": today, "to": today, "format": kind}
        return cabinet.lead.request("GET", NAME, "/ledger/export", query_string=query)

    lines = export("csv").get_data(as_text=True).splitlines()
    assert lines[0] == "Controlled-substance register"
    said = dict(line.split(",", 1) for line in lines[1 : lines.index("")])
    assert said["Registration"] == "RK1234563"
    assert said['"Opening balance'] == ' racemic_ketamine",500 mg'
    assert said['"Closing balance'] == ' racemic_ketamine",950 mg'
    assert said["Head of the chain"] == cabinet.now()["registration"]["head"]
    assert sum(str(patient.id) in line for line in lines) == 2
    assert not any(line.startswith("=") or ",=" in line for line in lines)
    paper = export("pdf")
    assert paper.mimetype == "application/pdf"
    assert paper.get_data().startswith(b"%PDF")
    backwards = {"from": today, "to": "2026-01-01"}
    refused_query = cabinet.lead.request(
        "GET", NAME, "/ledger/export", query_string=backwards
    )
    assert refused_query.status_code == 422


def test_an_inventory_is_put_on_paper(cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    count = cabinet.count("biennial", counted={vial["id"]: 450})

    answer = cabinet.lead.request("GET", NAME, f"/ledger/counts/{count['id']}/paper")

    lines = answer.get_data(as_text=True).splitlines()
    assert "Inventory,biennial" in lines
    assert lines[-1].startswith("1,racemic_ketamine,vial,fict-1,50,450,500,-50")


def test_an_inventory_is_due_two_years_after_the_last(
    day: Day, cabinet: Cabinet
) -> None:
    opened = cabinet.now()
    assert opened["inventory_due_at"] == opened["registration"]["opened_at"]

    cabinet.receive()
    cabinet.count("initial")

    due = datetime.fromisoformat(cabinet.now()["inventory_due_at"])
    assert due == day.lab.clock() + timedelta(days=730)


def test_each_clinic_has_its_own_ledger(day: Day, cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    other = Cabinet(Day(day.lab))

    assert other.now()["containers"] == []
    problem = other.refused(
        f"/ledger/containers/{vial['id']}/report",
        cause="broken",
        counted_mg=0,
        note="not mine",
    )
    assert code_of(problem) == (404, "not_found")
    patient = authorised(other.day)
    assert refused(patient, "doses", **dose_from(vial["id"])) == (404, "not_found")
    unknown = dose_from(str(uuid7()))
    assert refused(patient, "doses", **unknown) == (404, "not_found")


def test_a_therapist_stands_by_and_does_not_read_the_ledger(
    day: Day, cabinet: Cabinet
) -> None:
    assert len(cabinet.code(day.therapist)) == 8
    answer = day.therapist.request("GET", NAME, "/ledger")
    assert answer.status_code == 403
    assert day.front_desk.request("POST", NAME, "/witness-codes").status_code == 403
