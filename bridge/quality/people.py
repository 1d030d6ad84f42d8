"""Whether both tables are of the same people: their conditions, before anything is matched on them.

Matched rows hide who is missing. Here rows are held against each other as they come: as many
synthetic ones and as many of the floor as real ones, drawn anew for each repeat.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.quality.fidelity import distance
from bridge.quality.frames import AGES, SEXES, ComparedColumn, Samples
from bridge.quality.groups import Group, bands, sexes
from bridge.quality.matching import MOST_PAIRS, Trial, in_step, sides
from bridge.quality.two_sample import Distinction, distinction

FEWEST_OFFERED: Final = 5
"""Real rows of a group that is named for those of it without a partner."""


class GivenColumn(NamedTuple):
    """A condition: its distance between samples of `rows` real and synthetic rows, and the floor.

    Kolmogorov-Smirnov's of a number, the total variation of a category; `share` is the real and
    the synthetic share of the level that differs most, `level`.
    """

    column: ComparedColumn
    rows: int
    apart: float
    floor: float
    means: tuple[float, float] | None
    level: str
    share: tuple[float, float] | None


class Partners(NamedTuple):
    """Of the `offered` real rows of a group, `without` found no partner; means over repeats."""

    group: str
    offered: float
    without: float

    @property
    def share(self) -> float:
        """Return the share without a partner."""
        return self.without / self.offered


class People(NamedTuple):
    """Each condition by itself, all together as a classifier sees them, and who has no partner.

    `together` is None with too few rows for a classifier.
    """

    columns: tuple[GivenColumn, ...]
    together: Distinction | None
    partners: tuple[Partners, ...]


def measure_people(samples: Samples, matched: Sequence[Trial], *, seed: int) -> People | None:
    """Hold the conditions of the tables against each other; None where there are none."""
    if not samples.conditions:
        return None
    drawn = [_drawn(samples, np.random.default_rng([seed, k, 1])) for k in range(len(matched))]
    partners = () if in_step(samples) else _partners(samples, matched)
    return People(
        columns=tuple(_given(samples, column, drawn) for column in samples.columns_given),
        together=distinction(drawn, samples.conditions, "conditions", seed),
        partners=partners,
    )


def _drawn(samples: Samples, rng: np.random.Generator) -> Trial:
    """Return as many real, synthetic and other people, none of them twice."""
    held, rest = sides(samples, rng)
    frames = [frame[samples.conditions] for frame in (held, samples.synthetic, rest)]
    size = min(MOST_PAIRS, *map(len, frames))
    some = [frame.iloc[rng.permutation(len(frame))[:size]] for frame in frames]
    return Trial.unpaired(*(frame.reset_index(drop=True) for frame in some))


def _given(samples: Samples, column: ComparedColumn, drawn: Sequence[Trial]) -> GivenColumn:
    name = column.name
    values = [[frame[name].to_numpy(np.float64) for frame in trial[:3]] for trial in drawn]
    whole = [frame[name].to_numpy(np.float64) for frame in (samples.real, samples.synthetic)]
    level, share = "", None
    if column.kind == "category":
        shares = [[float(np.mean(part == k)) for part in whole] for k in range(len(column.levels))]
        k = int(np.argmax([abs(real - made) for real, made in shares]))
        level, share = column.levels[k], (shares[k][0], shares[k][1])
    return GivenColumn(
        column=column,
        rows=len(drawn[0].real),
        apart=float(np.nanmean([distance(real, made, column) for real, made, _ in values])),
        floor=float(np.nanmean([distance(real, other, column) for real, _, other in values])),
        means=None if share else (float(np.nanmean(whole[0])), float(np.nanmean(whole[1]))),
        level=level,
        share=share,
    )


def _partners(samples: Samples, matched: Sequence[Trial]) -> tuple[Partners, ...]:
    """Return the groups of real people, those first of whom most found no partner."""
    found: dict[str, list[tuple[int, int]]] = {}
    for trial in matched:
        for group in _groups(trial.asked, samples):
            without = int((group.rows & ~trial.found).sum())
            found.setdefault(group.name, []).append((int(group.rows.sum()), without))
    means = [
        Partners(name, *(float(mean) for mean in np.mean(counts, axis=0)))
        for name, counts in found.items()
    ]
    some = [one for one in means if one.offered >= FEWEST_OFFERED]
    return tuple(sorted(some, key=lambda one: -one.share))


def _groups(frame: pd.DataFrame, samples: Samples) -> Iterator[Group]:
    """Yield the bands of age, the sexes and the levels of other conditions, by name."""
    if samples.conditions and set(samples.conditions) & AGES.keys():
        yield from bands(frame)
    if set(samples.conditions) & {*SEXES}:
        yield from sexes(frame, samples)
    for column in samples.columns_given:
        if column.levels and column.name not in SEXES:
            for code, level in enumerate(column.levels):
                rows = frame[column.name].to_numpy() == code
                yield Group(f"{column.name} {level}", "", rows)
