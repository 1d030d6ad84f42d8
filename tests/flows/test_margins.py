"""Whom a table is of, in groups large enough, and people drawn alike."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from bridge.flows.cells import FEWEST
from bridge.flows.margins import Groups, draw_conditions, group_people, groups_from, header_of
from bridge.flows.spec import Spec
from bridge.flows.table import as_frame, parse_table

SEX = {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]}
YEARS = {"kind": "age", "columns": {"age": "year"}, "oldest": 100}
MONTHS = {"kind": "age", "columns": {"age": "month"}, "oldest": 100}
TRIAGE = {"kind": "category", "columns": ["triage"], "levels": ["1", "2", "3"], "unknown": True}


def spec_of(**conditions: Mapping[str, Any]) -> Spec:
    return Spec.model_validate({"conditions": conditions, "outputs": {"x": {"columns": ["x"]}}})


def grouped(spec: Spec, seed: int = 0, **columns: Any) -> Groups:
    """The groups of a table of these columns."""
    table = parse_table(pd.DataFrame({**columns, "x": 1.0}), spec)
    return group_people(spec, table.placed(np.random.default_rng(seed)))


def drawn(spec: Spec, groups: Groups, count: int = 10_000, seed: int = 1) -> pd.DataFrame:
    """People drawn from groups, as `bridge sample` writes them."""
    conditions = draw_conditions(spec, groups, count, np.random.default_rng(seed))
    return as_frame(spec, conditions, np.zeros((count, 1))).drop(columns="x")


def clinic(count: int, seed: int = 0) -> dict[str, Any]:
    """More women, many children, few who are old: most sexes and years of age have one or two."""
    rng = np.random.default_rng(seed)
    female = rng.random(count) < 0.61
    child = rng.random(count) < np.where(female, 0.33, 0.5)
    age = np.where(child, rng.gamma(1.1, 6, count), 18 + rng.gamma(1.5, 14, count))
    return {"sex": np.where(female, "F", "M"), "age": np.floor(np.clip(age, 0, 99))}


@pytest.mark.parametrize("count", [100, 320, 600, 3_000])
def test_nobody_vanishes_who_is_one_of_few(count: int) -> None:
    """Of 600 rows only 48 of 136 groups were drawn, and a third of those over 40."""
    table = clinic(count)
    spec = spec_of(sex=SEX, age=YEARS)
    rows = drawn(spec, grouped(spec, **table))
    for sex in "FM":
        for low, high in ((0, 5), (5, 18), (18, 40), (40, 60), (60, 200)):
            real = (table["sex"] == sex) & (table["age"] >= low) & (table["age"] < high)
            made = (rows.sex == sex) & (rows.age >= low) & (rows.age < high)
            assert abs(made.mean() - real.mean()) < 3 * (real.mean() / count) ** 0.5 + 0.005
    assert ks_2samp(rows.age, table["age"], method="asymp").statistic < 1.0 / count**0.5


def test_infants_stay_in_a_table_by_months_and_triage() -> None:
    """Where every month and triage is a group of few."""
    rng = np.random.default_rng(3)
    months = np.where(
        rng.random(600) < 0.39, rng.integers(0, 24, 600), rng.integers(24, 900, 600)
    ).astype(float)
    triage = np.where(months < 24, rng.choice(["1", "2"], 600), rng.choice(["2", "3"], 600))
    spec = spec_of(age=MONTHS, triage=TRIAGE)
    rows = drawn(spec, grouped(spec, age=months, triage=triage))
    assert (rows.age < 24).mean() == pytest.approx((months < 24).mean(), abs=0.02)
    assert set(rows.triage[rows.age < 24]) == {"1", "2"}
    assert (rows.triage == "1").mean() == pytest.approx((triage == "1").mean(), abs=0.02)


def test_every_count_is_a_multiple_of_five_and_they_add_up() -> None:
    """So that no difference of two is of a person either."""
    groups = grouped(spec_of(sex=SEX, age=YEARS), **clinic(603))
    for counted in (*groups.margins, groups.boxes):
        counts = [group.people for group in counted]
        assert min(counts) >= FEWEST
        assert all(count % FEWEST == 0 for count in counts)
        assert sum(counts) == 605


def test_conditions_come_together_as_they_were() -> None:
    """A pregnant man is nobody's idea of a sample."""
    spec = spec_of(sex=SEX, age=YEARS)
    groups = grouped(spec, sex=np.repeat(["F", "M"], 500), age=np.repeat([20.0, 50.0], 500))
    rows = drawn(spec, groups, 1000)
    assert set(zip(rows.sex, rows.age, strict=True)) == {("F", 20.0), ("M", 50.0)}


