"""What totals mean beside each other, and which counts are told."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain import (
    Course,
    Figure,
    FigureCode,
    Line,
    LineKind,
    Point,
    Total,
    baseline_of,
    compared,
    gaps_of,
    printed,
    response_at_most,
    series_of,
)
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.instruments import (
    INSTRUMENTS,
    OUTCOME_RULES,
    OutcomeRules,
    Trend,
    Window,
)
from shared.testing.lab import MORNING

PHQ9, PCL5 = INSTRUMENTS["phq9"], INSTRUMENTS["pcl5"]
LEAST = 3
"""Small enough that every kind of table comes up."""


def on(day: float) -> datetime:
    """So many days after the start."""
    return MORNING + timedelta(days=day)


def answered(*totals: tuple[float, int]) -> list[Total]:
    """Totals, each with its day."""
    return [Total(at=on(day), total=total) for day, total in totals]


def dosed(*days: float, ended_on: float | None = None) -> Course:
    """Doses on these days."""
    ended_at = None if ended_on is None else on(ended_on)
    return Course(given_at=tuple(on(day) for day in days), ended_at=ended_at)


def placed(course: Course, *totals: tuple[float, int]) -> list[Point]:
    """PHQ-9 totals in their places, nothing missing."""
    return series_of(PHQ9, answered(*totals), course, ())


def test_the_baseline_is_the_last_answer_before_the_first_dose() -> None:
    course = dosed(10, 17)

    points = placed(course, (0, 24), (9, 20), (16, 10), (30, 4))

    assert [point.since_baseline for point in points] == [None, None, -10, -16]
    assert [point.since_before for point in points] == [None, -4, -10, -6]
    assert [list(point.trends) for point in points] == [
        [],
        [],
        ["response", "improved"],
        ["response", "remission", "improved"],
    ]


def test_without_an_answer_before_the_first_dose_there_is_no_baseline() -> None:
    points = placed(dosed(10), (11, 20), (20, 4))

    assert [point.since_baseline for point in points] == [None, None]
    assert points[1].trends == (Trend.IMPROVED,)


def test_nobody_responds_before_a_dose_was_given() -> None:
    points = placed(Course(), (0, 20), (5, 2))

    assert points[1].trends == (Trend.IMPROVED,)


def test_a_point_says_how_long_ago_the_last_dose_was() -> None:
    points = placed(dosed(1, 8), (0, 20), (1, 20), (7.5, 18), (20, 9))

    since = [point.since_dose and point.since_dose.days for point in points]
    assert since == [None, None, 6, 12]


@given(
    st.lists(st.integers(0, 27), min_size=1, max_size=8),
    st.integers(-1, 8),
)
def test_changes_are_what_the_rules_say_of_any_totals(
    totals: list[int], first_dose: int
) -> None:
    course = Course() if first_dose < 0 else dosed(first_dose - 0.5)
    series = answered(*((float(day), total) for day, total in enumerate(totals)))

    points = series_of(PHQ9, series, course, ())

    baseline = baseline_of([one.at for one in series], course.first_at)
    assert baseline == (min(first_dose, len(totals)) - 1 if first_dose > 0 else None)
    for place, (now, point) in enumerate(zip(totals, points, strict=True)):
        told = set(point.trends)
        if baseline is None or place <= baseline:
            assert point.since_baseline is None
            assert not told & {Trend.RESPONSE, Trend.REMISSION}
        else:
            first = totals[baseline]
            assert point.since_baseline == now - first
            most = response_at_most(PHQ9, first)
            assert (Trend.RESPONSE in told) is (most is not None and now <= most)
            assert (Trend.RESPONSE in told) is (first > 0 and first - now >= first / 2)
            assert (Trend.REMISSION in told) is (now < 5 <= first)
        if place:
            rise = now - totals[place - 1]
            is_severe = totals[place - 1] < 20 <= now
            assert (Trend.DETERIORATED in told) is (rise >= 5 or is_severe)
            assert (Trend.IMPROVED in told) is (rise <= -5)


def test_an_answer_that_is_missing_before_a_dose_breaks_the_line() -> None:
    totals = answered((0, 20), (20, 10), (23, 9))
    course = dosed(1, 11, 21)
    times = [one.at for one in totals]

    gaps = gaps_of(times, course, OUTCOME_RULES, lasts=timedelta(days=7), now=on(30))

    assert [(gap.code, gap.until) for gap in gaps] == [("before_dose", on(11))]
    points = series_of(PHQ9, totals, course, gaps)
    assert [point.follows_gap for point in points] == [False, True, False]


def test_windows_are_missed_once_they_are_over_and_not_before() -> None:
    course = dosed(1, 8, ended_on=8)
    times = [on(0), on(12)]

    def missing(day: float) -> list[str]:
        gaps = gaps_of(times, course, OUTCOME_RULES, lasts=None, now=on(day))
        return [gap.code for gap in gaps]

    assert missing(8 + 59) == []
    assert missing(8 + 60) == ["month_1"]
    assert missing(400) == ["month_1", "month_3", "month_6"]


def test_nothing_is_missed_where_there_is_nothing_to_compare_with() -> None:
    course = dosed(1, 8, ended_on=8)

    gaps = gaps_of([on(2)], course, OUTCOME_RULES, lasts=None, now=on(400))

    assert gaps == []


@given(
    st.lists(st.integers(0, 300), max_size=6, unique=True),
    st.integers(1, 400),
)
def test_no_window_has_both_an_answer_and_a_gap(days: list[int], now: int) -> None:
    times = sorted(on(day) for day in (0, *days))
    course = dosed(0.5, 20, ended_on=20)

    gaps = gaps_of(times, course, OUTCOME_RULES, lasts=None, now=on(now))

    for gap in gaps:
        assert gap.until <= on(now)
        assert not [at for at in times if gap.from_at <= at < gap.until]


def test_a_questionnaire_without_a_response_has_no_such_line() -> None:
    assert response_at_most(PCL5, 50) is None
    assert response_at_most(PHQ9, 0) is None
    assert response_at_most(PHQ9, 19) == 9


@pytest.mark.parametrize("bounds", [((1, 20), (19, 30)), ((5, 5),), ((9, 3),)])
def test_windows_that_overlap_or_are_empty_are_refused(
    bounds: tuple[tuple[int, int], ...],
) -> None:
    windows = tuple(
        Window(
            code=f"w{place}",
            opens_after=timedelta(days=opens),
            closes_after=timedelta(days=closes),
            source="A test",
        )
        for place, (opens, closes) in enumerate(bounds)
    )

    with pytest.raises(InvalidError) as refused:
        OutcomeRules(
            per_dose_within=timedelta(hours=24),
            small_count=10,
            source="A test",
            windows=windows,
        )

    assert refused.value.field == "windows"


def a_line(courses: int, count: int, of: int | None = None) -> Line:
    """A clinic with one figure."""
    figure = Figure(
        code=FigureCode.RESPONSE, count=count, of=courses if of is None else of
    )
    return Line(
        kind=LineKind.CLINIC, clinic_id=uuid7(), courses=courses, figures=(figure,)
    )


def test_small_counts_are_not_told() -> None:
    (figure,) = printed(a_line(30, 9), 10).figures
    (told,) = printed(a_line(30, 10), 10).figures

    assert (figure.count, figure.of, figure.percent) == (None, 30, None)
    assert (told.count, told.of, told.percent) == (10, 30, 33.3)


def test_nothing_is_told_of_few_patients_however_often_they_came() -> None:
    line = printed(a_line(9, 40, of=54), 10)

    assert line.courses is None
    assert (line.figures[0].count, line.figures[0].of) == (None, None)


def test_a_sum_adds_up_what_is_printed_and_nothing_else() -> None:
    lines = [a_line(30, 12), a_line(40, 9), a_line(20, 11)]

    *_, total = compared(lines, 10)

    assert total.kind is LineKind.SUM
    assert total.courses == 90
    assert (total.figures[0].count, total.figures[0].of) == (23, 50)


def test_small_clinics_are_told_together_if_that_says_nothing_of_one() -> None:
    alone = compared([a_line(30, 12), a_line(9, 9)], 10)
    together = compared([a_line(30, 12), a_line(9, 9), a_line(5, 3)], 10)
    full = compared([a_line(30, 12), a_line(9, 9), a_line(9, 9)], 10)

    assert [line.kind for line in alone] == ["clinic", "sum"]
    assert [(line.kind, line.courses) for line in together] == [
        ("clinic", 30),
        ("smaller", 14),
        ("sum", 44),
    ]
    assert [line.kind for line in full] == ["clinic", "sum"]


CLINIC = st.integers(0, 7).flatmap(
    lambda courses: st.tuples(st.just(courses), st.integers(0, courses))
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CLINIC, min_size=1, max_size=3))
def test_no_number_that_is_held_back_can_be_worked_out(
    clinics: list[tuple[int, int]],
) -> None:
    page = shown(clinics)

    others = [other for other in possible(clinics) if shown(other) == page]

    for place, (courses, count) in enumerate(clinics):
        figure = figure_of(clinics, place)
        if figure is None:
            assert any(other[place][0] != courses for other in others)
        if figure is None or figure.count is None:
            assert any(other[place][1] != count for other in others)


IDS = [uuid7() for _ in range(4)]


def table(clinics: Sequence[tuple[int, int]]) -> list[Line]:
    """The page of clinics with so many courses, of which so many responded."""
    lines = [
        replace(a_line(courses, count), clinic_id=clinic_id)
        for clinic_id, (courses, count) in zip(IDS, clinics, strict=False)
    ]
    return compared(lines, LEAST)


def shown(clinics: Sequence[tuple[int, int]]) -> list[tuple[object, ...]]:
    """Everything on the page."""
    return [
        (
            line.kind,
            line.clinic_id,
            line.clinics,
            line.courses,
            *((one.count, one.of, one.percent) for one in line.figures),
        )
        for line in table(clinics)
    ]


def figure_of(clinics: Sequence[tuple[int, int]], place: int) -> Figure | None:
    """The figure of a clinic that has a line of its own."""
    own = [line for line in table(clinics) if line.clinic_id == IDS[place]]
    return own[0].figures[0] if own else None


def possible(clinics: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    """Every table that whoever knows the rules has to reckon with."""
    small = [(courses, n) for courses in range(LEAST) for n in range(courses + 1)]
    yield from product(
        *(
            small
            if courses < LEAST
            else [(courses, count)]
            if count >= LEAST
            else [(courses, n) for n in range(LEAST)]
            for courses, count in clinics
        )
    )
