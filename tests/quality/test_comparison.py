"""The comparison: one split, all measured alike, and said what cannot be said."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bridge.__main__ import run
from bridge.errors import InputError
from bridge.quality.baselines.copula import GaussianCopula
from bridge.quality.baselines.generator import FittedGenerator, Generator
from bridge.quality.baselines.independent import IndependentColumns
from bridge.quality.comparison import REAL, Comparison, compare, split
from bridge.quality.comparison_report import comparison_figures, render_comparison, table
from bridge.quality.frames import ComparedColumn
from bridge.quality.labels import plain


def people(count: int = 1_500) -> pd.DataFrame:
    """Heavier where taller, r .8; one in ten without a weight."""
    rng = np.random.default_rng(3)
    tall, heavy = rng.standard_normal((2, count))
    weight = np.round(70 + 10 * (0.8 * tall + 0.6 * heavy), 1)
    return pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], count),
            "age_years": rng.integers(20, 80, count),
            "height_cm": np.round(168 + 7 * tall, 1),
            "weight_kg": np.where(rng.random(count) < 0.1, np.nan, weight),
        }
    )


@dataclass(frozen=True)
class Refusing:
    """A generator that this table is nothing for."""

    name: str = "refusing"

    def fit(
        self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int
    ) -> FittedGenerator:
        raise InputError("needs a column of colours")


SPEC = """
conditions:
  age: {kind: age, columns: {age_years: year}}
outputs:
  tall_cm: {columns: [height_cm], step: 0.1, decimals: 1}
"""

GENERATORS: tuple[Generator, ...] = (GaussianCopula(), IndependentColumns(), Refusing())


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(people(), GENERATORS, seed=1, clock=itertools.count(0.0, 6.0).__next__)


def test_the_parts_are_complete_rows_and_nobody_is_in_two() -> None:
    frame = people()
    parts = split(frame.assign(nobody_else=np.random.default_rng(0).random(len(frame))), seed=1)
    everyone = pd.concat([parts.train, parts.test, parts.second])
    assert everyone["nobody_else"].is_unique
    assert not everyone.isna().any().any()
    assert len(everyone) == frame["weight_kg"].notna().sum()
    assert len(parts.test) == len(parts.second) == len(everyone) // 5
    assert parts.incomplete == {"weight_kg": frame["weight_kg"].isna().sum()}


def test_too_few_complete_rows_say_which_column_costs_most() -> None:
    frame = people().assign(cholesterol=lambda f: f["height_cm"].where(f.index < 900))
    with pytest.raises(InputError, match=r"needs 1,000; 600 have no cholesterol, so leave it"):
        split(frame, seed=1)


def test_real_people_are_the_floor_and_the_better_generator_is_nearer_to_it(
    found: Comparison,
) -> None:
    floor, copula, independent = found.results
    assert floor.name == REAL
    assert floor.area == pytest.approx(0.5, abs=0.06)
    assert copula.area == pytest.approx(0.5, abs=0.07)
    assert independent.area > 0.65
    assert independent.gaps[1] == pytest.approx(0.8, abs=0.15)
    assert copula.gaps[1] < 0.2


def test_height_and_weight_are_given_as_the_first_study_gives_them(found: Comparison) -> None:
    assert found.real is not None
    assert found.real.height == pytest.approx((168, 7), abs=1)
    assert found.real.correlation == pytest.approx(0.8, abs=0.06)
    copula, independent = (one.body for one in found.results[1:])
    assert copula is not None and independent is not None
    assert copula.correlation == pytest.approx(0.8, abs=0.06)
    assert independent.correlation == pytest.approx(0, abs=0.15)


def test_learning_is_timed_and_a_second_sample_learns_nothing(found: Comparison) -> None:
    assert [one.seconds for one in found.results] == [None, 2.0, 2.0]


def test_each_generator_learns_by_several_seeds_and_the_range_is_shown(found: Comparison) -> None:
    """A lucky fit must not stand for a generator."""
    seeds: list[int] = []

    class Noted(IndependentColumns):
        def fit(
            self, frame: pd.DataFrame, columns: tuple[ComparedColumn, ...], seed: int
        ) -> FittedGenerator:
            seeds.append(seed)
            return super().fit(frame, columns, seed)

    compare(people(), [Noted()], seed=5, fits=2, clock=itertools.count(0.0).__next__)
    assert seeds == [5, 6]
    _, rows = table(found)
    for one, row in zip(found.results, rows, strict=True):
        assert len(one.areas) == 3
        assert row[2] == f"{plain(min(one.areas))} {plain(max(one.areas))}"


def test_a_generator_that_cannot_learn_the_table_is_named_with_its_reason(
    found: Comparison,
) -> None:
    assert found.failed == {"refusing": "needs a column of colours"}
    assert "needs a column of colours" in render_comparison(found, "made.csv")


def test_the_report_has_all_rows_says_what_is_published_and_what_is_little(
    found: Comparison,
) -> None:
    page = render_comparison(found, "made.csv")
    assert all(f"<td>{one.name}</td>" in page for one in found.results)
    assert "published: flow" in page and "0.042" in page and "0.066" in page
    assert "rows are little" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_figures_can_be_read_by_scripts(found: Comparison) -> None:
    figures = json.loads(json.dumps(comparison_figures(found, "made.csv"), allow_nan=False))
    assert [one["name"] for one in figures["generators"]] == [one.name for one in found.results]
    assert figures["generators"][0]["area"] == found.results[0].area
    assert figures["rows"]["file"] == 1_500


def test_the_short_table_has_a_cell_for_every_head(found: Comparison) -> None:
    heads, rows = table(found)
    assert {len(row) for row in rows} == {len(heads)}


def test_a_column_that_most_people_lack_costs_no_rows() -> None:
    """A head is measured in babies only, and no baby has a blood pressure."""
    frame = people().assign(head_circ_cm=lambda f: f["height_cm"].where(f.index < 300))
    parts = split(frame, seed=1)
    assert parts.left_out == {"head_circ_cm": "has no value in 1,200 of 1,500 rows"}
    assert "head_circ_cm" not in parts.train


def test_the_command_writes_the_report_and_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bridge.quality.comparison.all_generators", lambda spec: GENERATORS[1:2])
    people().to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    flags = ["--data", str(tmp_path / "people.csv"), "--out", str(tmp_path / "report.html")]
    assert run(["compare", *flags, "--spec", str(tmp_path / "spec.yaml"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["columns"] == ["age", "tall_cm"]
    assert "tall" in (tmp_path / "report.html").read_text(encoding="utf-8")
