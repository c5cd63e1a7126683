"""What the documents say that sessions makes: the REMS form as a page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.paper import Paper, Part, Table
from shared.record_forms import Section, SectionKind

BLANK = "________________"
"""What nobody has said is filled in by hand."""


def rems_paper(
    form: Mapping[str, Any],
    patient: Mapping[str, Any],
    clinic: Mapping[str, Any],
    *,
    made_at: datetime,
) -> Paper:
    """A form to be sent by a person, filled as far as is known.

    Args:
        form: as it is read; its times are told by the clinic's clock.
    """
    zone = ZoneInfo(clinic["time_zone"])
    said = f"by hand on {form['submitted_on']}" if form["submitted_on"] else "not yet"
    rows = [
        (section.label, _answer(section, form["answers"].get(section.code)))
        for section in form["sections"]
    ]
    return Paper(
        title=form["title"],
        made_at=made_at,
        foot=f"{form['form']} · {form['id']}",
        parts=[
            Part(
                paragraphs=(
                    "Filled from the treatment record. It is not sent by the software. "
                    f"Submitted: {said}.",
                )
            ),
            Part(
                heading="Patient and treatment",
                table=Table(
                    headings=("What", "As recorded"),
                    rows=_treatment(form["treatment"], patient, clinic, zone),
                ),
            ),
            Part(
                heading="Answers",
                table=Table(headings=("Question", "Answer"), rows=rows),
            ),
        ],
    )


def _treatment(
    treated: Any, patient: Mapping[str, Any], clinic: Mapping[str, Any], zone: ZoneInfo
) -> list[tuple[str, str]]:
    minutes = treated.monitored_minutes
    return [
        ("Patient", f"{patient['given_name']} {patient['family_name']}"),
        ("Born", str(patient["birth_date"])),
        ("Clinic", str(clinic["name"])),
        ("First device", _at(treated.first_dose_at, zone)),
        ("Left", _at(treated.ended_at, zone)),
        ("Monitored", f"{minutes} min" if minutes is not None else BLANK),
        ("Dose", f"{treated.dose_mg} mg"),
        ("Lots", ", ".join(treated.lots)),
    ]


def _answer(section: Section, value: object) -> str:
    if value is None:
        return BLANK
    if section.kind is SectionKind.CHECK:
        return "yes" if value else "no"
    if section.kind is SectionKind.NUMBER:
        return f"{value:g} {section.unit or ''}".strip()
    if section.kind is SectionKind.CHOICE:
        return str(value).replace("_", " ")
    return str(value)


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return BLANK
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
