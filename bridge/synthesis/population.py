"""Who comes: ages, sexes, names and places of a country, each with its source."""

import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, PositiveInt, model_validator

from bridge.errors import InputError
from bridge.identity import fingerprint
from bridge.records import Address
from bridge.synthesis.population_vitals import PublishedVitals
from bridge.yaml_files import YamlModel, load_yaml, nearest

FOLDER = Path(__file__).parent / "populations"

Floats = NDArray[np.float64]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; IANA names are like Africa/Nairobi"
        ) from error
    return name


class Facility(YamlModel):
    """Where and when the clinic is open."""

    time_zone: Annotated[str, AfterValidator(_zone)]
    opens: datetime.time
    closes: datetime.time
    days: Annotated[list[Day], Field(min_length=1)]
    source: str

    @model_validator(mode="after")
    def _open_long_enough(self) -> Self:
        if _minutes(self.closes) - _minutes(self.opens) < 120:
            raise ValueError("closes: a facility is open for two hours at least")
        return self

    @property
    def minutes(self) -> tuple[int, int]:
        """When it opens and closes, in minutes after midnight."""
        return _minutes(self.opens), _minutes(self.closes)


class Band(YamlModel):
    """People counted between two ages in completed years, both included."""

    first: Annotated[int, Field(alias="from", ge=0, le=120)]
    last: Annotated[int, Field(alias="to", ge=0, le=120)]
    female: Annotated[int, Field(ge=0)]
    male: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("to: comes after from")
        return self


class Pyramid(YamlModel):
    """How many people there are of each age and sex."""

    source: str
    year: int
    bands: Annotated[list[Band], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for below, above in zip(self.bands, self.bands[1:], strict=False):
            if above.first != below.last + 1:
                raise ValueError(f"bands: after {below.last} comes from: {below.last + 1}")
        if not any(band.female + band.male for band in self.bands):
            raise ValueError("bands: nobody is counted")
        return self


Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(min_length=1)]


class NameLists(YamlModel):
    """Names by sex; `never` lists pairs that would name a known person."""

    source: str
    given: dict[Literal["F", "M"], Names]
    family: Names
    never: tuple[tuple[str, str], ...] = ()

    @model_validator(mode="after")
    def _both_sexes(self) -> Self:
        if missing := {"F", "M"} - self.given.keys():
            raise ValueError(f"given: names of {' and '.join(sorted(missing))} are missing")
        return self


class Town(YamlModel):
    """A place people come from, and how many live there."""

    city_village: str
    state_province: str
    people: PositiveInt


class Places(YamlModel):
    """Where people live."""

    source: str
    country: str
    towns: Annotated[list[Town], Field(min_length=1)]


class Person(NamedTuple):
    """One person drawn from a population."""

    sex: Literal["F", "M"]
    age_days: int
    given_name: str
    family_name: str
    address: Address


DRAWS = 6
"""Uniform numbers that one person takes."""

YOUNGEST_DAYS = 7
"""A week old: time enough for a first visit on a working day."""


class Population(YamlModel):
    """A kind of people, as its file describes it."""

    title: str
    about: str
    facility: Facility
    pyramid: Pyramid
    names: NameLists
    places: Places
    vitals: PublishedVitals | None = None
    """None: no published figures, and the survey's vitals."""

    def person(self, draws: Floats) -> Person:
        """Draw a person; `draws` (DRAWS,) are uniform in [0, 1)."""
        group = int(np.searchsorted(self._groups, draws[0], side="right"))
        band = self.pyramid.bands[group // 2]
        sex: Literal["F", "M"] = "F" if group % 2 == 0 else "M"
        return Person(
            sex,
            _age_days(band, draws[1]),
            *self.name(sex, draws[2], draws[3]),
            self.address(draws[4]),
        )

    def name(self, sex: Literal["F", "M"], first: float, second: float) -> tuple[str, str]:
        """Draw a given and a family name; a pair that is not to be made gives way to the next."""
        given = _pick(self.names.given[sex], first)
        families = self.names.family
        start = int(second * len(families))
        for step in range(len(families)):
            family = families[(start + step) % len(families)]
            if (given, family) not in self._never:
                break
        return given, family

    def address(self, draw: float) -> Address:
        """Draw a place, the larger the likelier."""
        town = self.places.towns[int(np.searchsorted(self._towns, draw, side="right"))]
        return Address(
            city_village=town.city_village,
            state_province=town.state_province,
            country=self.places.country,
        )

    @cached_property
    def _groups(self) -> Floats:
        return _shares([n for band in self.pyramid.bands for n in (band.female, band.male)])

    @cached_property
    def _towns(self) -> Floats:
        return _shares([town.people for town in self.places.towns])

    @cached_property
    def _never(self) -> frozenset[tuple[str, str]]:
        return frozenset(self.names.never)


def load_population(name: str) -> Population:
    """Load a population that comes with bridge, or the file at a path; raise InputError."""
    return load_yaml(population_path(name), Population)


def population_path(name: str) -> Path:
    """Return the file of a population: a name that comes with bridge, or a path.

    Raises InputError with the nearest name where it is neither.
    """
    known = population_names()
    if name in known:
        return FOLDER / f"{name}.yaml"
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1 or path.exists():
        return path
    raise InputError(
        f"unknown population {name!r}{nearest(name, known)}; known are {', '.join(known)}, and "
        "files like ./my-country.yaml"
    )


def population_digest(population: Population) -> str:
    """Return what tells a population's content from any other's."""
    return fingerprint(population.model_dump(mode="json", exclude_none=True))[:12]


def population_names() -> list[str]:
    """List the populations that come with bridge."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def _age_days(band: Band, draw: float) -> int:
    low, high = max(YOUNGEST_DAYS, band.first * 365.25), (band.last + 1) * 365.25
    return int(low + (high - low) * draw)


def _minutes(clock: datetime.time) -> int:
    return clock.hour * 60 + clock.minute


def _shares(weights: list[int]) -> Floats:
    """Return the upper edges of the parts of [0, 1] that the weights take, without the last."""
    sums: Floats = np.cumsum(weights, dtype=np.float64)
    edges: Floats = sums[:-1] / sums[-1]
    return edges


def _pick(names: list[str], draw: float) -> str:
    return names[int(draw * len(names))]
