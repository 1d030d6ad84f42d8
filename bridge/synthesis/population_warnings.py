"""What in a population file is allowed, and yet looks like a slip of the pen."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from bridge.flows.model import Model
from bridge.synthesis.base_space import Calibration
from bridge.synthesis.calibration import SEXES
from bridge.synthesis.population import Band, Population, Pyramid

JUMP: Final = 3.0
"""No two neighbouring five-year bands of a country's census differ more, until old age."""

FIRST_OLD_YEAR: Final = 70
ENOUGH_NAMES: Final = 40
SHRINKS_CM: Final = 0.3
"""What the survey's own medians of late youth wobble by is less."""


def warnings(population: Population, model: Model, calibration: Calibration) -> list[str]:
    """List what is to be looked at again, each with its key."""
    return [
        *_of_pyramid(population.pyramid),
        *_of_places(population),
        *_of_names(population),
        *_of_growth(model, calibration),
    ]


def _of_pyramid(pyramid: Pyramid) -> Iterator[str]:
    for below, above in pairwise(pyramid.bands):
        if above.first >= FIRST_OLD_YEAR:
            break
        for sex in ("female", "male"):
            few, many = sorted((_a_year(below, sex), _a_year(above, sex)))
            if many > JUMP * few:
                yield (
                    f"pyramid.bands: {sex} of {below.first}-{below.last} and {above.first}-"
                    f"{above.last} are {_a_year(below, sex):,.0f} and {_a_year(above, sex):,.0f} "
                    "for each year of age: is a digit missing?"
                )
    for band in pyramid.bands:
        few, many = sorted((band.female, band.male))
        if band.first < FIRST_OLD_YEAR and many > JUMP * few:
            yield (
                f"pyramid.bands: {band.first}-{band.last} has {band.female:,} women and "
                f"{band.male:,} men: is a digit missing?"
            )


def _a_year(band: Band, sex: str) -> float:
    people: int = getattr(band, sex)
    return people / (band.last + 1 - band.first)


def _of_places(population: Population) -> Iterator[str]:
    everybody = sum(band.female + band.male for band in population.pyramid.bands)
    in_towns = sum(town.people for town in population.places.towns)
    if in_towns > everybody:
        yield (
            f"places.towns: {in_towns:,} people live in towns, and the pyramid has {everybody:,}: "
            "is one of the two in thousands, or a town in its suburbs again?"
        )


def _of_names(population: Population) -> Iterator[str]:
    names = population.names
    lists = {f"given.{sex}": listed for sex, listed in names.given.items()}
    for key, listed in (lists | {"family": names.family}).items():
        if len(listed) < ENOUGH_NAMES:
            yield f"names.{key}: with {len(listed)} names many patients will share one"
        if twice := sorted({name for name in listed if listed.count(name) > 1}):
            yield f"names.{key}: twice: {', '.join(twice)}"


def _of_growth(model: Model, calibration: Calibration) -> Iterator[str]:
    """Follow a child of middling size, whose height must not fall where the calibration grows."""
    height = model.outputs.index("height_cm")
    years = np.arange(2.0, 20.5, 0.5)
    for sex in SEXES:
        person = {"sex": np.full(len(years), sex), "age_months": years * 12}
        z = np.zeros((len(years), len(model.outputs)))
        heights = model.values(calibration.calibrated(z, model.outputs, person), person)[:, height]
        for year, grown in zip(years, np.diff(heights), strict=False):
            if grown < -SHRINKS_CM:
                yield (
                    f"vitals.figures.height_cm: children ({sex}) get {-grown:.1f} cm shorter from "
                    f"{year:g} to {year + 0.5:g} years: let full_from be lower"
                )
                break
