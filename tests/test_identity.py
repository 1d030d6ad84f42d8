"""Uuids and check digits."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.identity import (
    MOD10_ALPHABET,
    MOD30_ALPHABET,
    NAMESPACE,
    check_digit,
    fingerprint,
    part_uuid,
    patient_uuids,
    reissue,
)


@pytest.mark.parametrize("whole", ["100000Y", "100001W", "10000A9", "1000XY2"])
def test_mod_30_check_digits_are_those_of_openmrs(whole: str) -> None:
    """The idgen module issued these."""
    assert check_digit(whole[:-1], MOD30_ALPHABET) == whole[-1]


def test_mod_10_is_the_check_digit_of_payment_cards() -> None:
    """The textbook example of Luhn's algorithm."""
    assert check_digit("7992739871", MOD10_ALPHABET) == "3"


@given(st.text(MOD30_ALPHABET, min_size=1, max_size=12), st.data())
def test_one_wrong_character_never_passes(base: str, data: st.DataObject) -> None:
    """What the check digit is for."""
    place = data.draw(st.integers(0, len(base) - 1))
    other = data.draw(st.sampled_from([c for c in MOD30_ALPHABET if c != base[place]]))
    wrong = base[:place] + other + base[place + 1 :]
    assert check_digit(base, MOD30_ALPHABET) != check_digit(wrong, MOD30_ALPHABET)


def test_a_character_outside_the_alphabet_is_an_error() -> None:
    """It is a fault of the caller."""
    with pytest.raises(ValueError, match="substring"):
        check_digit("10000O", MOD30_ALPHABET)


def test_the_uuids_of_parts_are_version_5_and_differ_by_owner_and_role() -> None:
    """Nothing two patients or two parts have is the same."""
    owners = [part_uuid(str(NAMESPACE), str(seed)) for seed in (1, 2)]
    made = [part_uuid(one, str(number)) for one in owners for number in range(1, 100)]
    made += [part_uuid(owner, role) for owner in list(made) for role in ("visit/0", "visit/1")]
    assert len(set(made)) == len(made)
    assert all(uuid.UUID(one).version == 5 for one in made)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    """It is taken of the content."""
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})


def test_a_patient_s_names_differ_by_cohort_and_number_and_not_by_how_many_are_wanted() -> None:
    """A patient with one visit more has the same uuids for the others."""
    cohorts = [fingerprint({"seed": seed}) for seed in (1, 2)]
    named = [patient_uuids(cohort, number, 5) for cohort in cohorts for number in range(1, 100)]
    uuids = {names[i : i + 16] for names in named for i in range(0, 96, 16)}
    assert len(uuids) == 6 * len(named)
    assert patient_uuids(cohorts[0], 1, 9)[:96] == named[0]


def test_generations_differ_and_the_first_is_the_original() -> None:
    """A voided uuid is never free again, so a later load takes the next generation."""
    original = part_uuid(str(NAMESPACE), "a")
    generations = [reissue(original, generation) for generation in range(4)]
    assert generations[0] == original
    assert len(set(generations)) == 4
