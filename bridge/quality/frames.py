"""Two or three tables of people, read and made comparable: columns of numbers, kinds, grids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.flows.conditions import DAYS_PER_MONTH, USUAL, is_given
from bridge.flows.inference import (
    as_words,
    find_step,
    is_category,
    is_number,
    not_a_measurement,
    word_order,
)
from bridge.flows.spec import Spec
from bridge.flows.table import load_table
from bridge.tables.frames import ReadTable, read_table

Kind = Literal["number", "category"]

AGES: Final[Mapping[str, float]] = {
    "age_months": 12.0,
    "age_years": 1.0,
    "age": 1.0,
    "age_days": 12 * DAYS_PER_MONTH,
}
"""Columns of ages, the finest first that files usually have, and how many of a unit a year has."""

SEXES: Final = ("sex", "gender")

FEWEST_ROWS: Final = 100


class ComparedColumn(NamedTuple):
    """A column that all tables have.

    `step` is the grid that the real values of a number lie on, if they do; `levels` are the
    words that the codes 0, 1, ... of a category stand for.
    """

    name: str
    kind: Kind
    condition: bool
    step: float | None = None
    levels: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Tell whether more of it means something: a number, a grade, one of two levels."""
        if self.kind == "number" or len(self.levels) == 2:
            return True
        return all(np.isfinite(word_order(level)[0]) for level in self.levels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Comparable tables: the columns of `columns`, float64, NaN where a value is missing.

    `left_out` gives the reason for each column that is not compared.
    """

    real: pd.DataFrame
    synthetic: pd.DataFrame
    train: pd.DataFrame | None
    columns: tuple[ComparedColumn, ...]
    left_out: Mapping[str, str]

    @property
    def conditions(self) -> list[str]:
        """Name the columns that describe who was measured."""
        return [column.name for column in self.columns if column.condition]

    @property
    def columns_given(self) -> list[ComparedColumn]:
        """Return the columns that describe who was measured."""
        return [column for column in self.columns if column.condition]

    @property
    def outputs(self) -> list[str]:
        """Name the columns that were measured."""
        return [column.name for column in self.columns if not column.condition]


def load_frame(path: Path, spec: Spec | None = None, *, seed: int = 0) -> ReadTable:
    """Read a table, or the vitals of a folder that `bridge generate` wrote.

    With a spec its columns are read as it says, and rows that it cannot use are left out; ages
    that are known in years are then spread over the year, at random.
    """
    place = _vitals(path) if path.is_dir() else path
    if spec is None:
        return read_table(place)
    table = load_table([place], spec)
    lost = (f"{count:,} rows left out, {reason}" for reason, count in table.left_out.items())
    frame = table.frame(np.random.default_rng(seed))
    return ReadTable(frame=frame, notes=(*table.notes, *lost))


def _vitals(folder: Path) -> Path:
    for name in ("vitals.csv", "vitals.parquet"):
        if (folder / name).exists():
            return folder / name
    raise InputError("has no vitals.csv or vitals.parquet of `bridge generate`", place=folder)


def comparable(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    train: pd.DataFrame | None = None,
    *,
    conditions: Sequence[str] = USUAL,
) -> Samples:
    """Find the columns that the tables share and turn them into numbers.

    Raises InputError where a table has too few rows or nothing is common to all.
    """
    tables = {"real": real, "synthetic": synthetic} | (
        {"train": train} if train is not None else {}
    )
    _check_rows(tables)
    frames = list(tables.values())
    left_out = {name: f"not in the {of} table" for of, name in _not_shared(tables)}
    columns: list[ComparedColumn] = []
    for name in (str(name) for name in real.columns if str(name) not in left_out):
        series = [frame[name] for frame in frames]
        reason = _other_kind(series) or not_a_measurement(name, real[name]) or _empty(series)
        if reason:
            left_out[name] = reason
        else:
            columns.append(_column(name, [f[name] for f in frames], is_given(name, conditions)))
    if all(column.condition for column in columns):
        raise InputError(
            "the tables have no measurement in common (real: "
            f"{_names(real)}; synthetic: {_names(synthetic)}); give the same columns the same names"
        )
    coded = [_coded(frame, columns) for frame in frames]
    return Samples(
        real=coded[0],
        synthetic=coded[1],
        train=coded[2] if len(coded) > 2 else None,
        columns=tuple(columns),
        left_out=left_out,
    )


def _check_rows(tables: Mapping[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        if len(table) < FEWEST_ROWS:
            raise InputError(
                f"the {name} table has {len(table)} rows; a comparison needs {FEWEST_ROWS}, "
                "the two-sample test of a group 200, and 1,000 or more say something"
            )


def _not_shared(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    named = {str(name) for table in tables.values() for name in table.columns}
    return [
        (of, name)
        for name in sorted(named)
        for of, table in reversed(list(tables.items()))
        if name not in table.columns
    ]


def _names(table: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in table.columns[:12])


def _other_kind(series: Sequence[pd.Series]) -> str | None:
    """Say that a column is of numbers in one table and of words in another."""
    if len({is_number(one) for one in series if one.notna().any()}) < 2:
        return None
    kinds = ("numbers", "text") if is_number(series[0]) else ("text", "numbers")
    return f"is {kinds[0]} in the real table and {kinds[1]} in another"


def _empty(series: Sequence[pd.Series]) -> str | None:
    return "has no values in one of the tables" if any(one.isna().all() for one in series) else None


def _column(name: str, series: Sequence[pd.Series], condition: bool) -> ComparedColumn:
    if all(is_number(one) for one in series) and not is_category(series[0]):
        values = series[0].to_numpy(np.float64, na_value=np.nan)
        return ComparedColumn(name, "number", condition, find_step(values))
    words = {word for one in series for word in as_words(one).dropna().unique()}
    return ComparedColumn(name, "category", condition, levels=tuple(sorted(words, key=word_order)))


def _coded(frame: pd.DataFrame, columns: Sequence[ComparedColumn]) -> pd.DataFrame:
    """Turn a table into float64 columns."""
    coded = {}
    for column in columns:
        if column.kind == "number":
            values = frame[column.name].to_numpy(np.float64, na_value=np.nan)
            coded[column.name] = np.where(np.isfinite(values), values, np.nan)
        else:
            codes = {word: float(code) for code, word in enumerate(column.levels)}
            words = as_words(frame[column.name])
            coded[column.name] = words.map(codes).to_numpy(np.float64, na_value=np.nan)
    return pd.DataFrame(coded)


def snapped(frame: pd.DataFrame, columns: Sequence[ComparedColumn]) -> pd.DataFrame:
    """Round the measured numbers of a table to the grid of the real ones."""
    rounded = {
        column.name: np.round(frame[column.name] / column.step) * column.step
        for column in columns
        if column.step and not column.condition
    }
    return frame.assign(**rounded)


def age_years(frame: pd.DataFrame) -> Floats | None:
    """Return the ages in years, if a table of Samples has them as numbers."""
    name = next((name for name in AGES if name in frame), None)
    return None if name is None else frame[name].to_numpy(np.float64) / AGES[name]
