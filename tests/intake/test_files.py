"""Files about patients: what is kept, what is refused, and who fetches it how long."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import select

from services.intake.models import file_contents
from shared.access import Role
from shared.reach import NETWORK
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, Clinic, a_referral, faults

PDF = b"%PDF-1.7\nan electrocardiogram\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40


def body(said: bytes = PDF, **different: Any) -> dict[str, Any]:
    """A file as it is sent."""
    return {
        "kind": "ecg",
        "name": "ECG of March.pdf",
        "media_type": "application/pdf",
        "content": b64encode(said).decode(),
        **different,
    }


@pytest.fixture
def files(clinic: Clinic) -> str:
    """Where the files of a new patient are."""
    made = clinic.desk.post("intake", "/patients", **ANN)
    return f"/patients/{made['id']}/files"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")],
)
def test_a_file_is_kept_and_comes_back_as_it_was(
    clinic: Clinic, files: str, content: bytes, media_type: str
) -> None:
    kept = clinic.desk.post("intake", files, **body(content, media_type=media_type))
    link = clinic.therapist.post("intake", f"{files}/{kept['id']}/links")

    answer = clinic.lab.fetch("intake", link["path"])

    assert (kept["size"], kept["digest"]) == (
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    assert (answer.data, answer.mimetype) == (content, media_type)
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; ")
    assert clinic.therapist.get("intake", files)["items"] == [kept]


def test_what_is_in_a_file_is_sealed_where_it_is_kept(
    clinic: Clinic, files: str, lab: Lab
) -> None:
    clinic.desk.post("intake", files, **body())

    with lab.runtime("intake").begin(NETWORK) as connection:
        (kept,) = connection.execute(select(file_contents.c.content)).scalars()

    assert b"electrocardiogram" not in bytes(kept)


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"content": "not base64!"}, "content"),
        ({"content": ""}, "content"),
        ({"content": b64encode(b"MZ\x90\x00").decode()}, "content"),
        ({"content": b64encode(PNG).decode()}, "content"),
        ({"content": b64encode(PDF + b"/JavaScript (x)").decode()}, "content"),
        ({"content": b64encode(PDF + b"/Launch").decode()}, "content"),
        ({"media_type": "text/html"}, "media_type"),
        ({"media_type": "image/svg+xml"}, "media_type"),
        ({"kind": "consent"}, "kind"),
        ({"name": "two\nlines"}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_no_harmless_file_is_refused(
    clinic: Clinic, files: str, different: dict[str, Any], field: str
) -> None:
    problem = clinic.desk.refused("intake", files, **body(**different))

    assert (problem["status"], list(faults(problem))) == (422, [f"#/{field}"])
    assert clinic.therapist.get("intake", files)["items"] == []


def test_a_file_may_be_larger_than_other_bodies_but_not_than_ten_mebibytes(
    clinic: Clinic, files: str
) -> None:
    largest = PDF.ljust(10 * 1_048_576, b"\n")

    kept = clinic.desk.post("intake", files, **body(largest))
    larger = clinic.desk.refused("intake", files, **body(largest + b"\n"))
    far_larger = clinic.desk.refused("intake", files, **body(largest * 2))

    assert kept["size"] == 10 * 1_048_576
    assert (larger["status"], larger["code"]) == (422, "file_refused")
    assert (far_larger["status"], far_larger["code"]) == (413, "too_large")


def test_a_link_opens_for_five_minutes_and_to_nobody_who_guesses(
    clinic: Clinic, files: str, lab: Lab
) -> None:
    kept = clinic.desk.post("intake", files, **body())
    path = clinic.therapist.post("intake", f"{files}/{kept['id']}/links")["path"]
    elsewhere = path.replace(str(clinic.id), str(Clinic(lab).id))

    wrong = [
        lab.fetch("intake", guess).status_code
        for guess in (f"{path}x", path.rpartition(".")[0], elsewhere)
    ]
    lab.clock.advance(minutes=5, seconds=-1)
    in_time = lab.fetch("intake", path).status_code
    lab.clock.advance(seconds=1)
    too_late = lab.fetch("intake", path).status_code

    assert (wrong, in_time, too_late) == ([404, 404, 404], 200, 404)


def test_the_front_desk_adds_files_and_does_not_open_them(
    clinic: Clinic, files: str
) -> None:
    kept = clinic.desk.post("intake", files, **body())

    listed = clinic.desk.refused("intake", files, method="GET")
    linked = clinic.desk.refused("intake", f"{files}/{kept['id']}/links")

    assert (listed["status"], linked["status"]) == (403, 403)


def test_a_file_that_should_not_be_there_is_struck_once_and_stays(
    clinic: Clinic, files: str
) -> None:
    kept = clinic.desk.post("intake", files, **body())
    path = f"{files}/{kept['id']}/strike"

    struck = clinic.therapist.post("intake", path, reason="Somebody else's.")
    again = clinic.therapist.refused("intake", path, reason="Somebody else's.")

    assert struck["struck_at"] is not None
    assert (again["status"], again["code"]) == (409, "already_struck")
    assert [one["id"] for one in clinic.therapist.get("intake", files)["items"]] == [
        kept["id"]
    ]


def test_nothing_of_a_file_reaches_another_clinic_or_another_patient(
    clinic: Clinic, files: str, lab: Lab
) -> None:
    kept = clinic.desk.post("intake", files, **body())
    other = clinic.desk.post("intake", "/patients", **ANN)["id"]
    elsewhere = Clinic(lab).therapist

    problems = [
        elsewhere.refused("intake", f"{files}/{kept['id']}/links"),
        elsewhere.refused("intake", f"{files}/{kept['id']}/strike", reason="Why."),
        elsewhere.refused("intake", files, **body()),
        clinic.therapist.refused(
            "intake", f"/patients/{other}/files/{kept['id']}/links"
        ),
    ]

    assert {one["status"] for one in problems} == {404}
    assert elsewhere.get("intake", files)["items"] == []


def test_whoever_sent_a_referral_sends_its_letter_and_nobody_else(
    clinic: Clinic,
) -> None:
    sender, stranger = (clinic.caller(Role.INTEGRATOR) for _ in range(2))
    sent = sender.post("intake", "/referrals", **a_referral())
    path = f"/referrals/{sent['referral_id']}/letter"
    letter = body(name="letter.pdf")
    del letter["kind"]

    kept = sender.post("intake", path, **letter)
    refused = stranger.refused("intake", path, **letter)

    assert (kept["kind"], kept["patient_id"]) == (
        "referral_letter",
        sent["patient_id"],
    )
    assert refused["status"] == 404


def test_a_file_opens_to_nobody_after_the_patient_was_erased(
    clinic: Clinic, files: str
) -> None:
    kept = clinic.desk.post("intake", files, **body())
    path = clinic.therapist.post("intake", f"{files}/{kept['id']}/links")["path"]
    patient = files.removesuffix("/files")
    clinic.caller(Role.CLINIC_ADMIN).post(
        "intake", f"{patient}/erase", reason="Asked for."
    )

    gone = clinic.lab.fetch("intake", path)
    added = clinic.desk.refused("intake", files, **body())

    assert gone.status_code == 404
    assert (added["status"], added["code"]) == (409, "already_erased")


def test_a_no_is_explained_in_a_letter_that_says_no_more_than_is_told(
    clinic: Clinic,
) -> None:
    episode_id = clinic.in_review()
    clinic.decide(episode_id, "ineligible", reason_codes=["psychosis_active"])
    patient_id = clinic.show(episode_id)["patient_id"]

    (letter,) = clinic.therapist.get("intake", f"/patients/{patient_id}/files")["items"]

    assert (letter["kind"], letter["media_type"]) == (
        "decision_letter",
        "application/pdf",
    )
