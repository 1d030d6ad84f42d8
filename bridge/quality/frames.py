"""Two or three tables of people, read and made comparable: columns of numbers, kinds, grids."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.errors import InputError, MissingExtra

Floats = NDArray[np.float64]
Kind = Literal["number", "category"]

CONDITIONS: Final = ("sex", "age_months", "age_years", "immediacy")
FEWEST_ROWS: Final = 100
MOST_LEVELS: Final = 50
ON_GRID: Final = 0.995
"""The share of real values that must lie on a grid; the rest are slips and conversions."""

_FEW_NUMBERS = 10
"""A whole number with no more distinct values than this is a code or a grade, not a measurement."""
_STEPS = sorted((n * 10.0**e for n in (1, 2, 5) for e in range(-4, 3)), reverse=True)
_IDENTIFIER = re.compile(r"(^|_)(id|uuid|seqn|identifier|mrn)$", re.IGNORECASE)
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}([T ].*)?$")


class Column(NamedTuple):
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
        return all(np.isfinite(_order(level)[0]) for level in self.levels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Comparable tables: the columns of `columns`, float64, NaN where a value is missing.

    `left_out` gives the reason for each column that is not compared.
    """

    real: pd.DataFrame
    synthetic: pd.DataFrame
    train: pd.DataFrame | None
    columns: tuple[Column, ...]
    left_out: Mapping[str, str]

    @property
    def conditions(self) -> list[str]:
        """Name the columns that describe who was measured."""
        return [column.name for column in self.columns if column.condition]

    @property
    def outputs(self) -> list[str]:
        """Name the columns that were measured."""
        return [column.name for column in self.columns if not column.condition]


def load_frame(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet file, or the vitals of a folder that `bridge generate` wrote."""
    place = _vitals(path) if path.is_dir() else path
    try:
        if place.suffix == ".parquet":
            return pd.read_parquet(place)
        return pd.read_csv(place, low_memory=False)
    except ImportError as error:
        raise MissingExtra("reading Parquet", "scale") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as a table: {error}", place=path) from error


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
    conditions: Sequence[str] = CONDITIONS,
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
    columns: list[Column] = []
    for name in (str(name) for name in real.columns if str(name) not in left_out):
        reason = _not_a_measurement(name, [frame[name] for frame in frames])
        if reason:
            left_out[name] = reason
        else:
            columns.append(_column(name, [f[name] for f in frames], name in conditions))
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


def _not_a_measurement(name: str, series: Sequence[pd.Series]) -> str | None:
    """Say why a column is not compared, if it is not."""
    values = series[0].dropna()
    if values.empty or series[1].dropna().empty:
        return "has no values"
    if values.nunique() == 1 and series[1].nunique() == 1:
        return "has one value only"
    if _IDENTIFIER.search(name):
        return "identifies rows"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "is a date"
    if _is_number(values):
        if not all(_is_number(one) for one in series):
            return "is numbers in the real table and text in another"
        counted = bool((values % 1 == 0).all()) and values.is_unique
        return "numbers the rows" if counted and values.is_monotonic_increasing else None
    if any(_is_number(one) for one in series):
        return "is text in the real table and numbers in another"
    words = values.astype(str)
    if words.str.match(_DATE).mean() > ON_GRID:
        return "is a date"
    return "is free text or identifies rows" if words.nunique() > MOST_LEVELS else None


def _column(name: str, series: Sequence[pd.Series], condition: bool) -> Column:
    graded = series[0].nunique() <= _FEW_NUMBERS
    if all(_is_number(one) for one in series) and not (graded and _whole(series[0])):
        values = series[0].to_numpy(np.float64, na_value=np.nan)
        return Column(name, "number", condition, find_step(values))
    words = {word for one in series for word in _words(one).dropna().unique()}
    return Column(name, "category", condition, levels=tuple(sorted(words, key=_order)))


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _whole(values: pd.Series) -> bool:
    return bool((values.dropna() % 1 == 0).all())


def _words(values: pd.Series) -> pd.Series:
    """Write values as words; a grade is the same word whether a file has it as 2 or as 2.0."""
    numbers = _is_number(values)
    return values.map(lambda v: f"{v:g}" if numbers else str(v).strip(), na_action="ignore")


def _order(word: str) -> tuple[float, str]:
    try:
        return float(word), word
    except ValueError:
        return np.inf, word


def _coded(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Turn a table into float64 columns."""
    coded = {}
    for column in columns:
        if column.kind == "number":
            values = frame[column.name].to_numpy(np.float64, na_value=np.nan)
            coded[column.name] = np.where(np.isfinite(values), values, np.nan)
        else:
            codes = {word: float(code) for code, word in enumerate(column.levels)}
            words = _words(frame[column.name])
            coded[column.name] = words.map(codes).to_numpy(np.float64, na_value=np.nan)
    return pd.DataFrame(coded)


def find_step(values: Floats) -> float | None:
    """Return the largest step of 1, 2 or 5 times a power of ten that nearly all values lie on."""
    found = values[np.isfinite(values)]
    return next((step for step in _STEPS if share_on_grid(found, step) >= ON_GRID), None)


def share_on_grid(values: Floats, step: float) -> float:
    """Return the share of the values that are multiples of `step`."""
    found = values[np.isfinite(values)]
    if not found.size:
        return 1.0
    off = np.abs(found / step - np.round(found / step))
    return float(np.mean(off < 1e-6 * np.maximum(1, np.abs(found / step))))


def snapped(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Round the measured numbers of a table to the grid of the real ones."""
    rounded = {
        column.name: np.round(frame[column.name] / column.step) * column.step
        for column in columns
        if column.step and not column.condition
    }
    return frame.assign(**rounded)


def age_years(frame: pd.DataFrame) -> Floats | None:
    """Return the ages in years, if a table of Samples has them as numbers."""
    if "age_months" in frame:
        return frame["age_months"].to_numpy(np.float64) / 12
    return frame["age_years"].to_numpy(np.float64) if "age_years" in frame else None
