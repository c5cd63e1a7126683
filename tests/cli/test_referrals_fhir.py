"""Referrals from FHIR bundles: what becomes of each element."""

from pathlib import Path

import pytest

from tests.cli.fhir_bundles import (
    ICD,
    RXNORM,
    Json,
    at,
    bundle_of,
    condition,
    coverage,
    medication,
    patient,
    result_of,
)
from tests.cli.referral_receiver import Receiver, run


def sent_from(folder: Path, *resources: Json) -> list[Json]:
    receiver = Receiver()
    run(receiver, bundle_of(folder, *resources))
    return receiver.bodies


def codes(body: Json, kind: str = "conditions") -> list[str]:
    return [item["code"] for item in body[kind]]


def test_a_patient_and_what_belongs_to_them_become_one_referral(
    tmp_path: Path,
) -> None:
    telecom = [
        {"system": "phone", "value": "+1 555 0100", "use": "home"},
        {"system": "phone", "value": "+1 555 0101", "use": "mobile"},
        {"system": "email", "value": "second@example.org", "rank": 2},
        {"system": "email", "value": "first@example.org", "rank": 1},
        {"system": "email", "value": "old@example.org", "use": "old"},
    ]
    zone = {
        "url": "http://hl7.org/fhir/StructureDefinition/timezone",
        "valueCode": "America/Chicago",
    }
    names = [
        {"use": "nickname", "given": ["Tes"]},
        {"use": "official", "family": "Fictional", "given": ["Testa", "Ann"]},
    ]

    bodies = sent_from(
        tmp_path,
        condition(),
        coverage(),
        {"resourceType": "Observation", "status": "final"},
        patient(telecom=telecom, extension=[zone], name=names),
        medication(),
    )

    assert bodies == [
        {
            "source_type": "ehr_export",
            "identifier": {"system": "urn:ex", "value": "A-1"},
            "patient": {
                "given_name": "Testa Ann",
                "family_name": "Fictional",
                "birth_date": "1980-02-29",
                "email": "first@example.org",
                "phone": "+1 555 0101",
                "time_zone": "America/Chicago",
            },
            "conditions": [{"system": ICD, "code": "F33.2", "display": "Words"}],
            "medications": [
                {"system": RXNORM, "code": "36437", "display": "sertraline"}
            ],
            "coverages": [{"payer": "Example Plan", "member_id": "M-1"}],
        }
    ]


@pytest.mark.parametrize(
    ("patient_url", "reference", "condition_url"),
    [
        ("", "Patient/1", ""),
        ("", "Patient/1/_history/3", ""),
        ("", "https://ehr.example.org/fhir/Patient/1", ""),
        ("urn:uuid:aa", "urn:uuid:aa", "urn:uuid:bb"),
        ("urn:uuid:aa", "Patient/1", "urn:uuid:bb"),
        ("https://a.example/fhir/Patient/1", "https://a.example/fhir/Patient/1", ""),
        ("https://a.example/Patient/1", "Patient/1", "https://a.example/Condition/5"),
        ("https://a.example/Patient/1", "Patient/1", ""),
    ],
)
def test_every_form_of_reference_finds_its_patient(
    tmp_path: Path, patient_url: str, reference: str, condition_url: str
) -> None:
    bodies = sent_from(
        tmp_path,
        at(condition_url, condition(reference)),
        at(patient_url, patient()),
    )

    assert codes(bodies[0]) == ["F33.2"]


@pytest.mark.parametrize(
    ("patient_url", "reference", "condition_url"),
    [
        ("", "Patient/2", ""),
        ("", "Group/1", ""),
        ("", "#1", ""),
        ("", "", ""),
        ("urn:uuid:aa", "urn:uuid:ab", ""),
        ("https://a.example/Patient/1", "https://b.example/Patient/1", ""),
        ("https://a.example/Patient/1", "Patient/1", "https://b.example/Condition/5"),
    ],
)
def test_a_condition_of_an_unknown_patient_is_refused_alone(
    tmp_path: Path, patient_url: str, reference: str, condition_url: str
) -> None:
    bundle = bundle_of(
        tmp_path,
        at(condition_url, condition(reference)),
        at(patient_url, patient()),
    )
    receiver = Receiver()

    run(receiver, bundle)

    rows = result_of(bundle)
    assert [(row["row"], row["outcome"]) for row in rows] == [
        ("1", "refused"),
        ("2", "created"),
    ]
    told = "entry 1 (Condition): subject: refers to no Patient in this file"
    assert rows[0]["reason"] == told
    assert receiver.bodies[0]["conditions"] == []


def test_patients_of_two_servers_with_one_id_stay_apart(tmp_path: Path) -> None:
    bodies = sent_from(
        tmp_path,
        at("https://a.example/Patient/1", patient(1)),
        at("https://b.example/Patient/1", patient(2, id="1")),
        at("https://b.example/Condition/8", condition("Patient/1", "F41.1")),
        at("urn:uuid:c", condition("https://a.example/Patient/1", "F33.2")),
    )

    assert [codes(body) for body in bodies] == [["F33.2"], ["F41.1"]]


