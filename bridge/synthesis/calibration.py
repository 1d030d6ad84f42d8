"""Calibrates the model's people to a country's published means: normal scores, not raw values.

In the triangular flow each measurement k has its own coordinate z_k ~ N(0, 1). A population
sends it to a + b * z_k, a and b by sex and piecewise linear in age, before the flow turns it
into a value; so pairs of measurements, tails and instrument grids stay those of the flow, and a
person keeps the place among their own. a and b are found so that the mean (and the SD or the share
of high values, where it is published; otherwise b = 1) in each sex and age band is the published
one. Children's a and b are `growth`'s, and run straight to those of the adults from five years on.

A share of raised pressure says little of a spread where the mean itself is nearly raised, and of
some people only the diastolic pressure is. So, unless its own means are published, diastolic
pressure gives way too.

    python -m bridge.synthesis.calibration

solves the populations that come with bridge anew, which a change of the model or of their files
makes necessary: without it they are solved at every start, which takes a second or two, or ten
seconds where shares are published.
"""

import json
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np

from bridge.errors import InputError
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.identity import fingerprint
from bridge.synthesis.base_space import (
    UNCALIBRATED,
    US_BIRTH,
    BirthSize,
    Calibration,
    Line,
    packed,
    unpacked,
)
from bridge.synthesis.growth import birth_size, growth_of
from bridge.synthesis.population import FOLDER, Population, load_population, population_names
from bridge.synthesis.reference_sample import SEXES, BandFit, Part, ReferenceSample

__all__ = ["SEXES", "BandFit", "calibration_of", "fits_of", "solve"]

STORED: Final = FOLDER / "calibration.json"

COORDINATE: Final = {"bmi": "weight_kg"}
"""The measurement whose coordinate a measure follows, where they are not the same."""

NEAR: Final = 0.01
"""How near a mean has to come, in SDs; an SD in logs."""

NEAR_SHARE: Final = 0.4
"""How near a share has to come, in percent: one of a hundred sampled people is as much."""

ROUNDS: Final = 40
FARTHEST: Final = 4.0
"""Two countries do not lie more SDs apart."""

SPREADS_DIFFER: Final = 0.1
DIASTOLICS_DIFFER: Final = 0.5
CI_SDS: Final = 1.96
"""By how much, in logs and in SDs, another country's may well differ (a choice): of all spreads and
diastolic pressures that bring a share about, the likeliest are taken."""

OF_INTERVAL: Final = 0.9
"""Which part of its interval a mean may be let off by."""

LARGEST_STEP: Final = 0.3
DAMPED: Final = 0.6
"""Steps, which go by a slope that changes on the way, are taken by so much."""

LEAST_GAIN: Final = 1e-3
"""So that a share that nothing moves is left alone."""

GROWN_YEARS: Final = 16.0
"""Where children's heights meet the adults' (a choice): moved later, girls, who have grown by then,
would become shorter. Weights meet at the first age that has a figure."""

DECIMALS: Final = 3
"""So that two machines, whose last bits differ, calibrate alike."""


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
            lines = tuple(map(unpacked, entry["lines"]))
            return Calibration(lines=lines, birth=_birth(population))
    return solve(population, model)


def solve(population: Population, model: Model) -> Calibration:
    """Find the calibration by fixed-point steps on a quasi-random set of people.

    Every step shifts each band's knot by what its mean lacks, in SDs of the model; neighbouring
    bands share the line between their knots, so it takes a few.
    """
    lines = _Lines(population, model)
    knots = [_Knots.still(part) for part in lines.sample.parts]
    for _ in range(ROUNDS):
        found = lines.through(knots)
        fits = lines.sample.fits(found)
        missed = [each.miss(part) for each, part in zip(knots, fits, strict=True)]
        if all(miss <= NEAR for part in missed for miss in part):
            return found
        knots = [
            each.stepped(part, lines.diastolic_is_free)
            for each, part in zip(knots, fits, strict=True)
        ]
    flat = [
        (miss, fit) for of in zip(missed, fits, strict=True) for miss, fit in zip(*of, strict=True)
    ]
    raise _unreached(population, max(flat, key=itemgetter(0))[1])