def test_a_slip_of_the_pen_makes_no_pregnant_men() -> None:
    """Two of them among the women's 60 are too few for a group, and no reason for 30."""
    spec = spec_of(sex=SEX, pregnant={**SEX, "columns": ["pregnant"], "levels": ["no", "yes"]})
    sex = np.repeat(["F", "M"], 300)
    pregnant = np.where(np.arange(600) < 60, "yes", "no")
    pregnant[[400, 500]] = "yes"
    rows = drawn(spec, grouped(spec, sex=sex, pregnant=pregnant))
    assert not ((rows.sex == "M") & (rows.pregnant == "yes")).any()
    assert (rows.pregnant == "yes").mean() == pytest.approx(0.1, abs=0.01)


def test_two_old_people_among_students_are_no_reason_for_all_ages_between() -> None:
    """They are counted with the nearest: a group would be theirs alone, or of everybody."""
    spec = spec_of(age=YEARS)
    rows = drawn(spec, grouped(spec, age=np.array([20.0] * 300 + [60.0, 75.0])))
    assert set(rows.age) == {20.0}


def test_small_heaps_far_from_each_other_do_not_all_vanish() -> None:
    """Four people each are no group, but sixteen are."""
    spec = spec_of(age=YEARS)
    age = np.array([80.0] * 300 + [10.0, 30.0, 50.0, 70.0] * 4)
    rows = drawn(spec, grouped(spec, age=age))
    assert (rows.age < 80).mean() == pytest.approx(16 / 316, abs=0.015)


def test_rare_levels_are_drawn_alike_and_one_alone_is_not() -> None:
    """Nobody is told that a ward had 3 people and another 4."""
    spec = spec_of(ward={"kind": "category", "columns": ["ward"], "levels": list("ABCD")})
    ward = np.array(["A"] * 200 + ["B"] * 3 + ["C"] * 4)
    shares = drawn(spec, grouped(spec, ward=ward)).ward.value_counts(normalize=True)
    assert shares["B"] == pytest.approx(shares["C"], abs=0.002)
    assert shares["B"] == pytest.approx(3.5 / 207, abs=0.01)
    assert "D" not in shares
    assert set(drawn(spec, grouped(spec, ward=ward[:203])).ward) == {"A"}


def test_infants_known_by_year_are_of_all_months() -> None:
    """They were all drawn as newborns, and weighed like them."""
    spec = spec_of(age=YEARS)
    groups = grouped(spec, age=np.repeat([0.0, 30.0], 200))
    months = draw_conditions(spec, groups, 2_000, np.random.default_rng(0))["age"]
    assert np.median(months[months < 12]) == pytest.approx(6, abs=0.5)


def test_all_who_are_older_are_of_one_age() -> None:
    """A table by months has them all in one: a classifier would know those spread over a year."""
    spec = spec_of(age={**MONTHS, "oldest": 80})
    rows = drawn(spec, grouped(spec, age=np.repeat([30.0, 1000.0], 200)))
    assert set(rows.age[rows.age > 40]) == {960.0}


def test_newborns_known_by_day_are_not_spread_over_their_month() -> None:
    """Most of a neonatal ward is in its first days."""
    spec = spec_of(age={"kind": "age", "columns": {"age": "day"}, "oldest": 1})
    days = np.floor(np.random.default_rng(2).gamma(1, 2, 500))
    assert drawn(spec, grouped(spec, age=days)).age.mean() == pytest.approx(days.mean(), abs=0.3)


@pytest.mark.parametrize("step", [1.0, 0.5, None])
def test_a_skewed_number_keeps_its_shape_and_its_grid(step: float | None) -> None:
    """Even cells would put nearly all incomes into the first one."""
    income = np.random.default_rng(4).lognormal(3, 2, 800)
    income = np.round(income / step) * step if step else income
    if step:
        income[:200] = 0
    spec = spec_of(
        income={"kind": "number", "columns": ["income"], "low": 0, "high": float(income.max())}
    )
    rows = drawn(spec, grouped(spec, income=income))
    assert ks_2samp(rows.income, income, method="asymp").statistic < 0.05
    if step:
        assert np.allclose(rows.income % step, 0)
        assert (rows.income == 0).mean() == pytest.approx((income == 0).mean(), abs=0.02)