def test_nobody_gets_a_condition_that_could_be_of_two_patients(
    tmp_path: Path,
) -> None:
    bundle = bundle_of(
        tmp_path, patient(1), patient(2, id="1"), patient(3), condition("Patient/1")
    )

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (1, 2)
    told = "entry 4 (Condition): subject: fits more than one Patient"
    assert [row["reason"] for row in result_of(bundle)] == [told, told, ""]


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (medication(medicationReference={"reference": "#x"}), "medication: missing"),
        (medication(medicationReference=[]), "medicationReference: an object is"),
        (condition(code={}), "code: missing"),
        (condition(code={"coding": "F33.2"}), "coding: a list of objects is"),
        (condition(code={"coding": [{"code": 5}]}), "code.coding.code: a text is"),
        (coverage(payor=[]), "payor: missing"),
        (condition(code={"text": "x" * 600}), "code.text: longer than 500"),
        (condition(verificationStatus={"coding": [7]}), "coding: a list of objects"),
    ],
)
def test_a_patient_goes_as_a_whole_or_not_at_all(
    tmp_path: Path, resource: Json, reason: str
) -> None:
    bundle = bundle_of(tmp_path, patient(1), patient(2), resource)

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (1, 1)
    start = f"entry 3 ({resource['resourceType']}): {reason}"
    assert result_of(bundle)[0]["reason"].startswith(start)
    assert result_of(bundle)[0]["identifier"] == "A-1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identifier": []}, "identifier: missing"),
        ({"identifier": [{"value": "A-1"}]}, "identifier_system: missing"),
        ({"identifier": {"value": "A-1"}}, "identifier: a list of objects is"),
        ({"name": []}, "given_name: missing"),
        ({"name": [{"text": "Testa Fictional"}]}, "given_name: missing"),
        ({"name": [{"given": [1], "family": "F"}]}, "given_name: a text is"),
        ({"name": [{"given": ["T"], "family": ["F"]}]}, "family_name: a text is"),
        ({"birthDate": "1980"}, "birth_date: not a full date"),
        ({"birthDate": 1980}, "birth_date: a text is expected"),
        ({"telecom": "555"}, "telecom: a list of objects is expected"),
        ({"active": False}, "active: false"),
        ({"deceasedBoolean": True}, "deceased: the record says"),
        ({"deceasedDateTime": "2026-01-01"}, "deceased: the record says"),
    ],
)
def test_a_patient_who_cannot_be_referred_does_not_stop_the_others(
    tmp_path: Path, changes: Json, reason: str
) -> None:
    bundle = bundle_of(tmp_path, patient(1, **changes), patient(2))

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (1, 1)
    assert result_of(bundle)[0]["reason"].startswith(reason)


def test_the_record_number_comes_first_and_social_security_never(
    tmp_path: Path,
) -> None:
    mr = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}
    ssn = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "000-00-0000"}
    official = {"system": "urn:any", "value": "B-1", "use": "official"}
    record = {"system": "urn:mrn", "value": "C-1", "type": {"coding": [mr]}}
    old = {"system": "urn:mrn", "value": "D-1", "use": "old"}

    bodies = sent_from(
        tmp_path,
        patient(1, identifier=[ssn, old, official, record]),
        patient(2, identifier=[ssn, {"value": "no system"}, official]),
        patient(3, identifier=[ssn]),
    )

    assert [body["identifier"]["value"] for body in bodies] == ["C-1", "B-1"]


def test_what_never_was_is_left_out_and_what_is_over_is_noted(tmp_path: Path) -> None:
    status = {"coding": [{"code": "resolved"}]}
    wrong = {"coding": [{"code": "entered-in-error"}]}

    body = sent_from(
        tmp_path,
        patient(),
        condition(clinicalStatus=status, abatementDateTime="2025-06-30T10:00:00Z"),
        condition(code="F20.9", verificationStatus=wrong),
        medication(status="not-taken"),
        medication(status="stopped", effectivePeriod={"end": "2026-01-10"}),
        coverage(status="cancelled"),
    )[0]

    assert [x["display"] for x in body["conditions"]] == [
        "Words (resolved, until 2025-06-30)"
    ]
    assert [x["display"] for x in body["medications"]] == [
        "sertraline (stopped, until 2026-01-10)"
    ]
    assert body["coverages"] == []


def test_all_codes_of_a_concept_are_kept_and_words_where_there_is_none(
    tmp_path: Path,
) -> None:
    both = {
        "text": "Low mood",
        "coding": [
            {"system": "http://snomed.info/sct", "code": "370143000"},
            {"system": ICD, "code": "F33.2", "display": "Depression"},
        ],
    }

    body = sent_from(
        tmp_path,
        patient(),
        condition(code=both),
        condition(code=both),
        condition(code={"text": "Low mood"}),
    )[0]

    assert codes(body) == ["370143000", "F33.2", "UNC"]
    assert [x["display"] for x in body["conditions"]] == [
        "Low mood",
        "Depression",
        "Low mood",
    ]


def test_medicines_and_payers_are_found_inside_and_beside_a_resource(
    tmp_path: Path,
) -> None:
    inside = {"resourceType": "Medication", "id": "m", "code": {"text": "inside"}}
    beside = {"resourceType": "Medication", "id": "7", "code": {"text": "beside"}}
    payer = {"resourceType": "Organization", "id": "9", "name": "Other Plan"}

    body = sent_from(
        tmp_path,
        beside,
        payer,
        patient(),
        medication(medicationReference={"reference": "#m"}, contained=[inside]),
        medication(medicationReference={"reference": "Medication/7"}),
        medication(medicationReference={"reference": "X/1", "display": "elsewhere"}),
        coverage(payor=[{"reference": "Organization/9"}], subscriberId=None),
        coverage(payor=[{"reference": "Patient/1"}]),
    )[0]

    displays = [item["display"] for item in body["medications"]]
    assert displays == ["inside", "beside", "elsewhere"]
    assert body["coverages"] == [
        {"payer": "Other Plan", "member_id": None},
        {"payer": "self-pay", "member_id": "M-1"},
    ]


def test_a_patient_with_too_many_entries_is_refused(tmp_path: Path) -> None:
    many = [condition(code=f"F{n}") for n in range(501)]
    bundle = bundle_of(tmp_path, patient(1), patient(2), *many)

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (1, 1)
    assert "more than 500" in result_of(bundle)[0]["reason"]
