"""A document as PDF says what it was given, whole and the same each time."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfReader

from shared.paper import Paper, Part, Table, pdf_of

SENTENCE = "Someone sits with you for as long as it lasts."
PAPER = Paper(
    title="A fictional consent",
    parts=[
        Part(heading="What happens", paragraphs=[" ".join([SENTENCE] * 60)] * 3),
        Part(table=Table(headings=["mg", "route"], rows=[["60.000", "im"]])),
    ],
    made_at=datetime(2026, 3, 2, tzinfo=UTC),
    foot="Fictional Harbour Clinic",
)


def pages(paper: Paper) -> list[str]:
    """What stands on each page."""
    reader = PdfReader(BytesIO(pdf_of(paper)))
    return [page.extract_text() for page in reader.pages]


def said(*paragraphs: str) -> list[str]:
    """The lines of a page with these paragraphs alone, between title and foot."""
    (page,) = pages(replace(PAPER, parts=[Part(paragraphs=paragraphs)]))
    return page.splitlines()[1:-1]


def test_a_long_text_goes_on_over_pages_and_loses_nothing() -> None:
    first, last = found = pages(PAPER)

    assert len(found) == 2
    assert first.startswith("A fictional consent\nWhat happens\n")
    assert " ".join("".join(found).split()).count(SENTENCE[:20]) == 180
    assert "60.000" in last
    assert [f"{n} / 2" in page for n, page in enumerate(found, 1)] == [True] * 2
    assert all("Fictional Harbour Clinic" in page for page in found)


def test_a_line_ends_between_words_and_where_the_text_says_so() -> None:
    lines = said(" ".join([SENTENCE] * 6) + "\nThen you rest.")

    assert lines[-1].strip() == "Then you rest."
    assert " ".join(line.strip() for line in lines[:-1]) == " ".join([SENTENCE] * 6)
    assert max(map(len, lines)) < 120


def test_a_word_that_is_longer_than_a_line_goes_on_in_the_next() -> None:
    lines = said(f"See {'m' * 200} there.")

    assert "".join(lines).count("m") == 200
    assert lines[-1].strip().endswith("m there.")
    assert len({len(line) for line in lines[1:-1]}) == 1


def test_the_same_paper_is_the_same_bytes() -> None:
    assert pdf_of(PAPER) == pdf_of(PAPER)
    assert pdf_of(PAPER) != pdf_of(replace(PAPER, foot="Another"))
