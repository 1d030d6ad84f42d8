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
from bridge.flows.columns import Floats
from bridge.identity import fingerprint
from bridge.names import LONGEST_NAME, spelt, stranger
from bridge.synthesis.population_vitals import PublishedVitals
from bridge.yaml_files import YamlModel, load_yaml, nearest

FOLDER = Path(__file__).parent / "populations"

Words = NDArray[np.object_]
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


def _spelt(name: str) -> str:
    name = spelt(name)
    if strange := stranger(name):
        raise ValueError(f"a name has a character that cannot be printed, {strange}")
    return name


# strict: the number 7 in a list of names is a mistake, and so is any word that YAML takes for one
Name = Annotated[
    str, Field(max_length=LONGEST_NAME, strict=True), AfterValidator(_spelt), Field(min_length=1)
]
Names = Annotated[list[Name], Field(min_length=1)]
Place = Annotated[str, Field(max_length=255, strict=True), AfterValidator(_spelt)]


class NameLists(YamlModel):
    """Names by sex; `never` lists pairs that would name a known person."""

    source: str
    given: dict[Literal["F", "M"], Names]
    family: Names
    never: tuple[tuple[Name, Name], ...] = ()

    @model_validator(mode="after")
    def _both_sexes(self) -> Self:
        if missing := {"F", "M"} - self.given.keys():
            raise ValueError(f"given: names of {' and '.join(sorted(missing))} are missing")
        return self


class Town(YamlModel):
    """A place people come from, and how many live there."""

    city_village: Place
    state_province: Place
    people: PositiveInt


class Places(YamlModel):
    """Where people live."""

    source: str
    country: Place
    towns: Annotated[list[Town], Field(min_length=1)]


class People(NamedTuple):
    """People (n,) drawn from a population; `address` (n, 3) is town, province and country."""

    sex: NDArray[np.str_]
    age_days: NDArray[np.int64]
    given_name: Words
    family_name: Words
    address: Words


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

    def people(self, draws: Floats) -> People:
        """Draw people; `draws` (n, DRAWS) are uniform in [0, 1)."""
        group = np.searchsorted(self._groups, draws[:, 0], side="right")
        sex = np.where(group % 2 == 0, "F", "M")
        low, high = self._ages[:, group // 2]
        return People(
            sex,
            (low + (high - low) * draws[:, 1]).astype(np.int64),
            *self.names_of(sex, draws[:, 2], draws[:, 3]),
            self.addresses(draws[:, 4]),
        )

    def names_of(self, sex: NDArray[np.str_], first: Floats, second: Floats) -> tuple[Words, Words]:
        """Draw given and family names; a pair that is not to be made gives way to the next."""
        given = np.empty(len(sex), dtype=object)
        for one, listed in self._given.items():
            rows = sex == one
            given[rows] = _pick(listed, first[rows])
        families = np.array(self.names.family, dtype=object)
        place = (second * len(families)).astype(np.int64)
        for _ in families:
            pairs = zip(given, families[place], strict=True)
            avoided = np.array([pair in self._never for pair in pairs], dtype=np.int64)
            if not avoided.any():
                break
            place = (place + avoided) % len(families)
        return given, families[place]

    def addresses(self, draws: Floats) -> Words:
        """Draw places (n, 3), the larger the likelier."""
        return self._addresses[np.searchsorted(self._towns, draws, side="right")]

    @cached_property
    def _groups(self) -> Floats:
        return _shares([n for band in self.pyramid.bands for n in (band.female, band.male)])

    @cached_property
    def _towns(self) -> Floats:
        return _shares([town.people for town in self.places.towns])

    @cached_property
    def _ages(self) -> Floats:
        """Lowest and highest age (2, bands) in days."""
        low = [max(YOUNGEST_DAYS, band.first * 365.25) for band in self.pyramid.bands]
        return np.array([low, [(band.last + 1) * 365.25 for band in self.pyramid.bands]])

    @cached_property
    def _given(self) -> dict[str, Words]:
        return {sex: np.array(names, dtype=object) for sex, names in self.names.given.items()}

    @cached_property
    def _addresses(self) -> Words:
        country = self.places.country
        towns = [(town.city_village, town.state_province, country) for town in self.places.towns]
        return np.array(towns, dtype=object)

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


def _minutes(clock: datetime.time) -> int:
    return clock.hour * 60 + clock.minute


def _shares(weights: list[int]) -> Floats:
    """Return the upper edges of the parts of [0, 1] that the weights take, without the last."""
    sums: Floats = np.cumsum(weights, dtype=np.float64)
    edges: Floats = sums[:-1] / sums[-1]
    return edges


def _pick(words: Words, draws: Floats) -> Words:
    picked: Words = words[(draws * len(words)).astype(np.int64)]
    return picked
