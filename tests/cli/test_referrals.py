"""Referrals from CSV tables, and the result file that every import leaves."""

from pathlib import Path

import pytest

from cli.referrals.load import import_referrals
from cli.referrals.record import UnreadableFileError
from shared.errors import (
    InvalidError,
)
from tests.cli.referral_receiver import CLINIC, Receiver, no_progress, run
from tests.cli.referral_tables import HEADER, ONE, TWO, export_of, result_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_a_row_becomes_the_body_that_intake_takes(tmp_path: Path) -> None:
    export = export_of(
        tmp_path,
        f"{HEADER},email,phone,time_zone,conditions,medications,"
        "coverage_payer,coverage_member_id,source_type,letter_reference",
        f"{ONE},t@example.org,+1 555 0100,America/Chicago,"
        "F33.2|Depression;http://snomed.info/sct|48694002|Anxiety;F41.1,"
        "36437|sertraline;|herbal tea,Example Plan,M-1,self,letters/7",
    )
    receiver = Receiver()

    run(receiver, export)

    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    assert receiver.bodies == [
        {
            "source_type": "self",
            "identifier": {"system": "urn:ex", "value": "A-1"},
            "patient": {
                "given_name": "Testa",
                "family_name": "Fictional",
                "birth_date": "1980-02-29",
                "email": "t@example.org",
                "phone": "+1 555 0100",
                "time_zone": "America/Chicago",
            },
            "conditions": [
                {"system": icd, "code": "F33.2", "display": "Depression"},
                {
                    "system": "http://snomed.info/sct",
                    "code": "48694002",
                    "display": "Anxiety",
                },
                {"system": icd, "code": "F41.1", "display": "F41.1"},
            ],
            "medications": [
                {
                    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                    "code": "36437",
                    "display": "sertraline",
                },
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
                    "code": "UNC",
                    "display": "herbal tea",
                },
            ],
            "coverages": [{"payer": "Example Plan", "member_id": "M-1"}],
            "letter_reference": "letters/7",
        }
    ]


