"""What a pack says of the ledger, and that older packs go on without saying it."""

from datetime import timedelta

import pytest

from shared.errors import InvalidError
from shared.rulepack import BASE, Form, load_pack, read_clinic_pack

HEAD = f"""
version = "fictional-1"
title = "x"
source = "x"
extends = "{BASE}"

[alerts]
respond_within = "60 s"
"""
SIGNED_BEFORE = "96a2ccf1b222e21ff39640aecac9259bfbc28ab42a080642de34990c946fa956"
"""The digest this pack was signed as before packs said anything of the ledger."""


def test_a_pack_that_was_signed_before_the_ledger_is_still_what_was_signed() -> None:
    read = read_clinic_pack(HEAD)

    assert read.digest == SIGNED_BEFORE
    assert read.pack.ledger == load_pack().ledger


def test_a_pack_that_says_something_of_the_ledger_signs_it() -> None:
    said = '[ledger]\ndiscrepancy_due_after = "4 h"\n'

    read = read_clinic_pack(HEAD + said)

    assert read.pack.ledger.discrepancy_due_after == timedelta(hours=4)
    assert read.digest != SIGNED_BEFORE


@pytest.mark.parametrize(
    ("form", "content_ug", "tolerance_ug"),
    [
        (Form.VIAL, 500_000, 10_000),
        (Form.VIAL, 49, 0),
        (Form.DEVICE, 28_000, 0),
    ],
)
def test_the_tolerance_is_of_the_content_in_whole_micrograms(
    form: Form, content_ug: int, tolerance_ug: int
) -> None:
    assert load_pack().ledger.tolerance_ug(form, content_ug) == tolerance_ug


@pytest.mark.parametrize(
    "said",
    [
        "loss_notice_business_days = 0",
        "[ledger.tolerance_percent]\nvial = 100.0",
        "[ledger.tolerance_percent]\nvial = -1.0",
    ],
)
def test_a_tolerance_or_a_clock_that_makes_no_sense_is_refused(said: str) -> None:
    with pytest.raises(InvalidError, match="ledger"):
        read_clinic_pack(f"{HEAD}\n[ledger]\n{said}\n")
