"""A document of headings, paragraphs and tables, as PDF.

The same paper is the same bytes, so that its hash can be checked by making it again.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parent / "fonts"
FAMILY = "paper"
MARGIN_MM = 20
BODY_PT, SMALL_PT, HEADING_PT, TITLE_PT = 10, 8, 12, 16
LINE = 1.45
"""The height of a line, in its type's size."""
MM_PER_PT = 0.3528


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under headings; every row has as many cells as there are headings."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Paragraphs and perhaps a table, perhaps under a heading."""

    paragraphs: Sequence[str] = ()
    heading: str | None = None
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a document says.

    Args:
        made_at: when it was made, an aware time; it is part of the document.
        foot: what stands at the foot of every page, beside its number.
    """

    title: str
    parts: Sequence[Part]
    made_at: datetime
    foot: str
    is_wide: bool = False


def pdf_of(paper: Paper) -> bytes:
    """The document as PDF, on A4 pages."""
    sheet = _sheet(paper)
    _say(sheet, paper.title, TITLE_PT, bold=True, after=4)
    for part in paper.parts:
        if part.heading:
            _say(sheet, part.heading, HEADING_PT, bold=True, after=1)
        for paragraph in part.paragraphs:
            _say(sheet, paragraph, BODY_PT)
        if part.table:
            _show(sheet, part.table)
    return bytes(sheet.output())


def _sheet(paper: Paper) -> "FPDF":
    """An empty first page; every page has the foot and its number."""
    # Only processes that make one pay for what it takes: memory, and half a second.
    from fpdf import FPDF

    # It tells of every table of a font that it leaves out.
    logging.getLogger("fontTools").setLevel(logging.WARNING)

    class Sheet(FPDF):
        """A page with a foot."""

        def footer(self) -> None:
            self.set_y(-15)
            self.set_font(FAMILY, size=SMALL_PT)
            self.set_text_color(90)
            self.cell(0, 5, paper.foot)
            self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")

    sheet = Sheet(orientation="landscape" if paper.is_wide else "portrait")
    sheet.add_font(FAMILY, fname=FONTS / "DejaVuSans.ttf")
    sheet.add_font(FAMILY, style="B", fname=FONTS / "DejaVuSans-Bold.ttf")
    sheet.set_creation_date(paper.made_at)
    sheet.set_title(paper.title)
    sheet.set_producer("KAP Network")
    sheet.set_margin(MARGIN_MM)
    sheet.set_auto_page_break(auto=True, margin=MARGIN_MM)
    sheet.add_page()
    return sheet


def _say(
    sheet: "FPDF", text: str, size: float, *, bold: bool = False, after: float = 2
) -> None:
    """A paragraph, with so many millimetres of space after it."""
    sheet.set_font(FAMILY, style="B" if bold else "", size=size)
    sheet.set_text_color(20)
    for line in _lines(sheet, text):
        sheet.cell(0, _height(size), line, new_x="LMARGIN", new_y="NEXT")
    sheet.ln(after)


def _lines(sheet: "FPDF", text: str) -> Iterator[str]:
    """A text in lines that fit on the page, in the font that is set.

    FPDF's own paragraphs measure a line anew with each character that joins it.
    """
    room = sheet.epw - 2 * sheet.c_margin
    width = cache(sheet.get_string_width)
    for paragraph in text.splitlines() or [""]:
        line, used = "", 0.0
        for word in paragraph.split(" "):
            needed = width(f" {word}") if line else width(word)
            if line and used + needed > room:
                yield line
                line, used, needed = "", 0.0, width(word)
            line, used = f"{line} {word}" if line else word, used + needed
            while used > room:
                fits = _fitting(line, room, width)
                yield line[:fits]
                line = line[fits:]
                used = width(line)
        yield line


def _fitting(word: str, room: float, width: Callable[[str], float]) -> int:
    """How many characters of a word that is too long for a line stand in one."""
    places = accumulate(width(character) for character in word)
    return max(1, sum(place <= room for place in places))


def _show(sheet: "FPDF", said: Table) -> None:
    from fpdf.fonts import FontFace

    sheet.set_font(FAMILY, size=SMALL_PT)
    bold = FontFace(emphasis="B")
    with sheet.table(
        headings_style=bold, line_height=_height(SMALL_PT), text_align="LEFT"
    ) as table:
        for cells in (said.headings, *said.rows):
            table.row(cells)
    sheet.ln(4)


def _height(size: float) -> float:
    """The height of a line of a size in points, in millimetres."""
    return size * LINE * MM_PER_PT