def _birth(population: Population) -> BirthSize:
    children = population.vitals.children if population.vitals else None
    return birth_size(children) if children else US_BIRTH


def _unreached(population: Population, worst: BandFit) -> InputError:
    band = worst.band
    wanted = f"a mean of {band.mean:g}"
    found = f"{worst.mean:.1f} (sd {worst.sd:.1f})"
    if band.sd:
        wanted += f" and an sd of {band.sd:g}"
    if band.high:
        wanted += f" and {band.high:g} % of high ones"
        found = f"{worst.mean:.1f} and {worst.high:.1f} %"
    return InputError(
        f"vitals of {population.title}: no calibration gives {worst.measure} of {band.sex} "
        f"{band.first}-{band.last} {wanted}; the nearest is {found}. Look at the figures and "
        "their unit"
    )


def fits_of(population: Population, model: Model, calibration: Calibration) -> list[BandFit]:
    """Hold what calibrated people have against what is published, band by band."""
    return [fit for part in ReferenceSample(population, model).fits(calibration) for fit in part]


def main() -> None:
    """Solve the populations that come with bridge, and store their calibrations."""
    model = load_model("population")
    stored = {}
    for name in population_names():
        population = load_population(name)
        if population.vitals is not None:
            lines = solve(population, model).lines
            stored[name] = {"key": _key(population, model), "lines": list(map(packed, lines))}
    entries = ",\n".join(f"{json.dumps(name)}: {json.dumps(of)}" for name, of in stored.items())
    STORED.write_text(f"{{\n{entries}\n}}\n", encoding="utf-8")


class _Knots(NamedTuple):
    """Shift and stretch at the middle of each band (B,); of raised pressure, the diastolic's too.

    `allowed` is by how many SDs a mean is let off the published one, for its share's sake.
    """

    shift: Floats
    stretch: Floats
    diastolic: Floats
    allowed: Floats

    @classmethod
    def still(cls, part: Part) -> "_Knots":
        count = len(part.bands)
        return cls(np.zeros(count), np.ones(count), np.zeros(count), np.zeros(count))

    def stepped(self, fits: list[BandFit], diastolic_is_free: bool) -> "_Knots":
        here = np.array([self.allowed, np.log(self.stretch), self.diastolic]).T
        pairs = zip(fits, here, strict=True)
        steps = np.array([_spread_step(fit, place, diastolic_is_free) for fit, place in pairs])
        allowed = self.allowed + steps[:, 0]
        lacks = np.array([(fit.band.mean - fit.mean) / fit.sd for fit in fits]) + allowed
        return _Knots(
            np.clip(self.shift + lacks, -FARTHEST, FARTHEST),
            np.clip(self.stretch * np.exp(steps[:, 1]), 1 / FARTHEST, FARTHEST),
            np.clip(self.diastolic + steps[:, 2], -FARTHEST, FARTHEST),
            allowed,
        )

    def miss(self, fits: list[BandFit]) -> list[float]:
        """Tell how far each band is from what is wanted."""
        return [_miss(fit, float(by)) for fit, by in zip(fits, self.allowed, strict=True)]


def _spread_step(fit: BandFit, here: Floats, diastolic_is_free: bool) -> Floats:
    """Return by how much (3,) to let off the mean, stretch in logs, and shift the diastolic.

    `here` (3,) is where they are. Of all that have the share, as far as its slope tells, the step
    leads towards those that lie nearest to the survey's, each in what it may well differ by.
    """
    if fit.band.sd is not None:
        return np.array([0.0, np.log(fit.band.sd / fit.sd), 0.0])
    if fit.band.high is None:
        return np.zeros(3)
    most = OF_INTERVAL * (fit.band.ci or 0.0) / fit.sd
    likely = np.array([most / CI_SDS, SPREADS_DIFFER, DIASTOLICS_DIFFER * diastolic_is_free])
    slope = np.array(fit.slope)
    place = here
    for _ in range(2):
        gain = likely**2 * slope
        wanted = fit.band.high - fit.high + slope @ here - slope @ (place * (likely == 0))
        place = np.where(likely == 0, place, gain * wanted / (slope @ gain + LEAST_GAIN))
        if abs(place[0]) <= most:
            break
        # The mean goes no farther than its interval: what is lacking then, the others bring about.
        place[0] = np.clip(place[0], -most, most)
        likely[0] = 0.0
    step = DAMPED * (place - here)
    return np.asarray(step * min(1.0, LARGEST_STEP / float(np.abs(step).max() + 1e-9)))


