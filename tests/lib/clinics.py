"""Made-up tables of a clinic's people: who came, without what was measured but a column of ones."""

import numpy as np
import pandas as pd

from bridge.flows.spec import Spec

SEX = {"kind": "category", "columns": ["sex"], "levels": ["F", "M"]}
YEARS = {"kind": "age", "columns": {"age": "year"}, "oldest": 100}
MONTHS = {"kind": "age", "columns": {"age": "month"}, "oldest": 100}
TRIAGE = {"kind": "category", "columns": ["triage"], "levels": ["1", "2", "3", "4", "5"]}


def spec_of(**conditions: object) -> Spec:
    """Return a spec of these conditions and one output."""
    return Spec.model_validate({"conditions": conditions, "outputs": {"x": {"columns": ["x"]}}})


BY_YEARS = spec_of(sex=SEX, age=YEARS)
BY_MONTHS = spec_of(sex=SEX, age=MONTHS, triage=TRIAGE)


def by_years(count: int, seed: int) -> pd.DataFrame:
    """Return sexes and years of age: more women, many children, some who round their age to 5."""
    rng = np.random.default_rng(seed)
    female = rng.random(count) < 0.61
    child = rng.random(count) < np.where(female, 0.33, 0.45)
    grown = 18 + np.where(female, rng.gamma(1.3, 14, count), rng.gamma(2, 14, count))
    age = np.clip(np.where(child, rng.gamma(1.1, 6, count), grown), 0, 95)
    rounded = (rng.random(count) < 0.2) & (age > 20)
    age = np.where(rounded, np.round(age / 5) * 5, np.floor(age))
    return pd.DataFrame({"sex": np.where(female, "F", "M"), "age": age, "x": 1.0})


def by_months(count: int, seed: int) -> pd.DataFrame:
    """Return sexes, months of age and triage: a third of them infants, who are more urgent."""
    rng = np.random.default_rng([seed, 1])
    table = by_years(count, seed)
    infant = rng.random(count) < 0.3
    older = table.age * 12 + rng.integers(0, 12, count)
    months = np.where(infant, np.floor(rng.gamma(1.2, 8, count)), older)
    urgent = rng.choice(5, count, p=[0.05, 0.25, 0.4, 0.25, 0.05])
    usual = rng.choice(5, count, p=[0.02, 0.1, 0.35, 0.4, 0.13])
    triage = np.where(months < 24, urgent, usual) + 1
    return table.assign(age=months, triage=triage.astype(str))
