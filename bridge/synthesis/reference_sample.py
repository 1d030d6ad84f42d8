"""The quasi-random people whom a calibration is solved on, and what they have, band by band."""

from collections.abc import Callable
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.chart import Sex
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.synthesis.base_space import Calibration
from bridge.synthesis.population import Population
from bridge.synthesis.population_vitals import (
    HIGH,
    HIGH_DBP,
    OLDEST_YEARS,
    WHO_STANDARD,
    Figures,
    Mean,
    Measure,
)
from bridge.synthesis.vitals import implausible

PAIRS_A_YEAR: Final = 40
"""Base points and their opposites, for each sex and year of age: a band's mean is within .01 SD."""

PAIRS_FOR_SHARES: Final = 160
"""As many where shares are published: a band's share is within half a percent."""

OLDEST_DRAWN: Final = 90
SEXES: Final[tuple[Sex, ...]] = ("F", "M")

NUDGE: Final = 0.1
"""By how much a mean, a spread or a diastolic pressure is moved to see what a share does."""


class Part(NamedTuple):
    """What is published of one measure in one sex."""

    figures: Figures
    sex: Sex

    @property
    def bands(self) -> list[Mean]:
        """Return its bands, in the order of the file."""
        return self.figures.of(self.sex)


class BandFit(NamedTuple):
    """A published band and what the calibrated model has in it; shares are in percent.

    `slope` says how much the high share gains by a mean one SD higher, by a spread e times as wide,
    and by diastolic pressures one SD higher.
    """

    measure: Measure
    band: Mean
    mean: float
    sd: float
    high: float = 0.0
    slope: tuple[float, float, float] = (0.0, 0.0, 0.0)


class ReferenceSample:
    """Quasi-random people of all ages that a population's figures speak of."""

    def __init__(self, population: Population, model: Model) -> None:
        """Draw them for all figures of a population that has some."""
        assert population.vitals is not None
        self._model = model
        self._own = _own_weights(population)
        self.parts = [
            Part(figures, sex)
            for figures in population.vitals.figures
            for sex in SEXES
            if figures.of(sex)
        ]
        bands = [band for part in self.parts for band in part.bands]
        pairs = PAIRS_FOR_SHARES if any(band.high for band in bands) else PAIRS_A_YEAR
        first = min(band.first for band in bands)
        last = min(max(band.last for band in bands), OLDEST_DRAWN)
        years = np.arange(first, last + 1, 1 / pairs) + 0.5 / pairs
        normals = quasi_normals(len(years), len(model.columns))
        self._years = np.tile(years, 2 * len(SEXES))
        self._sex = np.repeat(np.array(SEXES), 2 * len(years))
        self._z = np.tile(np.concatenate([normals, -normals]), (len(SEXES), 1))

    def fits(self, calibration: Calibration) -> list[list[BandFit]]:
        """Measure the calibrated people: every band of every part."""
        person = {"sex": self._sex, "age_months": self._years * 12}
        names = self._model.outputs
        values = self._model.values(calibration.calibrated(self._z, names, person), person)
        of = dict(zip(names, values.T, strict=True))
        of["bmi"] = of["weight_kg"] / (of["height_cm"] / 100) ** 2
        # Without those who are drawn again: else the means would be off by what they lack.
        possible = ~implausible(of, self._years * 12)
        return [[self._fit(part, band, of, possible) for band in part.bands] for part in self.parts]

    def middle(self, part: Part, band: Mean) -> float:
        """Return the mean age of a band's people."""
        years = np.arange(band.first, min(band.last, OLDEST_DRAWN) + 1)
        return float(np.average(years + 0.5, weights=self._weights(part)[years]))

    def _fit(
        self, part: Part, band: Mean, of: dict[str, Floats], possible: NDArray[np.bool_]
    ) -> BandFit:
        measure = part.figures.measure
        inside = possible & (self._years >= band.first) & (self._years < band.last + 1)
        inside &= self._sex == part.sex
        weights = self._weights(part)[self._years[inside].astype(np.int64)]
        values = of[measure][inside]
        mean = float(np.average(values, weights=weights))
        sd = float(np.average((values - mean) ** 2, weights=weights)) ** 0.5
        if measure not in HIGH:
            return BandFit(measure, band, mean, sd)
        diastolic = of["dbp_mmhg"][inside] if measure == "sbp_mmhg" else None
        high = _high_share(HIGH[measure], values, diastolic, weights)
        return BandFit(measure, band, mean, sd, high(0, 0, 0), _slope(high))

    def _weights(self, part: Part) -> Floats:
        """Return how many people there are of each year of age, whoever they are counted by."""
        return _WHO_WEIGHTS if part.figures.standard == "who" else self._own[part.sex]


def _high_share(
    limit: float, values: Floats, diastolic: Floats | None, weights: Floats
) -> Callable[[float, float, float], float]:
    """Return which percentage is high if the mean, the spread and the diastolic were moved."""
    mean, sd = values.mean(), values.std()

    def high(higher: float, wider: float, raised: float) -> float:
        found = mean + higher * sd + np.exp(wider) * (values - mean) >= limit
        if diastolic is not None:
            found |= diastolic + raised * diastolic.std() >= HIGH_DBP
        return float(100 * np.average(found, weights=weights))

    return high


def _slope(high: Callable[[float, float, float], float]) -> tuple[float, float, float]:
    up, down = (
        [high(*step) for step in ((by, 0.0, 0.0), (0.0, by, 0.0), (0.0, 0.0, by))]
        for by in (NUDGE, -NUDGE)
    )
    mean, spread, diastolic = ((a - b) / (2 * NUDGE) for a, b in zip(up, down, strict=True))
    return mean, spread, diastolic


def _own_weights(population: Population) -> dict[Sex, Floats]:
    """Spread the pyramid over single years of age; a person more, so that none is empty."""
    counts = {sex: np.ones(OLDEST_YEARS + 1) for sex in SEXES}
    for band in population.pyramid.bands:
        years = slice(band.first, band.last + 1)
        width = band.last + 1 - band.first
        counts["F"][years] += band.female / width
        counts["M"][years] += band.male / width
    return counts


_WHO_WEIGHTS: Final[Floats] = np.zeros(OLDEST_YEARS + 1)
_WHO_WEIGHTS[: 5 * len(WHO_STANDARD)] = np.repeat(WHO_STANDARD, 5)


def quasi_normals(count: int, columns: int) -> Floats:
    """Return a Kronecker sequence of N(0, 1) numbers: every stretch of it is spread evenly.

    Its steps are powers of the root of x ** (columns + 1) = x + 1, the golden ratio of more
    dimensions (Roberts, The unreasonable effectiveness of quasirandom sequences, 2018).
    """
    root = 2.0
    for _ in range(50):
        root = (1 + root) ** (1 / (columns + 1))
    steps = root ** -np.arange(1.0, columns + 1)
    uniforms = (0.5 + np.arange(1, count + 1)[:, None] * steps) % 1
    inverse = NormalDist().inv_cdf
    return np.array([[inverse(u) for u in row] for row in uniforms.tolist()])
