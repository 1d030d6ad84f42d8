"""Calibrates the model's people to a country's published means: normal scores, not raw values.

In the triangular flow each measurement k has its own coordinate z_k ~ N(0, 1). A population
sends it to a + b * z_k, a and b by sex and piecewise linear in age, before the flow turns it
into a value; so pairs of measurements, tails and instrument grids stay those of the flow, and a
person keeps the place among their own. a and b are found so that the mean (and the SD, where it
is published; otherwise b = 1) in each sex and age band is the published one.

    python -m bridge.synthesis.calibration

solves the populations that come with bridge anew, which a change of the model or of their files
makes necessary: without it they are solved at every start, which takes a second or two.
"""

import json
from statistics import NormalDist
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.chart import Sex
from bridge.errors import InputError
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.identity import fingerprint
from bridge.synthesis.base_space import UNCALIBRATED, Calibration, Line
from bridge.synthesis.population import FOLDER, Population, load_population, population_names
from bridge.synthesis.population_vitals import OLDEST_YEARS, WHO_STANDARD, Figures, Mean
from bridge.synthesis.vitals import implausible

STORED: Final = FOLDER / "calibration.json"

COORDINATE: Final = {"bmi": "weight_kg"}
"""The measurement whose coordinate a measure follows, where they are not the same."""

PAIRS_A_YEAR: Final = 40
"""Base points and their opposites, for each sex and year of age: a band's mean is within .01 SD."""

OLDEST_DRAWN: Final = 90
NEAR: Final = 0.01
"""How near a mean has to come, in SDs; an SD in logs."""

ROUNDS: Final = 15
FARTHEST: Final = 4.0
"""Two countries do not lie more SDs apart."""

SEXES: Final[tuple[Sex, ...]] = ("F", "M")

DECIMALS: Final = 3
"""So that two machines, whose last bits differ, calibrate alike."""


class BandFit(NamedTuple):
    """A published band and what the calibrated model has in it."""

    measure: str
    band: Mean
    mean: float
    sd: float


def calibration_of(population: Population, model: Model) -> Calibration:
    """Return a population's calibration: the stored one where it fits, or solved anew.

    Raises InputError where no calibration gives a published mean.
    """
    if population.vitals is None:
        return UNCALIBRATED
    key = _key(population, model)
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    for entry in stored.values():
        if entry["key"] == key:
            return _unpack(entry["lines"])
    return solve(population, model)


def solve(population: Population, model: Model) -> Calibration:
    """Find the calibration by fixed-point steps on a quasi-random set of people.

    Every step shifts each band's knot by what its mean lacks, in SDs of the model; neighbouring
    bands share the line between their knots, so it takes a few.
    """
    sample = _ReferenceSample(population, model)
    knots = [_Knots.still(part) for part in sample.parts]
    for _ in range(ROUNDS):
        found = Calibration(lines=tuple(map(sample.line, sample.parts, knots)))
        fits = sample.fits(found)
        if all(_miss(fit) <= NEAR for part in fits for fit in part):
            return found
        knots = [each.stepped(part) for each, part in zip(knots, fits, strict=True)]
    worst = max((fit for part in fits for fit in part), key=_miss)
    band = worst.band
    wanted_sd = f" and an sd of {band.sd:g}" if band.sd else ""
    raise InputError(
        f"vitals of {population.title}: no calibration gives {worst.measure} of {band.sex} "
        f"{band.first}-{band.last} a mean of {band.mean:g}{wanted_sd}; "
        f"the nearest is {worst.mean:.1f} (sd {worst.sd:.1f}). Look at the figures and their unit"
    )


def fits_of(population: Population, model: Model, calibration: Calibration) -> list[BandFit]:
    """Hold what calibrated people have against what is published, band by band."""
    return [fit for part in _ReferenceSample(population, model).fits(calibration) for fit in part]


def main() -> None:
    """Solve the populations that come with bridge, and store their calibrations."""
    model = load_model("population")
    stored = {}
    for name in population_names():
        population = load_population(name)
        if population.vitals is not None:
            lines = solve(population, model).lines
            stored[name] = {"key": _key(population, model), "lines": list(map(_pack, lines))}
    entries = ",\n".join(f"{json.dumps(name)}: {json.dumps(of)}" for name, of in stored.items())
    STORED.write_text(f"{{\n{entries}\n}}\n", encoding="utf-8")


class _Part(NamedTuple):
    """What is published of one measure in one sex."""

    figures: Figures
    sex: Sex

    @property
    def bands(self) -> list[Mean]:
        return self.figures.of(self.sex)


