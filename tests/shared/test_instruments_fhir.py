"""Questionnaires and answers as FHIR R4, out and in again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.instruments import INSTRUMENTS, Instrument, fhir, score

FROM_ELSEWHERE: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "name": "sleep",
    "version": "2026-1",
    "title": "Sleep",
    "publisher": "Example Sleep Society",
    "item": [
        {
            "linkId": "page",
            "type": "group",
            "item": [
                {"linkId": "snores", "text": "Snores", "type": "boolean"},
                {
                    "linkId": "nights",
                    "text": "Bad nights",
                    "type": "choice",
                    "answerOption": [{"valueInteger": n} for n in range(8)],
                },
                {"linkId": "thanks", "text": "Thank you", "type": "display"},
            ],
        }
    ],
}


@pytest.mark.parametrize("asked", INSTRUMENTS.values(), ids=lambda one: one.code)
def test_a_questionnaire_comes_back_as_it_went_out(asked: Instrument) -> None:
    assert fhir.from_questionnaire(fhir.to_questionnaire(asked)) == asked


@given(data=st.data(), asked=st.sampled_from(list(INSTRUMENTS.values())))
def test_answers_come_back_as_they_went_out(
    data: st.DataObject, asked: Instrument
) -> None:
    answers = {
        item.name: data.draw(st.integers(0, item.highest)) for item in asked.items
    }

    told = fhir.to_response(
        asked,
        answers,
        response_id="r",
        patient_id="p",
        authored="2026-03-02T15:00:00+00:00",
    )

    assert fhir.from_response(asked, told, patient_id="p") == answers
    assert score(asked, fhir.from_response(asked, told, patient_id="p")) == score(
        asked, answers
    )
    assert fhir.code_in(told) == asked.code


def test_a_questionnaire_from_elsewhere_is_read_out_of_its_groups() -> None:
    read = fhir.from_questionnaire(FROM_ELSEWHERE)

    assert [(i.name, i.label, i.highest) for i in read.items] == [
        ("snores", "Snores", 1),
        ("nights", "Bad nights", 7),
    ]
    assert (read.code, read.version, read.source) == (
        "sleep",
        "2026-1",
        "Example Sleep Society",
    )
    assert score(read, {"snores": 1, "nights": 7}).total == 8


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"resourceType": "Patient"}, "resourceType"),
        ({"name": "Not A Code"}, "code"),
        ({"name": None}, "code"),
        ({"version": None}, "version"),
        ({"title": ""}, "title"),
        ({"item": []}, "items"),
        ({"item": "none"}, "items"),
        ({"item": [{"linkId": "q1", "type": "string"}]}, "items.highest"),
        (
            {
                "item": [
                    {
                        "linkId": "q1",
                        "type": "choice",
                        "answerOption": [{"valueInteger": n} for n in (0, 2)],
                    }
                ]
            },
            "items.highest",
        ),
        (
            {
                "extension": [
                    {"url": fhir.SCORING, "valueString": '{"alert_items": ["q99"]}'}
                ]
            },
            "alert_items",
        ),
        (
            {"extension": [{"url": fhir.SCORING, "valueString": "{"}]},
            "extension",
        ),
        (
            {
                "extension": [
                    {
                        "url": fhir.SCORING,
                        "valueString": '{"bands": [{"code": "some", "lowest": 1}]}',
                    }
                ]
            },
            "bands",
        ),
    ],
)
def test_a_questionnaire_that_does_not_fit_is_refused_with_the_place(
    different: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refusal:
        fhir.from_questionnaire({**FROM_ELSEWHERE, **different})

    assert refusal.value.field == field


def response(**different: Any) -> dict[str, Any]:
    """Answers to GAD-7 from another system."""
    item = [
        {"linkId": f"q{n}", "answer": [{"valueCoding": {"code": "1"}}]}
        for n in range(1, 8)
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": fhir.url_of("gad7"),
        "status": "completed",
        "item": item,
        **different,
    }


def test_answers_from_elsewhere_need_no_version_and_no_extension() -> None:
    read = fhir.from_response(INSTRUMENTS["gad7"], response(), patient_id="p")

    assert sum(read.values()) == 7


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"resourceType": "Bundle"}, "resourceType"),
        ({"subject": {"reference": "Patient/q"}}, "subject"),
        ({"subject": {"reference": 7}}, "subject"),
        ({"status": "in-progress"}, "status"),
        ({"questionnaire": fhir.url_of("phq9")}, "questionnaire"),
        ({"questionnaire": f"{fhir.url_of('gad7')}|7"}, "questionnaire"),
        (
            {"item": [{"linkId": "q1", "answer": [{"valueString": "often"}]}]},
            "q1",
        ),
        (
            {
                "item": [
                    {
                        "linkId": "q1",
                        "answer": [{"valueInteger": 1}, {"valueInteger": 2}],
                    }
                ]
            },
            "q1",
        ),
    ],
)
def test_answers_that_cannot_be_read_are_refused_with_the_place(
    different: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refusal:
        fhir.from_response(INSTRUMENTS["gad7"], response(**different), patient_id="p")

    assert refusal.value.field == field
