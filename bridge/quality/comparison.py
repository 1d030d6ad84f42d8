"""Several generators learn the same rows, draw as many, and are measured alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from bridge.errors import InputError, MissingExtra
from bridge.flows.conditions import USUAL
from bridge.flows.spec import Spec
from bridge.quality.baselines.generator import Generator, worded
from bridge.quality.fidelity import Fidelity, distance, measure_fidelity
from bridge.quality.frames import ComparedColumn, Samples, comparable
from bridge.quality.matching import Trial, trials
from bridge.quality.privacy.closest import count_copies, measure_distances
from bridge.quality.privacy.results import Copies, Estimate
from bridge.quality.privacy.tables import parse_tables
from bridge.quality.two_sample import area

REAL: Final = "other real people"
"""What the second real sample is called: the row that nobody can be expected to pass."""

FEWEST: Final = 1_000
"""Complete rows without which nothing can be said: a fifth of them is judged."""

LITTLE: Final = 5_000
"""Complete rows under which the generators in the middle cannot be told from each other."""

MOST_MISSING: Final = 0.5
"""A column that more people lack than this share is left out: it would cost the others' rows."""

MOST_LEARNT: Final = 40_000
MOST_JUDGED: Final = 10_000
FITS: Final = 3
"""How many times each generator learns the rows, by other seeds: GANs differ from fit to fit."""


class Split(NamedTuple):
    """Rows complete in all columns, in three parts: learnt, judged, and the second real sample."""

    train: pd.DataFrame
    test: pd.DataFrame
    second: pd.DataFrame
    columns: tuple[ComparedColumn, ...]
    left_out: Mapping[str, str]
    rows: int
    incomplete: Mapping[str, int]
    """Rows of the file without a value, by column."""

    @property
    def conditions(self) -> list[str]:
        """Name the columns that describe who was measured."""
        return [column.name for column in self.columns if column.condition]


class Body(NamedTuple):
    """Height and weight, as the first published study gives them: mean, SD, KS; Pearson's r."""

    height: tuple[float, float]
    weight: tuple[float, float]
    distances: tuple[float, float]
    correlation: float


class Published(NamedTuple):
    """A figure of the first published study of vital signs for OpenMRS, on its own data."""

    name: str
    correlation: float
    distance: float


PUBLISHED: Final = (Published("flow", 0.52, 0.042), Published("GAN", 0.51, 0.066))


class GeneratorResult(NamedTuple):
    """What was measured of one generator.

    `areas` are under the ROC curve of whole rows, one for each fit; all else is of the first fit:
    `matched` is the area of rows with the same conditions. `distances` are Kolmogorov-Smirnov's
    (a category's total variation), mean and largest, and `gaps` those of Spearman's correlations.
    `medians` is the mean gap of the medians by age and sex, in SDs. `seconds` are a fit's, on
    average; None where nothing was learnt.
    """

    name: str
    seconds: float | None
    areas: tuple[float, ...]
    matched: float
    distances: tuple[float, float]
    gaps: tuple[float, float]
    medians: float
    body: Body | None
    closest: Estimate
    copies: Copies

    @property
    def area(self) -> float:
        """The mean over the fits."""
        return float(np.mean(self.areas))


class Comparison(NamedTuple):
    """All results, the second real sample first, and why a generator has none.

    `drawn` holds the rows that each was measured on; `real` is the body of the judged people.
    """

    split: Split
    results: tuple[GeneratorResult, ...]
    failed: Mapping[str, str]
    drawn: Mapping[str, pd.DataFrame]
    real: Body | None
    seed: int


def compare(
    frame: pd.DataFrame,
    generators: Sequence[Generator],
    *,
    seed: int,
    clock: Callable[[], float],
    conditions: Sequence[str] = USUAL,
    fits: int = FITS,
    progress: Callable[[str], None] = lambda name: None,
) -> Comparison:
    """Let each generator learn the same rows `fits` times and measure what it draws.

    `conditions` names the columns that say who was measured; `clock` tells processor seconds.
    Raises InputError for too few rows.
    """
    parts = split(frame, seed, conditions)
    progress(REAL)
    results = [_judged(REAL, None, [parts.second] * fits, parts, seed)]
    drawn, failed = {REAL: parts.second}, {}
    for generator in generators:
        progress(generator.name)
        try:
            start = clock()
            fitted = [generator.fit(parts.train, parts.columns, seed + k) for k in range(fits)]
            seconds = (clock() - start) / fits
        except InputError as error:
            failed[generator.name] = str(error)
            continue
        draws = [one.sample(len(parts.test), seed + k) for k, one in enumerate(fitted)]
        results.append(_judged(generator.name, seconds, draws, parts, seed))
        drawn[generator.name] = draws[0]
    body = _body(parts.test, parts)
    return Comparison(parts, tuple(results), failed, drawn, body, seed)


def all_generators(spec: Spec | None) -> tuple[Generator, ...]:
    """Return bridge's flow, fitted by a spec, and what it is compared with; raises MissingExtra."""
    from bridge.quality.baselines.copula import GaussianCopula
    from bridge.quality.baselines.independent import IndependentColumns

    try:
        from bridge.quality.baselines.gan import AdversarialNet
        from bridge.quality.baselines.own_flow import OwnFlow
        from bridge.quality.baselines.plain_flow import PlainFlow
        from bridge.quality.baselines.vae import VariationalAutoencoder
    except ImportError as error:
        raise MissingExtra("Comparing generators", "train") from error
    return (
        OwnFlow(spec),
        PlainFlow(),
        AdversarialNet(),
        VariationalAutoencoder(),
        GaussianCopula(),
        IndependentColumns(),
    )


