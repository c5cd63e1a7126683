"""Outcome charts, a clinic's figures and the network's."""

import re
from collections.abc import Iterator

import pytest

from shared.access import Role
from tests.console.browser import SAME_ORIGIN, Browser
from tests.console.clinic_day import ClinicDay, Person, laboratory
from tests.console.outcome_days import cohort, went

MONTHS = "first_month=2024-09&last_month=2026-02"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClinicDay]:
    with laboratory(tmp_path_factory.mktemp("outcomes")) as made:
        yield ClinicDay.begin(made)


@pytest.fixture(scope="module")
def ann(day: ClinicDay) -> Person:
    person = day.register("Ann", "Fictional")
    went(day, person)
    cohort(day, day.register("Others", "Imaginary"), count=60)
    return person


def page_of(day: ClinicDay, person: Person, role: Role = Role.THERAPIST) -> str:
    browser = Browser.of(day.staff[role])
    return browser.look(f"/clinics/{day.clinic_id}/patients/{person.id}/outcomes")


def chart(page: str, title: str) -> str:
    found = re.search(rf'<article class="card" aria-label="{title}.*?</article>', page)
    assert found, page
    return found[0]


def test_a_chart_shows_bands_doses_levels_and_what_alarmed(
    day: ClinicDay, ann: Person
) -> None:
    phq9 = chart(page_of(day, ann), "PHQ-9")

    assert len(re.findall('class="band band', phq9)) == 5
    assert len(re.findall('class="dose"', phq9)) == 4
    assert len(re.findall('class="alerting"', phq9)) == 2
    assert len(re.findall('class="worse"', phq9)) == 2
    assert len(re.findall("<rect class=.total", phq9)) == 1
    assert "Response, 10" in phq9
    assert "Remission, below 5" in phq9
    assert "Got worse" in phq9


def test_a_line_is_not_drawn_across_a_missing_answer(
    day: ClinicDay, ann: Person
) -> None:
    phq9 = chart(page_of(day, ann), "PHQ-9")

    lines = re.findall('<polyline class="totals" points="([^"]+)"', phq9)
    # No answer within a week before the fourth dose.
    assert [len(line.split()) for line in lines] == [4, 2]
    assert "No answer before a dose" in phq9


def test_pcl5_has_its_cut_and_no_bands(day: ClinicDay, ann: Person) -> None:
    pcl5 = chart(page_of(day, ann), "PCL-5")

    assert 'class="band' not in pcl5
    assert "Above the PTSD cut, 33" in pcl5
    assert "Response," not in pcl5


def test_the_table_says_what_the_picture_says(day: ClinicDay, ann: Person) -> None:
    gad7 = chart(page_of(day, ann), "GAD-7")

    table = gad7[gad7.index("<table") :]
    rows = re.findall(r'data-name="Total" class="figure">(\d+)', table)
    assert rows == ["15", "16", "11", "9", "5", "6"]
    assert "−11" in table
    assert "(baseline)" in table


def test_the_front_desk_sees_no_outcomes(day: ClinicDay, ann: Person) -> None:
    browser = Browser.of(day.staff[Role.FRONT_DESK])
    root = f"/clinics/{day.clinic_id}/patients/{ann.id}"

    answer = browser.get(f"{root}/outcomes")

    assert answer.status_code == 403
    assert "Outcomes" not in browser.look(root)


def test_a_patient_without_answers_has_an_empty_page(day: ClinicDay) -> None:
    page = page_of(day, day.register("Bea", "Invented"))

    assert "No questionnaire with a total was answered" in page


def test_figures_are_shown_with_their_denominators_and_no_small_ones(
    day: ClinicDay, ann: Person
) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])

    page = browser.look(f"/clinics/{day.clinic_id}/outcomes?{MONTHS}")

    assert re.search(
        r'<b class="number nowrap">[\d.]+ %</b> <span class="soft nowrap">\d+ of', page
    )
    assert "fewer than 10" in page
    assert 'aria-label="Doses"' in page
    assert "Every route</th> <td" in page
    assert "fewer than 10 patients" in page
    assert not re.search(r">[0-9] of", page)


def test_months_that_end_before_they_begin_are_named_on_the_page(
    day: ClinicDay, ann: Person
) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])

    page = browser.look(
        f"/clinics/{day.clinic_id}/outcomes?first_month=2026-02&last_month=2026-01"
    )

    assert 'role="alert"' in page
    assert "is after the last month" in page.lower()


def test_figures_and_answers_are_fetched_as_tables(day: ClinicDay, ann: Person) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])
    root = f"/clinics/{day.clinic_id}"

    figures = browser.get(f"{root}/outcomes.csv?{MONTHS}")
    answers = browser.get(f"{root}/outcomes/answers.csv?{MONTHS}")

    doses = browser.get(f"{root}/outcomes/doses.csv?{MONTHS}")

    for answer, head in (
        (figures, "line,clinic_id"),
        (answers, "clinic_id,patient"),
        (doses, "route,patients,doses"),
    ):
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.get_data(as_text=True).startswith(head)
    assert "Fictional" not in answers.get_data(as_text=True)


def test_a_table_of_impossible_months_is_refused(day: ClinicDay, ann: Person) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])

    answer = browser.get(f"/clinics/{day.clinic_id}/outcomes.csv?first_month=soon")

    assert answer.status_code == 422


def test_a_clinic_takes_part_and_the_network_sees_its_line(
    day: ClinicDay, ann: Person
) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])
    network = Browser.of(day.lab.caller(Role.NETWORK_ADMIN))
    path = f"/clinics/{day.clinic_id}/outcomes"

    before = network.look("/outcomes?year=2025")
    answer = browser.client.post(
        f"{path}/comparison", data={"is_compared": "yes"}, headers=SAME_ORIGIN
    )
    after = network.look("/outcomes?year=2025")

    assert answer.status_code == 303
    assert "Takes part" in browser.look(path)
    assert "No clinic that takes part" in before
    assert "Lakeside" in after
    assert network.get("/outcomes.csv?year=2025").status_code == 200


def test_the_networks_figures_are_for_its_admins(day: ClinicDay, ann: Person) -> None:
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])

    assert browser.get("/outcomes").status_code == 403


def test_only_who_leads_the_clinic_has_a_link_to_its_figures(day: ClinicDay) -> None:
    board = f"/clinics/{day.clinic_id}/board"
    link = f'href="/clinics/{day.clinic_id}/outcomes"'

    assert link in Browser.of(day.staff[Role.CLINIC_ADMIN]).look(board)
    assert link not in Browser.of(day.staff[Role.THERAPIST]).look(board)
