"""Allergies and intolerances. O3 reads them through FHIR."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bridge.chart import Allergy, CodeableConcept, LeftOut, Patient
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
from bridge.delivery.requests import Body, Context, Expected, Field, Found, Request
from bridge.mapping.resolve import NO_CONCEPT
from bridge.mapping.room import ALLERGY_COMMENT, bounded
from bridge.mapping.terms import Role, ServerConcept
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

NAME = "allergies"

IS_A_NUMBER = "words that are a number only"
_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)")


def render(allergy: Allergy, patient: Patient, context: Context) -> Request | LeftOut:
    """Render an allergy; an allergen or a reaction without a concept goes as free text."""
    if not context.capabilities.allergies:
        return LeftOut(allergy.source, NOT_TAKEN, "allergies")
    concept, text = _coded(allergy.allergen, "allergen", context)
    if concept is None and not text:
        return LeftOut(allergy.source, NO_CONCEPT, "allergen without a code or words")
    other = context.target.allergy_concepts.get("other")
    uuid = concept.uuid if concept else other
    if uuid is None:
        return LeftOut(allergy.source, NO_CONCEPT, allergy.allergen.label)
    parts = _Parts(allergy, context)
    allergen: Body = {"allergenType": allergy.kind.upper(), "codedAllergen": {"uuid": uuid}}
    if text:
        allergen["nonCodedAllergen"] = text
    body: Body = {"uuid": allergy.uuid, "allergen": allergen, "reactions": parts.reactions}
    if parts.severity:
        body["severity"] = {"uuid": context.target.allergy_concepts[parts.severity]}
    if parts.comment:
        body["comment"] = parts.comment
    expected = expect(
        NAME,
        allergy.uuid,
        allergy.allergen.label,
        allergen=uuid,
        text=text,
        category=allergy.kind,
        severity=parts.severity,
        comment=parts.comment,
        reactions=", ".join(sorted(one["reaction"]["uuid"] for one in parts.reactions)),
    )
    cut = cut_words(allergy.source, (allergy.allergen, concept))
    return request_of(allergy, patient, body, expected, (*parts.left_out, *cut))


def _coded(
    what: CodeableConcept, role: Role, context: Context
) -> tuple[ServerConcept | None, str | None]:
    """Return the server's concept, else the words; its concept `other` alone says nothing."""
    concept, text = coded(what, role, context)
    if concept and concept.uuid == context.target.allergy_concepts.get("other"):
        return None, bounded(what.label, "").text
    return concept, text


class _Parts:
    """What an allergy says beside its allergen, and what of that the server has no place for."""

    def __init__(self, allergy: Allergy, context: Context) -> None:
        self._source = allergy.source
        self._known = context.target.allergy_concepts
        self.left_out: list[LeftOut] = []
        self.comment, cut = bounded(allergy.comment, f"{self._source}#comment", ALLERGY_COMMENT)
        self.left_out += cut
        self.severity = allergy.severity if allergy.severity in self._known else None
        if allergy.severity and not self.severity:
            self._leave_out("severity", NO_CONCEPT, allergy.severity)
        rendered = (self._reaction(one, context) for one in allergy.reactions)
        self.reactions: list[Body] = [one for one in rendered if one]

    def _reaction(self, reaction: CodeableConcept, context: Context) -> Body | None:
        concept, words = _coded(reaction, "reaction", context)
        if concept:
            return {"reaction": {"uuid": concept.uuid}}
        if not words or "other" not in self._known:
            self._leave_out("reaction", NO_CONCEPT, reaction.label)
            return None
        if _NUMBER.fullmatch(words):  # OpenMRS refuses the allergy for it
            self._leave_out("reaction", IS_A_NUMBER, words)
            return None
        self.left_out += cut_words(self._source, (reaction, None))
        return {"reaction": {"uuid": self._known["other"]}, "reactionNonCoded": words}

    def _leave_out(self, part: str, reason: str, detail: str) -> None:
        self.left_out.append(LeftOut(f"{self._source}#{part}", reason, detail))


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """POST an allergy of its patient under our uuid."""
    return created(client, f"patient/{request.patient}/allergy", request, ask_first=ask_first)


@as_openmrs_has_it("allergies")
def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read a patient's allergies."""
    found = client.fhir_search(f"AllergyIntolerance?patient={patient}&_count=100")
    in_words = {one.fields["allergen"] for one in expected.values() if one.fields["text"]}
    return iter([_found(resource, in_words) for resource in found])


_CATEGORIES = {"medication": "drug"}
"""FHIR's word for what OpenMRS calls a drug; the others are the same."""


def _found(resource: dict[str, Any], in_words: Collection[Field]) -> Found:
    category = next(iter(resource.get("category") or ("other",)))
    reactions = resource.get("reaction") or ()
    manifestations = [m for reaction in reactions for m in reaction.get("manifestation") or ()]
    notes = [note.get("text", "") for note in resource.get("note") or ()]
    code = resource.get("code") or {}
    allergen = own_code(code)
    fields = {
        "allergen": allergen,
        "text": code.get("text") if allergen in in_words else None,
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