def split(frame: pd.DataFrame, seed: int, conditions: Sequence[str] = USUAL) -> Split:
    """Part the rows that are complete in all columns: two fifths at most are judged and floor.

    Only complete ones, for all alike: most of the generators know no missing value. A column
    that most people lack is left out first.
    """
    known = comparable(frame, frame, conditions=conditions)
    missing = known.real.isna().sum()
    rare = [str(name) for name in missing.index[missing > MOST_MISSING * len(frame)]]
    columns = tuple(column for column in known.columns if column.name not in rare)
    whole = known.real.drop(columns=rare).dropna()
    incomplete = {str(name): int(n) for name, n in missing.drop(rare).items() if n}
    if len(whole) < FEWEST:
        raise InputError(_too_few(len(whole), len(frame), incomplete))
    rows = np.random.default_rng(seed).permutation(len(whole))
    judged = min(len(whole) // 5, MOST_JUDGED)
    test, second, train = np.split(rows, [judged, 2 * judged])
    return Split(
        train=whole.iloc[train[:MOST_LEARNT]].reset_index(drop=True),
        test=whole.iloc[test].reset_index(drop=True),
        second=whole.iloc[second].reset_index(drop=True),
        columns=columns,
        left_out={**known.left_out, **{name: _lacked(missing[name], frame) for name in rare}},
        rows=len(frame),
        incomplete=incomplete,
    )


def _lacked(rows: int, frame: pd.DataFrame) -> str:
    return f"has no value in {rows:,} of {len(frame):,} rows"


def _too_few(complete: int, rows: int, incomplete: Mapping[str, int]) -> str:
    most = max(incomplete, key=lambda name: incomplete[name], default=None)
    advice = f"; {incomplete[most]:,} have no {most}, so leave it out" if most else ""
    return (
        f"{complete:,} of {rows:,} rows are complete in all columns and a comparison needs "
        f"{FEWEST:,}{advice}"
    )


def _judged(
    name: str,
    seconds: float | None,
    draws: Sequence[pd.DataFrame],
    parts: Split,
    seed: int,
) -> GeneratorResult:
    samples = Samples(
        real=parts.test,
        synthetic=draws[0],
        train=parts.second,
        columns=parts.columns,
        left_out=parts.left_out,
    )
    matched = trials(samples, seed=seed, repeats=1)
    fidelity = measure_fidelity(samples, matched)
    areas = tuple(
        area(parts.test, draw, paired=False, seed=seed + k) for k, draw in enumerate(draws)
    )
    distances = [one.distance for one in fidelity.measurements]
    closest, copies = _privacy(draws[0], parts, seed)
    return GeneratorResult(
        name=name,
        seconds=seconds,
        areas=areas,
        matched=_matched_area(matched[0], seed),
        distances=(float(np.mean(distances)), max(distances)),
        gaps=_correlation_gaps(fidelity),
        medians=fidelity.medians.mean_gap,
        body=_body(draws[0], parts),
        closest=closest,
        copies=copies,
    )


def _matched_area(trial: Trial, seed: int) -> float:
    """Return the area of rows with the same conditions, NaN where they are too few."""
    if not trial.paired or len(trial.real) < FEWEST // 10:
        return float("nan")
    return area(trial.real, trial.synthetic, paired=True, seed=seed)


def _correlation_gaps(fidelity: Fidelity) -> tuple[float, float]:
    found = fidelity.correlations
    gaps = np.abs(found.synthetic - found.real)[np.triu_indices(len(found.names), 1)]
    return (float(np.nanmean(gaps)), float(np.nanmax(gaps))) if gaps.size else (0.0, 0.0)


def _privacy(drawn: pd.DataFrame, parts: Split, seed: int) -> tuple[Estimate, Copies]:
    """Measure closeness to the people learnt, on what is not given, and copies of whole rows."""
    tables = parse_tables(
        worded(parts.train, parts.columns),
        worded(parts.test, parts.columns),
        worded(drawn, parts.columns),
        parts.conditions,
    )
    closest = measure_distances(tables, np.random.default_rng(seed))
    generated = next(one for one in closest.measured if one.columns == "generated columns")
    return generated.share, count_copies(tables)


def _body(frame: pd.DataFrame, parts: Split) -> Body | None:
    by_stem = {column.name.split("_")[0]: column for column in parts.columns}
    if not {"height", "weight"} <= by_stem.keys():
        return None
    height, weight = by_stem["height"], by_stem["weight"]
    tall, heavy = (frame[column.name].to_numpy(np.float64) for column in (height, weight))
    return Body(
        height=(float(tall.mean()), float(tall.std(ddof=1))),
        weight=(float(heavy.mean()), float(heavy.std(ddof=1))),
        distances=(
            distance(parts.test[height.name].to_numpy(np.float64), tall, height),
            distance(parts.test[weight.name].to_numpy(np.float64), heavy, weight),
        ),
        correlation=float(np.corrcoef(tall, heavy)[0, 1]),
    )