class _Lines:
    """Lays a population's lines through their knots."""

    def __init__(self, population: Population, model: Model) -> None:
        assert population.vitals is not None
        self.sample = ReferenceSample(population, model)
        children = population.vitals.children
        growth = growth_of(children.growth) if children else ()
        self._birth = _birth(population)
        self._growth = {line[:2]: line for line in growth}
        measures = {part.figures.measure for part in self.sample.parts}
        self.diastolic_is_free = "dbp_mmhg" not in measures

    def through(self, knots: list[_Knots]) -> Calibration:
        """Return the calibration that has these knots."""
        lines: list[Line] = []
        for part, each in zip(self.sample.parts, knots, strict=True):
            measure = part.figures.measure
            name = COORDINATE.get(measure, measure)
            lines.append(self._line(part, name, each.shift, each.stretch))
            if each.diastolic.any():
                still = np.ones(len(each.diastolic))
                lines.append(self._line(part, "dbp_mmhg", each.diastolic, still))
        return Calibration(lines=tuple(lines), birth=self._birth)

    def _line(self, part: Part, name: str, shift: Floats, stretch: Floats) -> Line:
        """Lay a line through the knots, and before them as the figures or the children ask."""
        figures = part.figures
        years = np.array([self.sample.middle(part, band) for band in part.bands])
        first = float(part.bands[0].first)
        if (child := self._growth.get((name, part.sex))) is not None:
            grown = GROWN_YEARS if name == "height_cm" else first
            years = np.concatenate([child.years, [grown], years])
            shift = np.concatenate([child.shift, shift[:1], shift])
            stretch = np.concatenate([child.stretch, stretch[:1], stretch])
        elif (until := figures.survey_until) is not None:
            full = first if figures.full_from is None else float(figures.full_from)
            years = np.concatenate([[float(until), full], years])
            shift = np.concatenate([[0.0], shift[:1], shift])
            stretch = np.concatenate([[1.0], stretch[:1], stretch])
        return Line(name, part.sex, *(np.round(x, DECIMALS) for x in (years, shift, stretch)))


def _miss(fit: BandFit, allowed: float) -> float:
    """Tell how far a band is from what is wanted, in SDs, or as if NEAR_SHARE were NEAR."""
    spread = abs(np.log(fit.sd / fit.band.sd)) if fit.band.sd else 0.0
    share = abs(fit.band.high - fit.high) * NEAR / NEAR_SHARE if fit.band.high else 0.0
    return max(abs((fit.band.mean - fit.mean) / fit.sd + allowed), float(spread), share)


def _key(population: Population, model: Model) -> str:
    """Tell the figures and the flow that a calibration is solved of; words beside them are not."""
    described = population.model_dump(mode="json", include={"pyramid", "vitals"}, exclude_none=True)
    children = population.vitals.children if population.vitals else None
    growth = [packed(line) for line in growth_of(children.growth)] if children else []
    figures = _without_words(described)
    return fingerprint({"model": model.fingerprint, "growth": growth, "figures": figures})


def _without_words(described: Any) -> Any:
    if isinstance(described, list):
        return [_without_words(each) for each in described]
    if not isinstance(described, dict):
        return described
    return {
        key: _without_words(value)
        for key, value in described.items()
        if key != "about" and not key.endswith("source")
    }


if __name__ == "__main__":
    main()
