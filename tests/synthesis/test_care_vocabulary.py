"""What a server is asked for before a load is all that the charts then hold."""

import pytest

from bridge.mapping.vocabulary import USES, vocabulary_of, vocabulary_with
from bridge.synthesis.care_vocabulary import care_meanings
from tests.lib.care_cohorts import care_cohort

COUNT = 500


@pytest.mark.parametrize("country", ["kenya", "india", "us"])
def test_every_code_of_a_chart_was_asked_for(country: str) -> None:
    """What is not asked for is not found, and would be left out of each load."""
    cohort = care_cohort(COUNT, seed=4, population=country)
    used = vocabulary_of(cohort.patients(range(1, COUNT + 1)))
    asked = vocabulary_with(care_meanings(country))
    missing = {role: set(used.meanings(role)) - set(asked.meanings(role)) for role in USES}
    assert {role: codes for role, codes in missing.items() if codes} == {}
    assert set(used.meanings("program"))
