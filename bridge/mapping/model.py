"""The mapping as typed frozen data."""

from typing import Self

from pydantic import Field, NonNegativeInt, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from bridge.chart import MEASUREMENTS, UCUM, EncounterKind, VisitKind
from bridge.codes import Ciel, Loinc, OpenmrsUuid, Ucum
from bridge.unit_words import known_unit, ways_to_write
from bridge.yaml_files import YamlModel, nearest

Range = tuple[float | None, float | None]


class Thing(YamlModel):
    """One of the server's own objects, by uuid; the name is for messages and for setup."""

    uuid: OpenmrsUuid
    name: str = Field(min_length=1)


class Entry(YamlModel):
    """What one measurement is on the server and in FHIR."""

    concept: OpenmrsUuid
    name: str = Field(min_length=1)
    ciel: Ciel
    loinc: Loinc | None = None
    unit: str = Field(min_length=1)
    ucum: Ucum
    decimals: NonNegativeInt = Field(le=6)
    plausible: tuple[float, float]
    normal: Range = (None, None)
    critical: Range = (None, None)

    @field_validator("plausible")
    @classmethod
    def _in_order(cls, limits: tuple[float, float]) -> tuple[float, float]:
        if limits[0] >= limits[1]:
            raise ValueError("the low limit comes first and is less than the high one")
        return limits


class Profile(YamlModel):
    """What encounters, visits and patients hang on, on one kind of server."""

    title: str
    encounter_type: Thing
    visit_type: Thing
    location: Thing
    encounter_role: Thing
    provider: Thing
    identifier_type: Thing
    plain_identifier_type: Thing | None = None
    encounter_types: dict[EncounterKind, Thing] = Field(default_factory=dict)
    """Of encounters that are no taking of vitals; where one is missing, `encounter_type` serves."""
    visit_types: dict[VisitKind, Thing] = Field(default_factory=dict)
    """Of visits that are not like most; where one is missing, `visit_type` serves."""
    providers: tuple[Thing, ...] = ()
    """Who sees the patients, encounter by encounter in turn; empty: `provider` does."""
    locations: tuple[Thing, ...] = ()
    """Where, visit by visit in turn, unless files say where; empty: at `location`."""
    phone: Thing | None = None
    """The person attribute type of a telephone number."""


class Mapping(YamlModel):
    """The whole file: measurement names to entries, and the profiles."""

    measurements: dict[str, Entry] = Field(min_length=1)
    vitals_set: Thing
    visit_note: Thing = Thing(
        uuid="162169AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", name="Text of encounter note"
    )
    """The concept of a visit note's text."""
    profiles: dict[str, Profile] = Field(min_length=1)

    @property
    def unmapped(self) -> list[str]:
        """The measurements that the file does not name, and that a load leaves out."""
        return [name for name in MEASUREMENTS if name not in self.measurements]

    @field_validator("measurements", mode="before")
    @classmethod
    def _known(cls, measurements: object) -> object:
        for name in measurements if isinstance(measurements, dict) else ():
            if name not in MEASUREMENTS:
                near = nearest(str(name), MEASUREMENTS)
                raise ValueError(
                    f"unknown measurement {name!r}{near}; known are {', '.join(MEASUREMENTS)}"
                )
        return measurements

    @field_validator("measurements")
    @classmethod
    def _in_own_units(cls, measurements: dict[str, Entry]) -> dict[str, Entry]:
        for name, entry in measurements.items():
            if entry.ucum != UCUM[name]:
                raise _fault(
                    (name, "ucum"),
                    f"{name} has the unit {entry.ucum}; bridge's values are in {UCUM[name]}, and "
                    "are not converted",
                )
            if complaint := _mislabelled(entry):
                raise _fault((name, "unit"), complaint)
        return measurements

    @model_validator(mode="after")
    def _one_concept_each(self) -> Self:
        owners: dict[str, str] = {}
        for name, entry in self.measurements.items():
            other = owners.setdefault(entry.concept, name)
            if other != name:
                raise ValueError(f"{other} and {name} are mapped to the same concept")
        return self


def _mislabelled(entry: Entry) -> str:
    """Say that a label is another unit's: values would be stored under it as they are."""
    if entry.unit == entry.ucum or known_unit(entry.unit) == entry.ucum:
        return ""
    if known := known_unit(entry.unit):
        return (
            f"{entry.unit} is another unit ({known}); bridge's values are in {entry.ucum}, and are "
            f"not converted: map this to a concept in {entry.ucum}, or leave it out of the mapping"
        )
    return (
        f"{entry.unit!r} is no way to write {entry.ucum} that bridge knows: write one of "
        f"{ways_to_write(entry.ucum)}; the server's concept may write it in another of these ways"
    )


def _fault(place: tuple[str, ...], message: str) -> ValidationError:
    """Return a fault of a key within the one that is being looked at."""
    kind = PydanticCustomError("mapping", "{message}", {"message": message})
    details = InitErrorDetails(type=kind, loc=place, input=None)
    return ValidationError.from_exception_data("mapping", [details])
