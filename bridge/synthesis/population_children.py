"""What is published of a country's children under five: stunting, overweight, birth weight ...

Their lengths and weights are moved as `growth` says, one of the moves in populations/growth.json,
which `growth_solving` found from figures like these. A file of one's own names the country whose
children its own are likest.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from bridge.yaml_files import YamlModel

UNDER_FIVE_MONTHS: Final = 60

Months = Annotated[int, Field(ge=0, lt=UNDER_FIVE_MONTHS)]
Percent = Annotated[float, Field(ge=0, le=100)]
Source = Annotated[str, Field(min_length=20)]


class Share(YamlModel):
    """A percentage of `n` children, with its standard error where it is published."""

    percent: Percent
    se: Annotated[float, Field(gt=0)] | None = None
    n: Annotated[int, Field(gt=0)]

    @property
    def error(self) -> float:
        """Return the standard error; of a share without one, that of a plain sample of n."""
        if self.se is not None:
            return self.se
        share = min(max(self.percent / 100, 1 / self.n), 1 - 1 / self.n)
        return float(100 * (share * (1 - share) / self.n) ** 0.5)


class BirthWeight(YamlModel):
    """Mean and SD in grams, of girls and boys together."""

    mean: Annotated[float, Field(ge=2000, le=4500)]
    sd: Annotated[float, Field(ge=200, le=800)]


class ChildBand(YamlModel):
    """One sex between two ages in completed months, both included.

    Stunted: length for age under -2 SD of the WHO standard. Overweight: weight for length over 2.
    """

    sex: Literal["F", "M"]
    from_months: Months
    to_months: Months
    stunting: Share
    overweight: Share


class PublishedChildren(YamlModel):
    """A country's published figures of children under five, each with its source."""

    growth: str
    """Whose solved moves they follow."""
    source: Source
    height_sd: Annotated[float, Field(ge=0.8, le=1.6)]
    """The SD of length for age, in SDs of the standard; what is over 1.35 is error of measuring."""
    wasting: Share
    """Weight for length under -2, at all ages under five."""
    wasting_source: Source
    birth_weight_g: BirthWeight
    birth_weight_source: Source
    bands: Annotated[list[ChildBand], Field(min_length=2)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for sex in ("F", "M"):
            edges = [0]
            for band in self.of(sex):
                if band.from_months != edges[-1] or band.to_months < band.from_months:
                    raise ValueError(f"bands: {sex}: expected one from {edges[-1]} months")
                edges.append(band.to_months + 1)
            if edges[-1] != UNDER_FIVE_MONTHS:
                raise ValueError(f"bands: {sex}: the last one ends with 59 months")
        return self

    def of(self, sex: str) -> list[ChildBand]:
        """Return one sex's bands, in the order of the file."""
        return [band for band in self.bands if band.sex == sex]
