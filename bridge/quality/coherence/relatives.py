"""Rules of relatives: what one chart says of another patient, and the other of this one."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from bridge.chart import Patient, Relationship
from bridge.quality.coherence.judging import Breach, where
from bridge.quality.coherence.model import Relatives
from bridge.quality.coherence.timeline import Place

_OPPOSITE = {"parent": "child", "child": "parent", "sibling": "sibling"}


class Person(NamedTuple):
    """What is kept of a patient to judge the relatives'."""

    sex: str
    born: date
    relatives: tuple[tuple[str, str], ...]
    """The other's uuid, and what the other one is to this one."""


def person(patient: Patient) -> Person:
    """Return what relatives' rules need of a patient."""
    relatives = tuple(
        (entry.other, entry.kind) for entry in patient.entries if isinstance(entry, Relationship)
    )
    return Person(patient.sex, patient.birthdate, relatives)


def relatives(rule: Relatives, patient: Patient, people: dict[str, Person]) -> Iterator[Breach]:
    """Yield relationships that cannot be; those to patients outside `people` are not judged."""
    for entry in patient.entries:
        if not isinstance(entry, Relationship):
            continue
        place = where(Place(None, entry))
        if rule.check == "itself":
            if entry.other == patient.uuid:
                yield Breach(rule.name, f"the patient is their own {entry.kind}", place)
        elif (other := people.get(entry.other)) and (what := _wrong(rule, patient, entry, other)):
            yield Breach(rule.name, what, place)


def _wrong(rule: Relatives, patient: Patient, entry: Relationship, other: Person) -> str:
    if rule.check == "one_sided":
        said = {kind for uuid, kind in other.relatives if uuid == patient.uuid}
        if said and _OPPOSITE[entry.kind] not in said:
            return f"the other one is a {entry.kind}, who calls this one a {' and '.join(said)}"
        return ""
    if entry.kind != "parent":
        return ""
    years = (patient.birthdate - other.born).days / 365.25
    low, high = rule.years if other.sex == "F" else rule.father_years
    if low <= years < high:
        return ""
    return f"a {'mother' if other.sex == 'F' else 'father'} who is {years:.1f} years older"