class _Knots(NamedTuple):
    """Shift and stretch at the middle of each band (B,)."""

    shift: Floats
    stretch: Floats

    @classmethod
    def still(cls, part: _Part) -> "_Knots":
        return cls(np.zeros(len(part.bands)), np.ones(len(part.bands)))

    def stepped(self, fits: list[BandFit]) -> "_Knots":
        lacks = np.array([(fit.band.mean - fit.mean) / fit.sd for fit in fits])
        wider = np.array([(fit.band.sd or fit.sd) / fit.sd for fit in fits])
        shift = np.clip(self.shift + lacks, -FARTHEST, FARTHEST)
        return _Knots(shift, np.clip(self.stretch * wider, 1 / FARTHEST, FARTHEST))


class _ReferenceSample:
    """Quasi-random people of all ages that a population's figures speak of."""

    def __init__(self, population: Population, model: Model) -> None:
        assert population.vitals is not None
        self._model = model
        self._own = _own_weights(population)
        self.parts = [
            _Part(figures, sex)
            for figures in population.vitals.figures
            for sex in SEXES
            if figures.of(sex)
        ]
        bands = [band for part in self.parts for band in part.bands]
        first = min(band.first for band in bands)
        last = min(max(band.last for band in bands), OLDEST_DRAWN)
        years = np.arange(first, last + 1, 1 / PAIRS_A_YEAR) + 0.5 / PAIRS_A_YEAR
        normals = _normals(len(years), len(model.columns))
        self._years = np.tile(years, 2 * len(SEXES))
        self._sex = np.repeat(np.array(SEXES), 2 * len(years))
        self._z = np.tile(np.concatenate([normals, -normals]), (len(SEXES), 1))

    def line(self, part: _Part, knots: _Knots) -> Line:
        """Lay a line through the knots, and before them as the figures ask."""
        figures, (shift, stretch) = part.figures, knots
        weights = self._weights(part)
        years = np.array([_middle(band, weights) for band in part.bands])
        if (until := figures.survey_until) is not None:
            full = part.bands[0].first if figures.full_from is None else figures.full_from
            years = np.concatenate([[until, full], years])
            shift = np.concatenate([[0.0, shift[0]], shift])
            stretch = np.concatenate([[1.0, stretch[0]], stretch])
        name = COORDINATE.get(figures.measure, figures.measure)
        return Line(name, part.sex, *(np.round(x, DECIMALS) for x in (years, shift, stretch)))

    def fits(self, calibration: Calibration) -> list[list[BandFit]]:
        """Measure the calibrated people: every band of every part."""
        person = {"sex": self._sex, "age_months": self._years * 12}
        names = self._model.outputs
        values = self._model.values(calibration.calibrated(self._z, names, person), person)
        of = dict(zip(names, values.T, strict=True))
        of["bmi"] = of["weight_kg"] / (of["height_cm"] / 100) ** 2
        possible = self._possible(of)
        return [
            [self._fit(part, band, of[part.figures.measure], possible) for band in part.bands]
            for part in self.parts
        ]

    def _possible(self, of: dict[str, Floats]) -> NDArray[np.bool_]:
        """Tell who is not drawn again: without them the means would be off by what they lack."""
        return ~implausible(of, self._years * 12)

    def _fit(self, part: _Part, band: Mean, values: Floats, possible: NDArray[np.bool_]) -> BandFit:
        inside = possible & (self._years >= band.first) & (self._years < band.last + 1)
        inside &= self._sex == part.sex
        weights = self._weights(part)[self._years[inside].astype(np.int64)]
        mean = float(np.average(values[inside], weights=weights))
        variance = float(np.average((values[inside] - mean) ** 2, weights=weights))
        return BandFit(part.figures.measure, band, mean, variance**0.5)

    def _weights(self, part: _Part) -> Floats:
        """Return how many people there are of each year of age, whoever they are counted by."""
        return _WHO_WEIGHTS if part.figures.standard == "who" else self._own[part.sex]


def _miss(fit: BandFit) -> float:
    """Tell how far a band is from what is published, in SDs."""
    spread = abs(np.log(fit.sd / fit.band.sd)) if fit.band.sd else 0.0
    return max(abs(fit.mean - fit.band.mean) / fit.sd, float(spread))


def _middle(band: Mean, weights: Floats) -> float:
    last = min(band.last, OLDEST_DRAWN)
    years = np.arange(band.first, last + 1)
    return float(np.average(years + 0.5, weights=weights[years]))


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


def _normals(count: int, columns: int) -> Floats:
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


def _key(population: Population, model: Model) -> str:
    described = population.model_dump(mode="json", include={"pyramid", "vitals"})
    return fingerprint({"model": model.fingerprint, **described})


def _pack(line: Line) -> dict[str, Any]:
    return {
        field: value.tolist() if isinstance(value, np.ndarray) else value
        for field, value in line._asdict().items()
    }


def _unpack(lines: list[dict[str, Any]]) -> Calibration:
    knots = ("years", "shift", "stretch")
    return Calibration(
        lines=tuple(
            Line(line["measurement"], line["sex"], *(np.array(line[knot]) for knot in knots))
            for line in lines
        )
    )


if __name__ == "__main__":
    main()
