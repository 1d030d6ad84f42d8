"""Reads concepts in batches: by uuid, and by the reference terms that a server has them under."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bridge.codes import (
    CIEL_SYSTEM,
    CVX_SYSTEM,
    ICD10_CM_SYSTEM,
    ICD10_SYSTEM,
    LOINC_SYSTEM,
    RXNORM_SYSTEM,
    SNOMED_SYSTEM,
)
from bridge.mapping.equivalence import Equivalence
from bridge.mapping.terms import ServerConcept
from bridge.openmrs.client import REST, Client
from bridge.openmrs.metadata import limits_in_force
from bridge.openmrs.parsing import Body, as_openmrs_has_it, checked_text, objects
from bridge.openmrs.replies import Outcome

BATCH = 60
"""References a request: the GET line stays under 8 kB, which is what Tomcat takes."""

SOURCE_NAMES = {
    "snomed ct": SNOMED_SYSTEM,
    "snomed-ct": SNOMED_SYSTEM,
    "snomed": SNOMED_SYSTEM,
    "sct": SNOMED_SYSTEM,
    "loinc": LOINC_SYSTEM,
    "icd-10-who": ICD10_SYSTEM,
    "icd-10": ICD10_SYSTEM,
    "icd10": ICD10_SYSTEM,
    "icd-10-cm": ICD10_CM_SYSTEM,
    "rxnorm": RXNORM_SYSTEM,
    "cvx": CVX_SYSTEM,
    "ciel": CIEL_SYSTEM,
}
"""What servers call their concept sources, in lower case."""

# How OpenMRS says it is from the concept to the term: a concept narrower than the term would say
# more than was written, so that only these two are followed.
_MAP_TYPES: dict[str, Equivalence] = {"same-as": "equivalent", "broader-than": "wider"}

_UUID = re.compile(r"[0-9A-Za-z-]{36,38}")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,40}")
_FIELDS = (
    "uuid,display,retired,datatype:(display),conceptClass:(display),"
    "mappings:(conceptMapType:(display),conceptReferenceTerm:(code,conceptSource:(name)))"
)
_LIMITS = "uuid,units,allowDecimal,lowAbsolute,hiAbsolute"


class Term(NamedTuple):
    """A code of a system, as servers keep it among their reference terms."""

    system: str
    code: str


class Found(NamedTuple):
    """A concept that a term leads to, and how well."""

    concept: ServerConcept
    equivalence: Equivalence


class ConceptReads:
    """What has been read of a server's concepts; none is read twice."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.concepts: dict[str, ServerConcept] = {}
        """Those in use, by uuid, without units and limits."""
        self._by_term: dict[Term, dict[str, Found]] = {}
        self._sources = self._read_sources()

    def by_term(self, term: Term) -> list[Found]:
        """Return the concepts that the server has for a code: the same first, then the wider."""
        found = self._by_term.get(_folded(term), {}).values()
        return sorted(found, key=lambda one: one.equivalence != "equivalent")

    def ask(self, uuids: Iterable[str]) -> None:
        """Read these concepts, where the server has them."""
        wanted = dict.fromkeys(uuid for uuid in uuids if uuid not in self.concepts)
        self._in_batches(uuid for uuid in wanted if _UUID.fullmatch(uuid))

    def ask_terms(self, terms: Iterable[Term]) -> None:
        """Read the concepts that these codes are reference terms of."""
        references = {
            f"{source}:{term.code}": None
            for term in terms
            if _REFERENCE.fullmatch(term.code)
            for source in self._sources.get(term.system, ())
        }
        self._in_batches(references)

    def details(self, uuids: Iterable[str]) -> dict[str, ServerConcept]:
        """Return these concepts with their units and the limits in force."""
        chosen = {uuid: self.concepts[uuid] for uuid in uuids}
        numeric = [uuid for uuid, one in chosen.items() if one.datatype == "Numeric"]
        for batch in _batches(numeric):
            limits = {
                found["uuid"]: found
                for found in self._client.every("concept", _LIMITS, references=",".join(batch))
            }
            in_force = limits_in_force(self._client, batch, limits)
            for uuid in batch:
                own = limits.get(uuid, {})
                chosen[uuid] = chosen[uuid]._replace(
                    units=str(own["units"]) if own.get("units") else None,
                    allow_decimal=bool(own.get("allowDecimal")),
                    **in_force[uuid]._asdict(),
                )
        return chosen

    def members(self, uuid: str) -> list[tuple[str, str]]:
        """Return the uuids and names of a question's answers and of a set's members."""
        body = self._client.fetch(
            "concept", uuid, "answers:(uuid,display),setMembers:(uuid,display)"
        )
        found = [*objects((body or {}).get("answers")), *objects((body or {}).get("setMembers"))]
        return [(one["uuid"], checked_text(one["display"])) for one in found]

    def _read_sources(self) -> dict[str, list[str]]:
        sources: dict[str, list[str]] = {}
        for found in self._client.every("conceptsource", "uuid,name,retired"):
            name = checked_text(found["name"])
            system = SOURCE_NAMES.get(name.casefold())
            if system and not found.get("retired"):
                sources.setdefault(system, []).append(name)
        return sources

    def _in_batches(self, references: Iterable[str]) -> None:
        for batch in _batches(list(references)):
            self._ask_batch(batch)

    def _ask_batch(self, batch: list[str]) -> None:
        """Ask for a batch; halve it where the server refuses it.

        It refuses all of them for one term that several concepts have.
        """
        query = {"references": ",".join(batch), "v": f"custom:({_FIELDS})", "limit": 100}
        reply = self._client.probe(f"{REST}/concept?{urlencode(query)}")
        if reply.outcome is Outcome.ACCEPTED:
            with as_openmrs_has_it("concepts"):
                self._keep(objects(reply.body.get("results")))
        elif len(batch) > 1 and reply.status in (400, 500):
            middle = len(batch) // 2
            self._ask_batch(batch[:middle])
            self._ask_batch(batch[middle:])
        elif ":" in batch[0]:
            source, _, code = batch[0].partition(":")
            self._keep(self._client.every("concept", _FIELDS, source=source, code=code))
        else:
            self._keep(self._client.every("concept", _FIELDS, references=batch[0]))

    def _keep(self, bodies: Iterable[Body]) -> None:
        for body in bodies:
            if body.get("retired"):
                continue
            concept = ServerConcept(
                uuid=checked_text(body["uuid"]),
                display=str(body["display"]),
                datatype=str(body["datatype"]["display"]),
                concept_class=str(body["conceptClass"]["display"]),
            )
            self.concepts[concept.uuid] = concept
            for term, equivalence in _terms(body):
                found = self._by_term.setdefault(term, {})
                found.setdefault(concept.uuid, Found(concept, equivalence))


def _terms(body: Body) -> Iterator[tuple[Term, Equivalence]]:
    """Yield the codes that a concept is mapped to, as far as they say no less than it does."""
    for mapping in objects(body.get("mappings")):
        term: Any = mapping["conceptReferenceTerm"]
        system = SOURCE_NAMES.get(str(term["conceptSource"]["name"]).casefold())
        kind = str((mapping.get("conceptMapType") or {}).get("display", "")).casefold()
        if system and kind in _MAP_TYPES:
            yield _folded(Term(system, str(term["code"]))), _MAP_TYPES[kind]


def _folded(term: Term) -> Term:
    return Term(term.system, term.code.casefold())


def _batches(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
