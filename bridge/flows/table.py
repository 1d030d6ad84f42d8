"""A table of people, from CSV or Parquet files to what a spec makes of its columns."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.errors import InputError, MissingExtra
from bridge.flows.columns import Floats
from bridge.flows.conditions import DAYS_PER_MONTH, Conditions, is_measured
from bridge.flows.spec import Condition, Output, Spec
from bridge.tables.frames import ReadTable, read_table
from bridge.yaml_files import nearest

MONTHS: Final = {"day": 1 / DAYS_PER_MONTH, "month": 1.0, "year": 12.0}

LONGEST_KNOWN: Final = "month"
"""An age in completed days or months is taken at the middle of its unit: to spread it would add
the growth within the unit a second time. One in years is spread over the year."""


class Gap(NamedTuple):
    """How many rows lack an output, and how many have it outside its bounds."""

    missing: int
    outside: int


class GivenConditions(NamedTuple):
    """The conditions of so many people, and what was made of the file they stand in."""

    conditions: Conditions
    people: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """n people as a spec sees them.

    An age lies anywhere in the `widths` months (n,) after its condition. `values` (n, D) are NaN
    where an output is missing by design, or not known of a row that is kept all the same (the
    spec's `gaps`); categories are the place of their level. `left_out` counts the rows that could
    not be used, by reason, `gaps` those without an output, where the spec keeps them. `source`
    says which files they came from, and `notes` what was made of those.
    """

    spec: Spec
    source: Sequence[Mapping[str, str]]
    conditions: Conditions
    widths: Mapping[str, Floats]
    values: Floats
    left_out: Mapping[str, int]
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: NDArray[Any]) -> "Table":
        """Return the same of some people."""
        return replace(
            self,
            conditions={name: values[rows] for name, values in self.conditions.items()},
            widths={name: widths[rows] for name, widths in self.widths.items()},
            values=self.values[rows],
        )

    def placed(self, rng: np.random.Generator) -> Conditions:
        """Return the conditions with each age at a random place of its width."""
        return {
            name: values + self.widths[name] * rng.random(len(self))
            if name in self.widths
            else values
            for name, values in self.conditions.items()
        }

    def frame(self, rng: np.random.Generator) -> pd.DataFrame:
        """Return the people as a table again, by the spec's names; categories by their levels."""
        return as_frame(self.spec, self.placed(rng), self.values)


def as_frame(spec: Spec, conditions: Conditions, values: Floats) -> pd.DataFrame:
    """Return conditions and values (n, D) as a table; an age in completed units."""
    columns: dict[str, Any] = {
        name: np.floor(given / MONTHS[of.unit(name)]) if of.kind == "age" else given
        for (name, of), given in zip(spec.conditions.items(), conditions.values(), strict=True)
    }
    for (name, output), column in zip(spec.outputs.items(), values.T, strict=True):
        if output.kind == "category":
            levels = np.array([*output.levels, None], dtype=object)
            columns[name] = levels[np.where(np.isnan(column), -1, column).astype(np.int64)]
        else:
            columns[name] = column
    return pd.DataFrame(columns)


def load_table(paths: Sequence[Path], spec: Spec) -> Table:
    """Read files one after the other as one table of a spec."""
    return table_of([read_table(path) for path in paths], paths, spec)


def table_of(tables: Sequence[ReadTable], paths: Sequence[Path], spec: Spec) -> Table:
    """Return what has been read from files as one table of a spec."""
    source = [
        {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in paths
    ]
    by = [_fitting(read, spec, path) for path, read in zip(paths, tables, strict=True)]
    if any(other != by[0] for other in by):
        raise InputError(f"its columns are not those of {paths[0]}", place=paths[-1])
    frames = [read.frame for read in tables]
    table = parse_table(pd.concat(frames, ignore_index=True), by[0], source)
    notes = tuple(note for read in tables for note in read.notes)
    return replace(table, spec=spec, notes=notes)


def parse_table(frame: pd.DataFrame, spec: Spec, source: Sequence[Mapping[str, str]] = ()) -> Table:
    """Turn a table's rows into what a spec makes of them; rows that cannot be used are counted."""
    left_out: dict[str, int] = {}
    for name, wanted in spec.rows.items():
        keep = _texts(frame[name]).isin(wanted).to_numpy()
        left_out[f"{name} is not {' or '.join(wanted)}"] = int((~keep).sum())
        frame = frame[keep]
    conditions, widths = _conditions(frame, spec)
    usable = np.ones(len(frame), dtype=np.bool_)

    def leave_out(bad: NDArray[np.bool_], reason: str) -> None:
        nonlocal usable
        if count := int((usable & bad).sum()):
            left_out[reason] = count
        usable = usable & ~bad

    for name, unknown in _unknown(spec, conditions).items():
        leave_out(unknown, f"{name} not known")
    values = np.empty((len(frame), len(spec.outputs)))
    gaps: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
    for k, (name, output) in enumerate(spec.outputs.items()):
        read = _output(frame, output)
        expected = is_measured(output, conditions, len(frame))
        outside = expected & _is_outside(read, output)
        missing = expected & np.asarray(np.isnan(read))
        values[:, k] = np.where(expected & ~outside, read, np.nan)
        if spec.gaps == "learn":
            gaps[name] = missing, outside
        else:
            leave_out(outside, f"{name} outside its bounds")
            leave_out(missing, f"{name} missing")
    if spec.gaps == "learn":
        leave_out(np.asarray(np.isnan(values).all(axis=1)), "nothing of the outputs known")
    whole = Table(
        spec=spec,
        source=source,
        conditions=conditions,
        widths=widths,
        values=values,
        left_out=left_out,
        gaps={
            name: Gap(*(int((rows & usable).sum()) for rows in lacking))
            for name, lacking in gaps.items()
        },
    )
    return whole[usable]


def load_conditions(path: Path, spec: Spec, rng: np.random.Generator) -> GivenConditions:
    """Read the people that rows are to be made for.

    An age in years lies anywhere in its year, as it does where a model is fitted: a classifier
    would know people by half years.
    """
    read = read_table(path)
    frame = read.frame
    spec = _fitting(read, spec.model_copy(update={"rows": {}, "outputs": {}}), path)
    conditions, widths = _conditions(frame, spec)
    for name, unknown in _unknown(spec, conditions).items():
        if unknown.any():
            line = read.line(int(np.flatnonzero(unknown)[0]))
            raise InputError(f"{name} is not known of everyone", place=f"{path}:{line}")
    spread = {
        name: conditions[name] + width * rng.random(len(frame)) for name, width in widths.items()
    }
    return GivenConditions({**conditions, **spread}, len(frame), read.notes)


def table_bytes(frame: pd.DataFrame, *, parquet: bool) -> bytes:
    """Return a table as the bytes of a CSV or Parquet file."""
    if not parquet:
        return frame.to_csv(index=False, lineterminator="\n").encode()
    try:
        return bytes(frame.to_parquet(index=False))
    except ImportError as error:
        raise MissingExtra("writing Parquet", "scale") from error


def _conditions(
    frame: pd.DataFrame, spec: Spec
) -> tuple[dict[str, NDArray[Any]], dict[str, Floats]]:
    """Return each condition (n,), and of ages the width that they are spread over."""
    conditions: dict[str, NDArray[Any]] = {}
    widths: dict[str, Floats] = {}
    for name, condition in spec.conditions.items():
        if condition.kind == "category":
            conditions[name] = _category(frame, condition)
        elif condition.kind == "age":
            conditions[name], widths[name] = _age(frame, condition)
        else:
            conditions[name] = _first(frame, condition.columns)
    return conditions, widths


def _unknown(spec: Spec, conditions: Conditions) -> dict[str, NDArray[np.bool_]]:
    """Tell of each condition who cannot be used because it is not known (n,)."""
    return {
        name: np.isnan(conditions[name])
        if condition.kind != "category"
        else (conditions[name] == "") & (not condition.unknown)
        for name, condition in spec.conditions.items()
    }


def _fitting(read: ReadTable, spec: Spec, path: Path) -> Spec:
    """Return the spec by which a table is read: its data's names, or those it gives them.

    A table that a model made has the latter.
    """
    frame = read.frame
    _check_units(read, spec, path)
    wanted = [*spec.rows, *(c for of in _columns(spec).values() for c in of.columns)]
    missing = [name for name in wanted if name not in frame.columns]
    if not missing:
        return spec
    if all(name in frame.columns for name in _columns(spec)):
        return by_own_names(spec)
    near = nearest(missing[0], frame.columns)
    raise InputError(
        f"has no column {missing[0]!r}{near}; edit the spec, or take another file", place=path
    )


def _check_units(read: ReadTable, spec: Spec, path: Path) -> None:
    """Refuse cells that name another unit than the spec gives their column."""
    for output in spec.outputs.values():
        for column in output.columns:
            unit = read.units.get(column)
            if unit and output.unit and unit != output.unit:
                raise InputError(
                    f"the cells of {column} are in {unit}, and the spec says {output.unit}: "
                    "convert them, or correct the spec",
                    place=path,
                )


def _columns(spec: Spec) -> Mapping[str, Condition | Output]:
    return {**spec.conditions, **spec.outputs}


def by_own_names(spec: Spec) -> Spec:
    """Return a spec for a table whose columns have the spec's own names, ages in months."""

    def renamed(name: str, of: Any) -> Any:
        own = {name: of.unit(name)} if isinstance(of, Condition) and of.kind == "age" else [name]
        same = {level: [level] for level in of.levels}
        return of.model_copy(update={"columns": own, "levels": same})

    return spec.model_copy(
        update={
            "rows": {},
            "conditions": {name: renamed(name, of) for name, of in spec.conditions.items()},
            "outputs": {name: renamed(name, of) for name, of in spec.outputs.items()},
        }
    )


def _first(frame: pd.DataFrame, columns: Iterable[str]) -> Floats:
    """Return the first of several columns that holds a number, NaN where none does."""
    found = pd.Series(np.nan, index=frame.index)
    for column in columns:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        found = found.fillna(numbers.replace([np.inf, -np.inf], np.nan))
    return np.asarray(found, dtype=np.float64)


def _texts(column: pd.Series) -> pd.Series:
    """Return a column as text, whole numbers without a point."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return column.astype("object").where(column.notna(), "").astype(str).str.strip()
    return column.map(lambda value: "" if pd.isna(value) else f"{value:.15g}").astype(str)


def _category(frame: pd.DataFrame, of: Condition | Output) -> NDArray[np.str_]:
    """Return the levels (n,) as text, empty where none is known."""
    names = {text: level for level, texts in of.levels.items() for text in texts}
    found = pd.Series("", index=frame.index)
    for column in of.columns:
        found = found.where(found != "", _texts(frame[column]).map(names).fillna(""))
    return found.to_numpy(dtype=np.str_)


def _output(frame: pd.DataFrame, output: Output) -> Floats:
    if output.kind == "number":
        return _first(frame, output.columns)
    places = {level: place for place, level in enumerate(output.levels)}
    found = _category(frame, output)
    return np.array([places.get(level, np.nan) for level in found.tolist()], dtype=np.float64)


def _age(frame: pd.DataFrame, condition: Condition) -> tuple[Floats, Floats]:
    """Return the start (n,) and the width (n,) of ages in months."""
    assert isinstance(condition.columns, dict)
    start = np.full(len(frame), np.nan)
    width = np.zeros(len(frame))
    for column, unit in condition.columns.items():
        months = _first(frame, [column]) * MONTHS[unit]
        months[months < 0] = np.nan  # a code for what is not known
        oldest = months >= condition.oldest * 12
        new = np.isnan(start) & ~np.isnan(months) | oldest
        spread = MONTHS[unit] > MONTHS[LONGEST_KNOWN]
        start[new] = (months + (0.0 if spread else MONTHS[unit] / 2))[new]
        width[new] = MONTHS[unit] if spread else 0.0
        start[oldest], width[oldest] = condition.oldest * 12, 0.0
    return start, width


def _is_outside(values: Floats, output: Output) -> NDArray[np.bool_]:
    low = -np.inf if output.low is None else output.low
    high = np.inf if output.high is None else output.high
    return np.asarray((values < low) | (values > high))