def test_as_many_are_drawn_of_each_as_their_share_is() -> None:
    """Dice would add as much chance again as the table had."""
    spec = spec_of(sex=SEX, age=YEARS)
    groups = grouped(spec, **clinic(600))
    women = [(drawn(spec, groups, 600, seed).sex == "F").sum() for seed in range(20)]
    assert np.std(women) < 3  # of dice 12


def test_groups_are_written_and_read_back() -> None:
    """As JSON in a checkpoint's header."""
    spec = spec_of(sex=SEX, age=MONTHS, triage=TRIAGE)
    table = {**clinic(400), "triage": np.resize(["1", None, "3", "3"], 400)}
    groups = grouped(spec, **table)
    again = groups_from(json.loads(json.dumps(header_of(groups))), spec)
    assert (again.boxes, again.margins) == (groups.boxes, groups.margins)
    assert drawn(spec, again).equals(drawn(spec, groups))


@pytest.mark.parametrize("runs", [[[[0, 2]]], [[[-1, 0]]], [[]], []])
def test_groups_outside_their_conditions_are_refused(runs: Any) -> None:
    """Such a file is damaged."""
    spec = spec_of(sex=SEX)
    header = header_of(grouped(spec, sex=np.repeat(["F", "M"], 50)))
    with pytest.raises((ValueError, LookupError)):
        groups_from({**header, "boxes": [[runs, 5]]}, spec)


def test_groups_of_models_that_are_out_there_are_still_read() -> None:
    """Format 3 wrote single cells: months up to two years, then years; -1 for unknown."""
    spec = spec_of(sex=SEX, age=YEARS, triage=TRIAGE)
    rows = drawn(spec, groups_from([[0, 24, -1, 30], [1, 63, 2, 10]], spec), 400)
    assert rows.value_counts(dropna=False).to_dict() == {
        ("F", 2.0, ""): 300,
        ("M", 41.0, "3"): 100,
    }


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Tables of 100 to 600 people: any shares of a category, any heaps of ages, any dependence."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(100, 600))
    shares = rng.dirichlet(np.full(3, draw(st.sampled_from([0.2, 1.0, 5.0]))))
    triage = rng.choice(["1", "2", "3"], count, p=shares)
    centre = rng.choice(draw(st.sampled_from([[5.0], [2.0, 60.0], [0.0, 30.0, 90.0]])), count)
    spread = draw(st.sampled_from([0.5, 5.0, 20.0]))
    lean = draw(st.sampled_from([0.0, 15.0, 40.0])) * (triage == "1")
    age = np.floor(np.clip(np.abs(rng.normal(centre + lean, spread)), 0, 99))
    sex = np.where(rng.random(count) < draw(st.sampled_from([0.5, 0.9])), "F", "M")
    return {"sex": sex, "age": age, "triage": triage}


@settings(max_examples=40, deadline=None)
@given(table=tables())
def test_each_condition_and_each_two_are_drawn_within_sampling_error(table: dict[str, Any]) -> None:
    """Whatever the table: nothing vanishes, nothing comes up, but by what is rounded off."""
    spec = spec_of(sex=SEX, age=YEARS, triage=TRIAGE)
    groups = grouped(spec, **table)
    rows, real = drawn(spec, groups, 5_000), pd.DataFrame(table)
    count = len(real)
    assert abs(sum(box.people for box in groups.boxes) - count) < FEWEST
    assert min(group.people for some in (*groups.margins, groups.boxes) for group in some) >= FEWEST
    apart = ks_2samp(rows.age, real.age, method="asymp").statistic
    assert apart < 1.63 / count**0.5 + FEWEST / count
    cut = real.age.median()
    for frame in (rows, real):
        frame["old"] = np.where(frame.age > cut, "old", "young")
    for names in (["sex"], ["triage"], ["sex", "triage"], ["sex", "old"], ["triage", "old"]):
        made, wanted = (frame.value_counts(names, normalize=True) for frame in (rows, real))
        for one in made.index.union(wanted.index):
            share = wanted.get(one, 0.0)
            error = (share * (1 - share) / count) ** 0.5
            assert abs(made.get(one, 0.0) - share) < 3 * error + 2 * FEWEST / count
