"""Allergies and intolerances. O3 reads them through FHIR."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import Allergy, LeftOut, Patient
from bridge.delivery.kinds.kind import (
    NOT_TAKEN,
    EntryKind,
    Sent,
    coded,
    created,
    cut_words,
    expect,
    own_code,
    request_of,
)
from bridge.delivery.requests import Body, Context, Expected, Found, Request
from bridge.mapping.resolve import NO_CONCEPT
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "allergies"

SEVERITIES = {
    "mild": "1498AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "moderate": "1499AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "severe": "1500AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
}
"""CIEL's concepts, which OpenMRS's settings name as well."""

OTHER = "5622AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""CIEL's `Other non-coded`, by which OpenMRS tells an allergen in words."""


def render(allergy: Allergy, patient: Patient, context: Context) -> Request | LeftOut:
    """Render an allergy; an allergen or a reaction without a concept goes as free text."""
    if not context.capabilities.allergies:
        return LeftOut(allergy.source, NOT_TAKEN, "allergies")
    concept, text = coded(allergy.allergen, "allergen", context)
    if concept is None and not text:
        return LeftOut(allergy.source, NO_CONCEPT, "allergen without a code or words")
    allergen: Body = {"allergenType": allergy.kind.upper()}
    if concept:
        allergen["codedAllergen"] = {"uuid": concept.uuid}
    else:
        allergen |= {"nonCodedAllergen": text, "codedAllergen": {"uuid": OTHER}}
    reactions = [coded(reaction, "reaction", context) for reaction in allergy.reactions]
    body: Body = {
        "uuid": allergy.uuid,
        "allergen": allergen,
        "reactions": [
            {"reaction": {"uuid": known.uuid}}
            if known
            else {"reaction": {"uuid": OTHER}, "reactionNonCoded": words}
            for known, words in reactions
        ],
    }
    if allergy.severity:
        body["severity"] = {"uuid": SEVERITIES[allergy.severity]}
    if allergy.comment:
        body["comment"] = allergy.comment
    expected = expect(
        NAME,
        allergy.uuid,
        allergy.allergen.label,
        allergen=concept.uuid if concept else OTHER,
        text=text,
        category=allergy.kind,
        severity=allergy.severity,
        comment=allergy.comment,
        reactions=", ".join(sorted(k.uuid if k else OTHER for k, _ in reactions)),
    )
    meant = zip(allergy.reactions, (known for known, _ in reactions), strict=True)
    cut = cut_words(allergy.source, (allergy.allergen, concept), *meant)
    return request_of(allergy, patient, body, expected, cut)


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST an allergy of its patient under our uuid."""
    return created(client, f"patient/{request.patient}/allergy", request, ask_first=ask_first)


@as_openmrs_has_it("allergies")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's allergies."""
    found = client.fhir_search(f"AllergyIntolerance?patient={patient}&_count=100")
    return iter([_found(resource) for resource in found])


_CATEGORIES = {"medication": "drug"}
"""FHIR's word for what OpenMRS calls a drug; the others are the same."""


def _found(resource: dict[str, Any]) -> Found:
    category = next(iter(resource.get("category") or ("other",)))
    reactions = resource.get("reaction") or ()
    manifestations = [m for reaction in reactions for m in reaction.get("manifestation") or ()]
    notes = [note.get("text", "") for note in resource.get("note") or ()]
    code = resource.get("code") or {}
    allergen = own_code(code)
    fields = {
        "allergen": allergen,
        "text": code.get("text") if allergen == OTHER else None,
        "category": _CATEGORIES.get(category, category),
        "severity": next((r["severity"] for r in reactions if r.get("severity")), None),
        "comment": "".join(filter(None, notes)),
        "reactions": ", ".join(sorted(own_code(m) or "" for m in manifestations)),
    }
    return Found(resource["id"], str(code.get("text") or allergen), fields)


def allergen_of(request: Request) -> str:
    """Return what an allergy is to: a server takes no allergen twice."""
    assert request.expected
    return "{allergen} {text}".format(**request.expected.fields)


def has_any(client: Client, patient: str) -> bool:
    """Tell whether there is one: an allergy, be it voided, keeps its patient in the database."""
    return any(True for _ in read(client, patient, {}))


KIND = EntryKind(
    name=NAME,
    entries=(Allergy,),
    render=render,
    send=send,
    read=read,
    identity=allergen_of,
    undeletable=has_any,
)
