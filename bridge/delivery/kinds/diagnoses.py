"""Diagnoses ride in their encounter; O3's visits show them from there."""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.chart import Diagnosis, LeftOut
from bridge.delivery.kinds.kind import (
    NO_WORDS,
    NOT_TAKEN,
    EntryKind,
    Place,
    coded,
    cut_words,
    expect,
    uuid_of,
)
from bridge.delivery.requests import Context, Expected, Found, Fragment
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "diagnoses"

_FIELDS = (
    "uuid,encounters:(uuid,voided,"
    "diagnoses:(uuid,voided,certainty,rank,display,diagnosis:(coded:(uuid),nonCoded)))"
)


def render(entry: Diagnosis, place: Place, context: Context) -> Fragment:
    """Render a diagnosis; what has no concept goes as free text."""
    if not context.capabilities.diagnoses:
        left = LeftOut(entry.source, NOT_TAKEN, "diagnoses")
        return Fragment(kind=NAME, left_out=(left,), source=entry.source)
    concept, text = coded(entry.what, "diagnosis", context)
    if concept is None and not text:
        left = LeftOut(entry.source, NO_WORDS)
        return Fragment(kind=NAME, left_out=(left,), source=entry.source)
    certainty = "CONFIRMED" if entry.is_confirmed else "PROVISIONAL"
    body = {
        "uuid": entry.uuid,
        "patient": place.patient.uuid,
        "diagnosis": {"coded": concept.uuid} if concept else {"nonCoded": text},
        "certainty": certainty,
        "rank": entry.rank,
    }
    expected = expect(
        NAME,
        entry.uuid,
        entry.what.label,
        concept=concept.uuid if concept else None,
        text=text,
        certainty=certainty,
        rank=entry.rank,
        encounter=place.encounter,
    )
    return Fragment(
        kind=NAME,
        part="diagnoses",
        bodies=(body,),
        expected=(expected,),
        left_out=tuple(cut_words(entry.source, (entry.what, concept))),
        source=entry.source,
    )


@as_openmrs_has_it("diagnoses")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read the diagnoses of a patient's encounters, visit by visit.

    For each page of the encounters alone OpenMRS would load all of them.
    """
    visits = client.every("visit", _FIELDS, patient=patient, includeInactive="true")
    encounters = (one for visit in visits for one in visit.get("encounters") or ())
    return iter(
        [
            _found(diagnosis, encounter["uuid"])
            for encounter in encounters
            if not encounter.get("voided")
            for diagnosis in encounter.get("diagnoses") or ()
            if not diagnosis.get("voided")
        ]
    )


def _found(diagnosis: dict[str, Any], encounter: str) -> Found:
    what = diagnosis["diagnosis"]
    fields = {
        "concept": uuid_of(what.get("coded")),
        "text": what.get("nonCoded"),
        "certainty": diagnosis["certainty"],
        "rank": diagnosis["rank"],
        "encounter": encounter,
    }
    return Found(diagnosis["uuid"], str(diagnosis.get("display")), fields)


KIND = EntryKind(name=NAME, entries=(Diagnosis,), render_within=render, read=read)
