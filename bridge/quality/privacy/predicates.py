"""Predicates that single people out, made from synthetic rows."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.quality.privacy.tables import Places, Tables

FIRST_LOOK: Final = 2_000
"""Synthetic rows in which most predicates that fit several people are already found out."""

TRIES: Final = 15
"""Predicates drawn for each that is wanted; not all fit one synthetic row only."""

Relation = Literal["<=", ">=", "==", "missing"]


class Term(NamedTuple):
    """What a predicate asks of one column."""

    column: int
    relation: Relation
    value: float


Predicate = tuple[Term, ...]


def fits(predicate: Predicate, columns: Floats) -> NDArray[np.bool_]:
    """Say which rows (n,) of `columns` (C, n) meet every term."""
    found = np.ones(columns.shape[1], dtype=bool)
    for term in predicate:
        found &= _meets(term, columns[term.column])
    return found


def fitting(predicate: Predicate, columns: Floats) -> int:
    """Count the rows of `columns` (C, n) that meet every term."""
    return int(np.count_nonzero(fits(predicate, columns)))


def univariate(tables: Tables) -> list[Predicate]:
    """Return all predicates on one generated column that fit exactly one synthetic row.

    Those are: at most the least and at least the largest value, a value that occurs once,
    missing where one is missing (Giomi et al., PoPETs 2023, univariate singling out).
    """
    columns = np.ascontiguousarray(tables.synthetic.T)
    terms: list[Term] = []
    for k in tables.outputs.tolist():
        values, counts = np.unique(columns[k][~np.isnan(columns[k])], return_counts=True)
        terms += [Term(k, "==", value) for value in values[counts == 1].tolist()]
        if tables.numeric[k] and len(values):
            terms += [Term(k, "<=", float(values[0])), Term(k, ">=", float(values[-1]))]
        terms.append(Term(k, "missing", np.nan))
    return [(term,) for term in terms if fitting((term,), columns) == 1]


def multivariate(tables: Tables, wanted: int, rng: np.random.Generator) -> list[Predicate]:
    """Return up to `wanted` different predicates on several columns that fit one synthetic row.

    Each is made from a synthetic row and 2 or more random columns, at least one of them
    generated: numbers at least or at most the row's own, whichever side of the median that is
    not on; categories equal (Giomi et al., PoPETs 2023, multivariate singling out).
    """
    columns = np.ascontiguousarray(tables.synthetic.T)
    first = columns[:, :FIRST_LOOK]
    middles = _medians(tables)
    found: dict[Predicate, None] = {}
    for _ in range(TRIES * wanted):
        row = tables.synthetic[rng.integers(len(tables.synthetic))]
        predicate = tuple(
            _about(k, float(row[k]), middles[k], bool(tables.numeric[k]))
            for k in _some_columns(tables, rng)
        )
        if fitting(predicate, first) <= 1 and fitting(predicate, columns) == 1:
            found[predicate] = None
        if len(found) == wanted:
            break
    return list(found)


def blind(tables: Tables, several: bool, rng: np.random.Generator) -> Iterator[Predicate]:
    """Yield predicates without end: random columns, relations and values that occur in them."""
    values = [np.unique(column[~np.isnan(column)]) for column in tables.synthetic.T]
    while True:
        columns = _some_columns(tables, rng) if several else [int(rng.choice(tables.outputs))]
        yield tuple(
            Term(k, _any_relation(bool(tables.numeric[k]), rng), float(rng.choice(values[k])))
            if len(values[k])
            else Term(k, "missing", np.nan)
            for k in columns
        )


def _meets(term: Term, column: Floats) -> NDArray[np.bool_]:
    if term.relation == "<=":
        return column <= term.value
    if term.relation == ">=":
        return column >= term.value
    return column == term.value if term.relation == "==" else np.isnan(column)


def _about(column: int, value: float, middle: float, numeric: bool) -> Term:
    if np.isnan(value):
        return Term(column, "missing", value)
    if not numeric:
        return Term(column, "==", value)
    return Term(column, ">=" if value > middle else "<=", value)


def _any_relation(numeric: bool, rng: np.random.Generator) -> Relation:
    if not numeric:
        return "=="
    relations: tuple[Relation, ...] = ("<=", ">=", "==")
    return relations[rng.integers(len(relations))]


def _some_columns(tables: Tables, rng: np.random.Generator) -> list[int]:
    """Draw 2 or more places of columns (1 where there is but one), the first a generated one."""
    first = int(rng.choice(tables.outputs))
    others: Places = np.delete(np.arange(len(tables.names)), first)
    if not len(others):
        return [first]
    count = int(rng.integers(1, len(others) + 1))
    return [first, *rng.choice(others, count, replace=False).tolist()]


def _medians(tables: Tables) -> Floats:
    return np.array(
        [np.median(x[~np.isnan(x)]) if (~np.isnan(x)).any() else np.nan for x in tables.synthetic.T]
    )
