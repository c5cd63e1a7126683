"""The light of a dim room: little of it, and still enough to read a number by."""

import re

import pytest

from services.console.assets import FOLDER

READABLE = 4.5
"""The contrast that WCAG 2.2 asks of text at level AA."""

COLOURS = dict(
    re.findall(r"--([a-z-]+): #([0-9a-f]{6});", (FOLDER / "light.css").read_text())
)


def luminance(colour: str) -> float:
    """As WCAG defines it."""
    parts = [int(COLOURS[colour][n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return sum(
        weight * part
        for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        *(
            (text, behind)
            for text in ("text", "soft", "link", "brand")
            for behind in ("page", "surface", "sunken")
        ),
        *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info", "quiet")),
        *((tone, "surface") for tone in ("good", "warn", "bad")),
        ("brand-text", "brand"),
        ("brand", "brand-soft"),
        ("surface", "bad"),
    ],
)
def test_low_light_can_be_read(text: str, behind: str) -> None:
    lighter, darker = sorted((luminance(text), luminance(behind)), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= READABLE


def test_low_light_is_dim() -> None:
    assert luminance("page") < 0.005
    assert max(map(luminance, COLOURS)) < 0.6
