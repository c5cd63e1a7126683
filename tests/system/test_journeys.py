"""Every journey of the demonstration, on memory and on real servers."""

import pytest

from cli.demo.days import DAYS, Journey
from tests.system.conftest import World

JOURNEYS = {journey.name: journey for day in DAYS for journey in day}


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_a_journey_ends_as_told_and_all_is_heard_once(
    world: World, journey: Journey
) -> None:
    patient = world.patient()
    taken: list[str] = []

    journey.play(world.clinic, patient, taken.append)

    assert taken
    world.assert_all_heard_once()
