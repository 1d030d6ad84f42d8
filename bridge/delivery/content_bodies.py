"""How the rows of the content package are sent to OpenMRS. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bridge.content.package import Content
from bridge.content.rows import Concept, Named, Term
from bridge.delivery.setup import Missing
from bridge.errors import InputError
from bridge.identity import NAMESPACE, part_uuid

Body = dict[str, Any]
Lacks = Callable[[str], bool]
"""Tells of a uuid of the package whether the server lacks the thing."""

# Made by every OpenMRS at its first start.
_DATATYPES = {
    "Numeric": "8d4a4488-c2cc-11de-8d13-0010c6dffd0f",
    "Coded": "8d4a48b6-c2cc-11de-8d13-0010c6dffd0f",
    "Text": "8d4a4ab4-c2cc-11de-8d13-0010c6dffd0f",
    "N/A": "8d4a4c94-c2cc-11de-8d13-0010c6dffd0f",
    "Date": "8d4a505e-c2cc-11de-8d13-0010c6dffd0f",
    "Datetime": "8d4a5af4-c2cc-11de-8d13-0010c6dffd0f",
    "Boolean": "8d4a5cca-c2cc-11de-8d13-0010c6dffd0f",
}
_MAP_TYPES = {
    "same": "35543629-7d8c-11e1-909d-c80aa9edcf4e",
    "narrower": "43ac5109-7d8c-11e1-909d-c80aa9edcf4e",
    "broader": "4b9d9421-7d8c-11e1-909d-c80aa9edcf4e",
}
_LIMITS = {
    "lowAbsolute": "low_absolute",
    "lowCritical": "low_critical",
    "lowNormal": "low_normal",
    "hiNormal": "high_normal",
    "hiCritical": "high_critical",
    "hiAbsolute": "high_absolute",
}


def term_uuid(term: Term) -> str:
    """Return the uuid of a reference term that bridge makes."""
    return part_uuid(str(NAMESPACE), f"{term.source}/{term.code}")


class Bodies:
    """Renders what the server lacks; what it has under another uuid is referred to by that."""

    def __init__(
        self, content: Content, uuids: Mapping[str, str], classes: Mapping[str, str]
    ) -> None:
        self._content = content
        self._uuids = uuids
        self._classes = {**{row.name: row.uuid for row in content.classes}, **classes}
        self._sources = {row.name: self._at(row.uuid) for row in content.sources}

    def _at(self, uuid: str) -> str:
        return self._uuids.get(uuid, uuid)

    def classes(self, lacks: Lacks) -> Iterator[Missing]:
        """Render concept classes."""
        return _named("conceptclass", self._content.classes, lacks)

    def sources(self, lacks: Lacks) -> Iterator[Missing]:
        """Render concept sources."""
        for row in self._content.sources:
            if lacks(row.uuid):
                more = {"hl7Code": row.hl7} if row.hl7 else {}
                yield _missing("conceptsource", row, more)

    def terms(self, lacks: Lacks, known: Mapping[Term, str]) -> Iterator[Missing]:
        """Render the reference terms of the concepts to be made, but those that are `known`."""
        made: set[str] = set()
        for concept in self._content.concepts:
            for term in concept.codes if _can_be_made(concept, lacks) else ():
                term = term._replace(relation="same")  # a term is its source and code
                uuid = term_uuid(term)
                if term in known or uuid in made:
                    continue
                made.add(uuid)
                body = {
                    "uuid": uuid,
                    "code": term.code,
                    "conceptSource": self._sources[term.source],
                }
                yield Missing(f"{term.source}:{term.code}", "conceptreferenceterm", body)

    def concepts(
        self, wave: Iterable[Concept], lacks: Lacks, known: Mapping[Term, str]
    ) -> Iterator[Missing]:
        """Render concepts."""
        for concept in wave:
            if _can_be_made(concept, lacks):
                yield Missing(concept.name, "concept", self._concept(concept, known))

    def _concept(self, concept: Concept, known: Mapping[Term, str]) -> Body:
        body: Body = {
            "uuid": concept.uuid,
            "names": list(_names(concept)),
            "datatype": _DATATYPES[concept.datatype],
            "conceptClass": self._class(concept),
            "mappings": [self._mapping(term, known) for term in concept.codes],
        }
        if answers := answers_by_rest(self._content, concept):
            body["answers"] = [self._at(uuid) for uuid in answers]
        if concept.members:
            body["set"] = True
            body["setMembers"] = [self._at(uuid) for uuid in concept.members]
        if concept.datatype == "Numeric":
            body |= _numeric(concept)
        return body

    def _class(self, concept: Concept) -> str:
        found = self._classes.get(concept.concept_class)
        if found is None:
            raise InputError(
                f"{concept.name}: its class {concept.concept_class!r} is neither on the server nor "
                "in classes.csv: add a row there"
            )
        return found

    def _mapping(self, term: Term, known: Mapping[Term, str]) -> Body:
        same = term._replace(relation="same")
        return {
            "conceptReferenceTerm": known.get(same) or term_uuid(same),
            "conceptMapType": _MAP_TYPES[term.relation],
        }

    def things(self, lacks: Lacks) -> Iterator[Missing]:
        """Render what needs concepts at most."""
        content = self._content
        yield from _named("encountertype", content.encounter_types, lacks)
        yield from _named("encounterrole", content.encounter_roles, lacks)
        yield from _named("visittype", content.visit_types, lacks)
        for attribute in content.attribute_types:
            if lacks(attribute.uuid):
                more: Body = {"format": attribute.format, "searchable": attribute.searchable}
                yield _missing("personattributetype", attribute, more)
        for kind in content.identifier_types:
            if lacks(kind.uuid):
                more = {
                    "required": False,
                    "locationBehavior": "NOT_USED",
                    "uniquenessBehavior": "UNIQUE" if kind.unique else "NON_UNIQUE",
                    **({"format": kind.format} if kind.format else {}),
                }
                yield _missing("patientidentifiertype", kind, more)
        for program in content.programs:
            if lacks(program.uuid):
                yield _missing("program", program, {"concept": self._at(program.concept)})
        yield from self._drugs(lacks)
        yield from self._frequencies(lacks)

    def _drugs(self, lacks: Lacks) -> Iterator[Missing]:
        for drug in self._content.drugs:
            if lacks(drug.uuid):
                body = {
                    "uuid": drug.uuid,
                    "name": drug.name,
                    "concept": self._at(drug.concept),
                    "combination": False,
                }
                if drug.form:
                    body["dosageForm"] = self._at(drug.form)
                if drug.strength:
                    body["strength"] = drug.strength
                yield Missing(drug.name, "drug", body)

    def _frequencies(self, lacks: Lacks) -> Iterator[Missing]:
        for row in self._content.frequencies:
            if lacks(row.uuid):
                body = {
                    "uuid": row.uuid,
                    "concept": self._at(row.concept),
                    "frequencyPerDay": row.times_a_day,
                }
                yield Missing(self._content.concept(row.concept).name, "orderfrequency", body)

    def workflows(self, lacks: Lacks) -> Iterator[Missing]:
        """Render the workflows of programs."""
        for row in self._content.workflows:
            if lacks(row.uuid):
                body = {
                    "uuid": row.uuid,
                    "program": self._at(row.program),
                    "concept": self._at(row.concept),
                }
                yield Missing(self._content.concept(row.concept).name, "workflow", body)

    def states(self, lacks: Lacks) -> Iterator[Missing]:
        """Render the states of workflows."""
        for row in self._content.states:
            if lacks(row.uuid):
                body = {
                    "uuid": row.uuid,
                    "concept": self._at(row.concept),
                    "initial": row.initial,
                    "terminal": row.terminal,
                }
                resource = f"workflow/{self._at(row.workflow)}/state"
                yield Missing(self._content.concept(row.concept).name, resource, body)

    def services(self, lacks: Lacks) -> Iterator[Missing]:
        """Render the services of appointments; the server chooses their uuids."""
        for row in self._content.services:
            if lacks(row.uuid):
                body = {
                    "name": row.name,
                    "description": row.description,
                    "durationMins": row.minutes,
                }
                yield Missing(row.name, "appointmentService", body)


def answers_by_rest(content: Content, concept: Concept) -> tuple[str, ...]:
    """Return the answers that OpenMRS's REST takes: it takes a numeric concept for a drug."""
    kinds = {uuid: content.concept(uuid).datatype for uuid in concept.answers}
    return tuple(uuid for uuid in concept.answers if kinds[uuid] not in ("Numeric", "Complex"))


def _can_be_made(concept: Concept, lacks: Lacks) -> bool:
    return concept.datatype != "Complex" and lacks(concept.uuid)


def _named(resource: str, rows: Iterable[Named], lacks: Lacks) -> Iterator[Missing]:
    return (_missing(resource, row, {}) for row in rows if lacks(row.uuid))


def _missing(resource: str, row: Named, more: Body) -> Missing:
    body = {"uuid": row.uuid, "name": row.name, "description": row.description or row.name}
    return Missing(row.name, resource, {**body, **more})


def _names(concept: Concept) -> Iterator[Body]:
    yield {
        "name": concept.name,
        "locale": "en",
        "localePreferred": True,
        "conceptNameType": "FULLY_SPECIFIED",
    }
    if concept.short_name:
        yield {"name": concept.short_name, "locale": "en", "conceptNameType": "SHORT"}


def _numeric(concept: Concept) -> Body:
    limits = {name: getattr(concept, field) for name, field in _LIMITS.items()}
    return {
        **({"units": concept.units} if concept.units else {}),
        "allowDecimal": concept.decimals,
        **{name: limit for name, limit in limits.items() if limit is not None},
    }
