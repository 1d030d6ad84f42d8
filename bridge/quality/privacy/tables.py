"""The three tables as arrays of one shape of columns, and the distance between their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from bridge.errors import InputError
from bridge.flows.columns import Floats

Places = NDArray[np.intp]

FEWEST: Final = 100
"""Rows of a table below which no interval is worth its width."""

MOST: Final = 40_000
"""Rows of a table that are used; of more, a random sample."""


MOST_LEVELS: Final = 200
"""Different texts of a column, past which it names people rather than groups of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """People and synthetic rows as values (n, C); a category is its number, missing is NaN."""

    names: tuple[str, ...]
    numeric: NDArray[np.bool_]
    given: NDArray[np.bool_]
    """Which columns were given to the generator, not made by it."""
    train: Floats
    control: Floats
    synthetic: Floats

    @property
    def outputs(self) -> Places:
        """Places of the columns that the generator made."""
        return np.flatnonzero(~self.given)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Space:
    """Where rows lie: distance is the sum over columns of how far two rows are apart in each.

    As in Gower (Biometrics 1971; 27:857), with a number's difference in SDs of the training
    people in place of its range, which one outlier stretches. A category differs by 1 or 0.
    Missing in both rows counts as equal; missing in one as 1 more than the way to the mean.
    """

    columns: Places
    numeric: NDArray[np.bool_]
    means: Floats
    deviations: Floats
    levels: tuple[int, ...]

    def points(self, values: Floats) -> Floats:
        """Return rows (n, D) whose Manhattan distances are those of `values` (n, C)."""
        axes: list[Floats] = []
        for k, column in enumerate(self.columns):
            x = values[:, column]
            missing = np.isnan(x)
            axes.append(missing * (1.0 if self.numeric[k] else 0.5))
            if self.numeric[k]:
                axes.append(np.where(missing, 0.0, (x - self.means[k]) / self.deviations[k]))
            else:
                axes += [(x == level) * 0.5 for level in range(self.levels[k])]
        return np.stack(axes, axis=1)


def parse_tables(
    train: pd.DataFrame, control: pd.DataFrame, synthetic: pd.DataFrame, conditions: Sequence[str]
) -> Tables:
    """Check three tables and turn them into arrays.

    A column is numeric if it is so in all three; else its values are categories. Raises
    InputError for columns that differ, unknown conditions, no output, too few rows, or a
    column of free text.
    """
    given = {"train": train, "control": control, "synthetic": synthetic}
    names = tuple(str(name) for name in train.columns)
    for table, frame in given.items():
        _check(table, frame, names)
    if unknown := sorted(set(conditions) - set(names)):
        raise InputError(f"conditions {unknown} are no columns: name some of {list(names)}")
    if set(conditions) == set(names):
        raise InputError("all columns are conditions: leave at least one that was generated")
    columns = [_codes([frame[name] for frame in given.values()]) for name in names]
    return Tables(
        names=names,
        numeric=np.array([numeric for numeric, _ in columns]),
        given=np.array([name in conditions for name in names]),
        **{
            table: np.stack([values[k] for _, values in columns], axis=1)
            for k, table in enumerate(given)
        },
    )


def sample(values: Floats, rows: int, rng: np.random.Generator) -> Floats:
    """Return at most `rows` rows, drawn without replacement."""
    if len(values) <= rows:
        return values
    return values[np.sort(rng.choice(len(values), rows, replace=False))]


def space(tables: Tables, columns: Places) -> Space:
    """Return the space of some columns, scaled by the training people."""
    train = tables.train[:, columns]
    everyone = np.concatenate([tables.train, tables.control, tables.synthetic])[:, columns]
    known = ~np.isnan(train)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, train, 0.0).sum(axis=0) / count
    deviations = np.sqrt((np.where(known, train - means, 0.0) ** 2).sum(axis=0) / count)
    return Space(
        columns=columns,
        numeric=tables.numeric[columns],
        means=means,
        deviations=np.where(deviations > 0, deviations, 1.0),
        levels=tuple(
            int(np.nanmax(level, initial=-1)) + 1 if not numeric else 0
            for level, numeric in zip(everyone.T, tables.numeric[columns], strict=True)
        ),
    )


def nearest(among: Floats, of: Floats, k: int = 1) -> tuple[Floats, Places]:
    """Return distances (n, k) and places (n, k) of the k points of `among` nearest to each `of`."""
    # Sliding midpoints: medians are slow to find where many rows are one point.
    tree = KDTree(among, leafsize=30, balanced_tree=False)
    distances, places = tree.query(of, k=list(range(1, min(k, len(among)) + 1)), p=1)
    return distances, places


def _check(table: str, frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    if not frame.columns.is_unique:
        raise InputError("two columns have one name: rename one", place=table)
    if set(frame.columns) != set(names):
        odd = sorted(str(name) for name in set(frame.columns) ^ set(names))
        raise InputError(f"its columns differ from train's in {odd}: give the same", place=table)
    if np.isinf(frame.select_dtypes("number").to_numpy(np.float64, na_value=np.nan)).any():
        raise InputError("it holds infinite values: leave them empty", place=table)
    if len(frame) < FEWEST:
        raise InputError(
            f"{len(frame)} rows are too few to attack: give at least {FEWEST}", place=table
        )


def _codes(columns: Sequence["pd.Series[Any]"]) -> tuple[bool, list[Floats]]:
    """Return whether a column is numeric, and its values in each table."""
    if all(
        pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        for column in columns
    ):
        # Grids are decimal: 36.6 read from one file and computed for the other are one value.
        return True, [
            column.to_numpy(dtype=np.float64, na_value=np.nan).round(6) for column in columns
        ]
    texts: pd.Series[Any] = pd.concat([column.astype("string") for column in columns])
    codes = pd.factorize(texts, sort=True)[0].astype(np.float64)
    if (levels := int(codes.max()) + 1) > MOST_LEVELS:
        raise InputError(
            f"{columns[0].name} has {levels:,} different texts: leave out names and identifiers"
        )
    codes[codes < 0] = np.nan
    return False, np.split(codes, np.cumsum([len(column) for column in columns])[:-1])
