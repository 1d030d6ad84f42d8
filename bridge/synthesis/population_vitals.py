"""What a country's published tables say of its vital signs: means and spreads by sex and age."""

from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from bridge.synthesis.population_children import PublishedChildren
from bridge.yaml_files import YamlModel

Measure = Literal["height_cm", "bmi", "sbp_mmhg", "dbp_mmhg"]

PLAUSIBLE: Final[dict[Measure, tuple[float, float]]] = {
    "height_cm": (45.0, 190.0),
    "bmi": (12.0, 40.0),
    "sbp_mmhg": (80.0, 180.0),
    "dbp_mmhg": (45.0, 115.0),
}
"""No country's mean lies outside: it is a slip of the pen, or another unit."""

HIGH: Final[dict[Measure, float]] = {"bmi": 30.0, "sbp_mmhg": 140.0}
"""From where on a value is `high`: obesity, and raised pressure (or a diastolic of HIGH_DBP)."""

HIGH_DBP: Final = 90.0

OLDEST_YEARS: Final = 120

YOUNGEST_PRESSURE_YEARS: Final = 8
"""The survey measures no blood pressure under eight, so there is none to be calibrated."""

WHO_STANDARD: Final = (
    *(8.86, 8.69, 8.60, 8.47, 8.22, 7.93, 7.61, 7.15, 6.59),
    *(6.04, 5.37, 4.55, 3.72, 2.96, 2.21, 1.52, 0.91, 0.63),
)
"""The WHO World Standard Population: percent in 0-4, 5-9 .. 85-89 (Ahmad et al., Age
standardization of rates, GPE Discussion Paper 31, WHO 2001; as in the R package SocEpi)."""

CHILDREN_MEET: Final[tuple[Measure, ...]] = ("height_cm", "bmi")

Years = Annotated[int, Field(ge=0, le=OLDEST_YEARS)]


class Mean(YamlModel):
    """The mean of one sex between two ages, both included; and its spread, where it is published.

    The spread is an SD, or the percentage of people who are `high`: 140 or 90 mmHg and over, a body
    mass index of 30 and over. `ci` is half the width of the mean's 95 % interval: where mean and
    share do not go together, the mean gives way within it.
    """

    sex: Literal["F", "M"]
    first: Annotated[Years, Field(alias="from")]
    last: Annotated[Years, Field(alias="to")]
    mean: float
    sd: Annotated[float, Field(gt=0)] | None = None
    high: Annotated[float, Field(gt=0, lt=100)] | None = None
    ci: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("to: comes after from")
        if self.sd is not None and self.high is not None:
            raise ValueError("high: a band has an sd or a high share, and the other follows")
        return self


class Figures(YamlModel):
    """One measure's published figures.

    `standard` says whose ages a mean is weighted by: the country's own, or (age-standardised
    figures) the WHO standard's. Up to the age `survey_until` the survey's values stay as they
    are; from there the shift grows evenly until it is whole at `full_from`, or at the first age
    of the bands. Without `survey_until` the first band's shift holds for all who are younger.
    """

    measure: Measure
    source: Annotated[str, Field(min_length=20)]
    standard: Literal["own", "who"] = "own"
    survey_until: Years | None = None
    full_from: Years | None = None
    bands: Annotated[list[Mean], Field(min_length=1)]

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        low, high = PLAUSIBLE[self.measure]
        for band in self.bands:
            if not low <= band.mean <= high:
                raise ValueError(
                    f"bands: a mean of {self.measure} lies between {low:g} and {high:g}, "
                    f"not at {band.mean:g}"
                )
        return self

    @model_validator(mode="after")
    def _measured(self) -> Self:
        youngest = YOUNGEST_PRESSURE_YEARS if self.measure.endswith("mmhg") else 0
        if min(band.first for band in self.bands) < youngest:
            raise ValueError(f"bands: bridge has no blood pressure under {youngest} years")
        return self

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for sex in ("F", "M"):
            bands = self.of(sex)
            for below, above in pairwise(bands):
                if above.first <= below.last:
                    raise ValueError(f"bands: {sex}: after {below.last} comes a higher from")
            if len({band.sd is None for band in bands}) == 2:
                raise ValueError(f"bands: {sex}: give every band an sd, or none")
            if len({band.high is None for band in bands}) == 2:
                raise ValueError(f"bands: {sex}: give every band a high share, or none")
        return self

    @model_validator(mode="after")
    def _judged(self) -> Self:
        if self.measure not in HIGH and any(band.high is not None for band in self.bands):
            raise ValueError(f"bands: high goes with {' and '.join(HIGH)}")
        return self

    @model_validator(mode="after")
    def _reached(self) -> Self:
        first = min(band.first for band in self.bands)
        if self.full_from is not None and self.survey_until is None:
            raise ValueError("full_from: goes with survey_until")
        if self.survey_until is not None and self.survey_until >= (self.full_from or first):
            raise ValueError("survey_until: lies below full_from and the first band")
        if self.full_from is not None and self.full_from > first:
            raise ValueError("full_from: lies at or below the first band")
        return self

    def of(self, sex: str) -> list[Mean]:
        """Return one sex's bands, in the order of the file."""
        return [band for band in self.bands if band.sex == sex]


class PublishedVitals(YamlModel):
    """What a population's vital signs are calibrated to; `about` says what is missing."""

    about: str
    children: PublishedChildren | None = None
    """None: under five the survey's children stay, or are moved as the figures of adults say."""
    figures: Annotated[list[Figures], Field(min_length=1)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        measures = [figures.measure for figures in self.figures]
        if len(set(measures)) < len(measures):
            raise ValueError("figures: each measure stands once")
        return self

    @model_validator(mode="after")
    def _joined(self) -> Self:
        """Children are led to their own country's adults, hence these have to be known."""
        if self.children is None:
            return self
        found = {figures.measure: figures for figures in self.figures}
        for measure in CHILDREN_MEET:
            figures = found.get(measure)
            if figures is None or not (figures.of("F") and figures.of("M")):
                raise ValueError(f"children: need {measure} of grown-up women and men to grow to")
            if figures.survey_until is not None:
                raise ValueError(
                    f"figures: {measure}: survey_until and full_from do not go with children, who "
                    "are moved from birth on"
                )
        return self
