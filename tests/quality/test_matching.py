"""Who is held against whom."""

import numpy as np
import pytest

from bridge.errors import InputError
from bridge.quality.frames import comparable
from bridge.quality.matching import Trial, trials
from tests.quality.people import people


def _one(*tables: object, **options: object) -> Trial:
    return trials(comparable(*tables, **options), seed=3, repeats=1)[0]  # type: ignore[arg-type]


def test_pairs_agree_on_who_was_measured_and_nobody_is_used_twice() -> None:
    """A classifier learns repeats, and tells ages apart."""
    trial = _one(people(600, seed=1), people(700, seed=2), people(900, seed=3))
    assert 450 < len(trial.real) <= 600
    assert (trial.real.sex == trial.synthetic.sex).all()
    assert (trial.real.sex == trial.other.sex).all()
    for frame in (trial.synthetic, trial.other):
        assert (frame.age_months - trial.real.age_months).abs().max() <= 0.02 * 936 + 5
        assert not frame.duplicated().any()


def test_rows_that_are_pairs_already_stay_so() -> None:
    """As `bridge generate --people` writes them."""
    real = people(600, seed=1)
    trial = _one(real, real.assign(pulse_bpm=real.pulse_bpm + 1000))
    assert 200 < len(trial.real) <= 300
    assert (trial.synthetic.pulse_bpm - trial.real.pulse_bpm == 1000).all()


def test_without_a_train_table_one_half_is_held_against_the_other() -> None:
    """Nobody is in both."""
    real = people(600, seed=1)
    real["own"] = np.random.default_rng(0).random(600)
    trial = _one(real, real.assign(own=0.5))
    assert not set(trial.real.own) & set(trial.other.own)
    assert set(trial.real.own) | set(trial.other.own) <= set(real.own)


def test_a_value_that_one_lacks_is_taken_from_all_three() -> None:
    """Real people miss an examination, synthetic ones do not: that is not what is tested."""
    real = people(600, seed=1)
    real.loc[real.index % 3 == 0, "sbp_mmhg"] = np.nan
    trial = _one(real, people(600, seed=2), people(600, seed=3))
    gaps = [frame.sbp_mmhg.isna() for frame in trial[:3]]
    assert 0.2 < gaps[0].mean() < 0.5
    assert (gaps[0] == gaps[1]).all()
    assert (gaps[0] == gaps[2]).all()


def test_without_conditions_rows_come_as_they_are() -> None:
    """Any table can be compared."""
    trial = _one(people(400, seed=1), people(300, seed=2), conditions=())
    assert not trial.paired
    assert len(trial.real) == 200


def test_a_person_whose_age_nobody_has_is_left_out() -> None:
    """Rather than held against another age."""
    young, old = people(400, seed=1), people(400, seed=2)
    trial = _one(young[young.age_months < 400], old[old.age_months > 300], young)
    assert len(trial.real) > 0
    assert trial.real.age_months.min() >= 280
    assert trial.offered == (young.age_months < 400).sum()


def test_tables_that_write_the_sexes_otherwise_are_refused() -> None:
    """Nobody would be compared with anybody."""
    real = people(300, seed=1)
    other = real.assign(sex=real.sex.map({"F": "female", "M": "male"}))
    with pytest.raises(InputError, match=r"write them alike in all \(sex: F, M, female, male"):
        _one(real, other)
