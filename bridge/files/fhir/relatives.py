"""RelatedPersons who are patients of the same files. Pure."""

from collections.abc import Iterator
from typing import Literal

from bridge.chart import Relationship
from bridge.files.fhir.elements import codes_of
from bridge.files.fhir.record import Record
from bridge.files.fhir.resources import NotTaken, names_of

Kind = Literal["parent", "child", "sibling"]
_KINDS: dict[Kind, set[str]] = {
    "parent": {"PRN", "MTH", "FTH", "NMTH", "NFTH", "PRNFOST", "ADOPTP", "STPPRN", "mother"},
    "child": {"CHILD", "SON", "DAU", "NCHILD", "DAUC", "SONC", "CHLDADOPT", "CHLDFOST"},
    "sibling": {"SIB", "BRO", "SIS", "NSIB", "NBRO", "NSIS", "HSIB", "TWIN"},
}
_WORDS: dict[str, Kind] = {
    **dict.fromkeys(("mother", "father", "parent"), "parent"),
    **dict.fromkeys(("child", "son", "daughter"), "child"),
    **dict.fromkeys(("sibling", "brother", "sister"), "sibling"),
}


def read_relatives(record: Record) -> Iterator[Relationship]:
    """Read how other patients are related to this one."""
    for resource in record.of("RelatedPerson"):
        with record.reading(resource):
            said = codes_of(resource.body.get("relationship") or [])
            names = (name.replace("RelatedPerson?", "Patient?") for name in names_of(resource))
            found = (record.outside.patient_uuid(name) for name in names)
            other = next(filter(None, found), None)
            if other is None:
                raise NotTaken("is no patient of these files")
            if other == record.uuid:
                raise NotTaken("is the patient")
            yield Relationship(
                uuid=record.uuid_of(resource),
                other=other,
                kind=_kind(said),
                source=resource.source,
            )


def _kind(said: set[str]) -> Kind:
    for kind, codes in _KINDS.items():
        if said & codes:
            return kind
    for word in sorted(said):
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
    raise NotTaken("is no parent, child or sibling", ", ".join(sorted(said)))
