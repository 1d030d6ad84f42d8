"""Distance to the closest record, and rows that are copies."""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.flows.columns import Floats
from bridge.quality.privacy.rates import wilson
from bridge.quality.privacy.results import Closeness, Closest, Copies, Estimate
from bridge.quality.privacy.tables import Places, Tables, nearest, sample, space

ROWS: Final = 10_000
"""Synthetic rows whose distances are measured."""

FULL: Final = 3
"""Measurements from which on a row is hardly equal to another by chance."""


class _Rows(NamedTuple):
    """As many people of each side, control people who ask as a generator's rows do, its rows."""

    train: Floats
    control: Floats
    asking: Floats
    synthetic: Floats


def measure_distances(tables: Tables, rng: np.random.Generator) -> Closest:
    """Compare synthetic rows' distances to training people and to as many control people."""
    people = min(len(tables.train), len(tables.control))
    control = sample(tables.control, people, rng)
    rows = _Rows(
        train=sample(tables.train, people, rng),
        control=control,
        asking=sample(control, ROWS, rng),
        synthetic=sample(tables.synthetic, ROWS, rng),
    )
    everything, given = np.arange(len(tables.names)), np.flatnonzero(tables.given)
    measured = {"generated columns": tables.outputs}
    if len(given):
        measured = {"all columns": everything, **measured}
    found = Closest(
        rows=len(rows.synthetic),
        people=people,
        measured=tuple(
            Closeness(name, *_closeness(tables, columns, rows))
            for name, columns in measured.items()
        ),
        given=_closeness(tables, given, rows)[0] if len(given) else None,
        verdict="",
    )
    return found._replace(verdict=_verdict(found))


def count_copies(tables: Tables) -> Copies:
    """Count synthetic rows, and control people, equal to a training person in every column."""
    train, control, synthetic = (
        _fingerprints(rows) for rows in (tables.train, tables.control, tables.synthetic)
    )
    copied, alike = np.isin(synthetic, train), np.isin(control, train)
    full, full_control = (
        (~np.isnan(rows[:, tables.outputs])).sum(axis=1) >= FULL
        for rows in (tables.synthetic, tables.control)
    )
    found = Copies(
        rows=len(synthetic),
        copied=int(copied.sum()),
        people=len(control),
        alike=int(alike.sum()),
        full_rows=int(full.sum()),
        full_copied=int((copied & full).sum()),
        full_people=int(full_control.sum()),
        full_alike=int((alike & full_control).sum()),
        verdict="",
    )
    return found._replace(verdict=_copies_verdict(found))


def _closeness(tables: Tables, columns: Places, rows: _Rows) -> tuple[Estimate, float]:
    """Return the share of rows closer to training people, ties by half, and the median ratio.

    Rows that share one nearest person are not independent, whichever side that person fell on,
    so the interval is Wilson's with as many rows as would be worth the same if they were.
    """
    where = space(tables, columns)
    train, control, asking, points = (where.points(part) for part in rows)
    (to_train, who), (to_control, other) = (
        (distances[:, 0], places[:, 0])
        for distances, places in (nearest(train, points), nearest(control, points))
    )
    person = np.where(to_train < to_control, who, len(train) + other)
    tied = to_train == to_control
    counts = np.unique(person[~tied], return_counts=True)[1]
    worth = len(points) ** 2 / float((counts**2).sum() + tied.sum())
    share = float(((to_train < to_control) + 0.5 * tied).mean())
    usual = float(np.median(nearest(train, asking)[0]))
    ratio = float(np.median(to_train)) / usual if usual > 0 else float("nan")
    return wilson(share * worth, worth)._replace(value=share), ratio


def _fingerprints(rows: Floats) -> NDArray[np.uint64]:
    return np.asarray(
        pd.util.hash_pandas_object(pd.DataFrame(rows + 0.0), index=False), dtype=np.uint64
    )


def _verdict(found: Closest) -> str:
    parts = [
        f"on {part.columns}, {100 * part.share.value:.1f} % ({100 * part.share.low:.1f} to "
        f"{100 * part.share.high:.1f}) of synthetic rows lie closer to a training person than to "
        f"any of as many people never seen (ideal 50 %; median distance {part.ratio:.2f} of what "
        "real people have)"
        for part in found.measured
    ]
    close = any(part.share.low > 0.5 for part in found.measured)
    meaning = "They are drawn to the training people." if close else "They are not drawn to them."
    return f"Distance to the closest record: {'; '.join(parts)}. {meaning}{_tilt(found.given)}"


def _tilt(given: Estimate | None) -> str:
    if given is None or given.low <= 0.5 <= given.high:
        return ""
    side = "training" if given.value > 0.5 else "control"
    return (
        f" The conditions alone lie closer to the {side} people's ({100 * given.value:.1f} %): "
        "they were probably taken from them, which tilts every figure on all columns."
    )


def _copies_verdict(found: Copies) -> str:
    text = (
        f"Exact copies: {found.copied:,} of {found.rows:,} synthetic rows equal a training person "
        f"in every column (goal 0); so do {found.alike:,} of {found.people:,} people never seen. "
        f"With {FULL} measurements or more: {found.full_copied:,} of {found.full_rows:,}, "
        f"against {found.full_alike:,} of {found.full_people:,}."
    )
    if not found.copied:
        return text
    copied, alike = wilson(found.copied, found.rows), wilson(found.alike, found.people)
    gap = ((copied.value - copied.low) ** 2 + (alike.high - alike.value) ** 2) ** 0.5
    more = copied.value - alike.value > gap
    return f"{text} That is {'more than' if more else 'what'} chance gives."
