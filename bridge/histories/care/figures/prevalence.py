"""How many people of a country, sex and age have a condition: prevalence.csv, read once.

A row is `country,condition,sex,from,to,percent,source,verified,note`. `country` is a population's
name; `sex` is F, M or both; `from` and `to` are completed years, both included. `verified` says how
far the figure can be trusted: `yes` (read in the source), `unverified (recalled)`, `derived` (the
reckoning stands in `source`) or `choice` (nothing was found of this country or age).

A name ending in `_known`, `_treated`, `_controlled`, `_on_art` or `_suppressed` is a share of the
people who have the condition; one ending in `_incidence` is new cases in a year, as a share of all.
"""

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.yaml_files import nearest

TABLE: Final = Path(__file__).with_suffix(".csv")
COLUMNS: Final = (
    *("country", "condition", "sex", "from", "to", "percent"),
    *("source", "verified", "note"),
)
VERIFIED: Final = ("yes", "unverified (recalled)", "derived", "choice")
OLDEST_YEARS: Final = 120

STAND_IN: Final = "kenya"
"""Whose figures a population has that the table does not know: the most complete (a choice)."""

SEXES: Final = ("F", "M", "both")
Group = tuple[str, str, str]
"""Country, condition and sex."""


class PrevalenceRow(NamedTuple):
    """One figure: the share of people of a country, sex and age who have a condition."""

    country: str
    condition: str
    sex: str
    first: int
    last: int
    share: float
    source: str
    verified: str
    note: str


class _Steps(NamedTuple):
    """Shares (B,) that hold from each of the ascending ages (B,) on."""

    first: NDArray[np.float64]
    share: NDArray[np.float64]


def prevalence(
    country: str, condition: str, sex: NDArray[np.str_], years: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what share (n,) of people like each of n has a condition, 0 to 1.

    `sex` (n,) is F or M, `years` (n,) the exact age. A country that the table does not know gets
    STAND_IN's figures. Raises InputError where the condition is unknown.
    """
    table = _steps()
    known = country if country in countries() else STAND_IN
    shares = np.zeros(len(years))
    for one in ("F", "M"):
        steps = table.get((known, condition, one)) or table.get((known, condition, "both"))
        if steps is None:
            raise InputError(
                f"unknown condition {condition!r}{nearest(condition, conditions())}", place=TABLE
            )
        rows = sex == one
        shares[rows] = steps.share[np.searchsorted(steps.first, years[rows], side="right") - 1]
    return shares


def countries() -> list[str]:
    """List the populations that the table has figures of."""
    return sorted({country for country, _, _ in _steps()})


def conditions() -> list[str]:
    """List the conditions that the table has figures of."""
    return sorted({condition for _, condition, _ in _steps()})


@cache
def prevalence_rows() -> tuple[PrevalenceRow, ...]:
    """Return every row of the table that comes with bridge."""
    return parse_prevalence(TABLE.read_text(encoding="utf-8"), place=TABLE)


def parse_prevalence(text: str, *, place: str | Path) -> tuple[PrevalenceRow, ...]:
    """Parse a table of figures.

    Raises InputError with the line where a row is wrong, or where the ages of a group do not run
    from birth to old age without a gap.
    """
    lines = csv.reader(text.splitlines(), strict=True)
    if (header := tuple(next(lines, ()))) != COLUMNS:
        raise InputError(
            f"the columns are {', '.join(header)}, not {', '.join(COLUMNS)}", place=place
        )
    rows = tuple(_row(cells, f"{place}, line {lines.line_num}") for cells in lines)
    for group, ages in _ages(rows).items():
        _check_ages(", ".join(group), ages, place)
    return rows


def _row(cells: list[str], place: str) -> PrevalenceRow:
    try:
        country, condition, sex, first, last, percent, source, verified, note = cells
        share = float(percent) / 100
        row = PrevalenceRow(
            country, condition, _sexes(sex), int(first), int(last), share, source, verified, note
        )
    except ValueError as error:
        raise InputError(f"not a row of figures: {error}", place=place) from error
    if not (0 <= share <= 1 and row.first <= row.last and source and verified in VERIFIED):
        raise InputError(
            "a row has 0 to 100 percent, from no higher than to, a source, and verified as one of "
            + ", ".join(VERIFIED),
            place=place,
        )
    return row


def _sexes(word: str) -> str:
    if word not in SEXES:
        raise ValueError(f"sex is F, M or both, not {word!r}")
    return word


def _ages(rows: tuple[PrevalenceRow, ...]) -> dict[Group, list[tuple[int, int]]]:
    ages: dict[Group, list[tuple[int, int]]] = {}
    for row in rows:
        ages.setdefault((row.country, row.condition, row.sex), []).append((row.first, row.last))
    return ages


def _check_ages(group: str, ages: list[tuple[int, int]], place: str | Path) -> None:
    whole = ages[0][0] == 0 and ages[-1][1] == OLDEST_YEARS
    if not whole or any(below[1] + 1 != above[0] for below, above in pairwise(ages)):
        raise InputError(
            f"the ages of {group} do not run from 0 to {OLDEST_YEARS} without a gap", place=place
        )


@cache
def _steps() -> dict[Group, _Steps]:
    grouped: dict[Group, list[PrevalenceRow]] = {}
    for row in prevalence_rows():
        grouped.setdefault((row.country, row.condition, row.sex), []).append(row)
    return {
        group: _Steps(
            np.array([row.first for row in rows], dtype=np.float64),
            np.array([row.share for row in rows]),
        )
        for group, rows in grouped.items()
    }