def test_what_a_row_does_not_say_is_null_or_empty(tmp_path: Path) -> None:
    receiver = Receiver()

    run(receiver, export_of(tmp_path, HEADER, ONE))

    body = receiver.bodies[0]
    assert body["source_type"] == "csv"
    assert body["patient"]["email"] is body["patient"]["time_zone"] is None
    assert body["conditions"] == body["medications"] == body["coverages"] == []
    assert "letter_reference" not in body


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("urn:ex,,Nobody,Known,1980-01-01", "identifier: missing"),
        (",A-9,Nobody,Known,1980-01-01", "identifier_system: missing"),
        ("urn:ex,A-9,Nobody,,1980-01-01", "family_name: missing"),
        ("urn:ex,A-9,Nobody,Known,1980-13-01", "birth_date: not a full date"),
        ("urn:ex,A-9,Nobody,Known,19800101", "birth_date: not a full date"),
        ("urn:ex,A-9,Nobody,Known,١٩٨٠-01-01", "birth_date: not a full date"),
        ("urn:ex,A-9,Nobody,Known", "row: 4 cells where 5 are expected"),
        ('urn:ex,A-9,"Nobody,Known,1980-01-01', "row: a quotation mark"),
        ('urn:ex,A-9,"No"body,Known,1980-01-01', "row: a quotation mark"),
        ("urn:ex,A-9,Nobo\0dy,Known,1980-01-01", "given_name: has control characters"),
        (f"urn:ex,A-9,{'x' * 501},Known,1980-01-01", "given_name: longer than 500"),
        (f"urn:ex,A-9,{'x' * 200_000},Known,1980-01-01", "row: longer than 65536"),
        ("urn:ex,A-1,Nobody,Known,1980-01-01", "identifier: row 2 has the same one"),
    ],
)
def test_a_broken_row_is_refused_and_the_others_go_on(
    tmp_path: Path, broken: str, reason: str
) -> None:
    export = export_of(tmp_path, HEADER, ONE, broken, TWO)

    report = run(Receiver(), export)

    assert (report.created, report.refused) == (2, 1)
    rows = result_of(export)
    assert [row["row"] for row in rows] == ["2", "3", "4"]
    assert [row["outcome"] for row in rows] == ["created", "refused", "created"]
    assert rows[1]["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("time_zone", "America/Nowhere", "time_zone: not an IANA time zone"),
        ("time_zone", "../../etc/passwd", "time_zone: not an IANA time zone"),
        ("medications", "sertraline", "medications item 1: not an RxNorm number"),
        ("conditions", "F33.2;depressed", "conditions item 2: not an ICD-10-CM code"),
        ("conditions", "a:b|F33.2|x|y", "conditions item 1: not code, code|display"),
        ("conditions", "|", "conditions item 1: missing"),
        ("conditions", ";".join(["F33.2"] * 501), "conditions: more than 500 items"),
        ("coverage_member_id", "M-1", "coverage_payer: missing"),
        ("source_type", "By Fax", "source_type: not a code"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused(
    tmp_path: Path, column: str, value: str, reason: str
) -> None:
    export = export_of(tmp_path, f"{HEADER},{column}", f"{ONE},{value}")
    receiver = Receiver()

    run(receiver, export)

    assert result_of(export)[0]["reason"].startswith(reason)
    assert result_of(export)[0]["identifier"] == "A-1"
    assert receiver.bodies == []


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_a_byte_order_mark_are_read(
    tmp_path: Path, delimiter: str
) -> None:
    lines = [line.replace(",", delimiter) for line in (HEADER, ONE, ",,,,", TWO)]
    export = export_of(tmp_path, *lines, encoding="utf-8-sig")

    report = run(Receiver(), export)

    assert report.created == 2
    assert [row["row"] for row in result_of(export)] == ["2", "4"]


@pytest.mark.parametrize(
    ("lines", "encoding", "told"),
    [
        ([""], "utf-8", "the columns do not fit"),
        ([ONE, TWO], "utf-8", "the columns do not fit"),
        ([f"{HEADER},medication", f"{ONE},1"], "utf-8", "unknown: column 6"),
        ([f"{HEADER},identifier", f"{ONE},1"], "utf-8", "twice: identifier"),
        (['"identifier', ONE], "utf-8", "the header row cannot be read"),
        ([HEADER, ONE, TWO.replace("a", "ä")], "latin-1", "not UTF-8"),
        ([HEADER, ONE], "utf-16", "not UTF-8"),
        (["<Bundle/>"], "utf-8", "XML is not read"),
    ],
)
def test_a_table_that_cannot_be_read_sends_nothing(
    tmp_path: Path, lines: list[str], encoding: str, told: str
) -> None:
    export = export_of(tmp_path, *lines, encoding=encoding)
    receiver = Receiver()

    with pytest.raises(UnreadableFileError) as refusal:
        run(receiver, export)

    assert told in refusal.value.message
    assert "Fictional" not in refusal.value.message
    assert receiver.bodies == []
    assert list(tmp_path.iterdir()) == [export]


def test_an_empty_file_is_told_as_such(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.touch()

    with pytest.raises(UnreadableFileError, match="the file is empty"):
        run(Receiver(), export)


def test_a_missing_file_and_an_unknown_format_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        run(Receiver(), tmp_path / "nothing.csv")

    with pytest.raises(InvalidError, match="formats are fhir, csv"):
        run(Receiver(), export_of(tmp_path, HEADER, ONE), file_format="xls")


def test_the_result_never_overwrites_the_export(tmp_path: Path) -> None:
    export = export_of(tmp_path, HEADER, ONE)
    before = export.read_bytes()

    with Receiver().client() as client, pytest.raises(InvalidError, match="overwrite"):
        import_referrals(
            export,
            clinic_id=CLINIC,
            client=client,
            result=tmp_path / "." / "export.csv",
            file_format=None,
            progress=no_progress,
        )

    assert export.read_bytes() == before


def test_a_spreadsheet_takes_no_cell_of_the_result_for_a_formula(
    tmp_path: Path,
) -> None:
    export = export_of(tmp_path, HEADER, ONE.replace("A-1", "=1+1"))

    run(Receiver(), export)

    assert result_of(export)[0]["identifier"] == "'=1+1"


def test_the_result_is_for_its_owner_only(tmp_path: Path) -> None:
    export = export_of(tmp_path, HEADER, ONE)

    run(Receiver(), export)

    assert export.with_suffix(".result").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "count"), [("referrals.csv", 3), ("referrals-fhir.json", 2)]
)
def test_the_examples_of_the_manual_are_imported_whole(
    tmp_path: Path, name: str, count: int
) -> None:
    export = tmp_path / name
    export.write_bytes((EXAMPLES / name).read_bytes())

    report = run(Receiver(), export)

    assert (report.created, report.refused, report.ignored) == (count, 0, 0)
