"""Asks a server what it has for the codes of charts, once for all of them. Reads only.

For each code, in this order: the table, the mapping's measurements, the concept itself where the
code is its uuid or its number in CIEL, and the server's own reference terms.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM, LOINC_SYSTEM, canonical_system, ciel_uuid
from bridge.delivery.concept_reads import ConceptReads, Found, Term
from bridge.delivery.formulary import drugs_of, read_formulary
from bridge.delivery.kinds.immunizations import VACCINATION
from bridge.delivery.order_entry import Program, read_order_entry, read_programs, read_services
from bridge.mapping.code_table import CodeTable
from bridge.mapping.model import Mapping
from bridge.mapping.terms import (
    ROLES,
    Meaning,
    Role,
    ServerProgram,
    Terms,
    as_words,
    in_words,
    key_of,
    keys_of,
)
from bridge.mapping.vocabulary import Vocabulary
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it

_ILLNESS = ("Diagnosis", "Symptom/Finding", "Symptom", "Finding")

CLASSES: dict[Role, tuple[str, ...]] = {
    "finding": ("Finding", "Question", "Test", "Symptom/Finding", "Symptom", "Misc", "ConvSet"),
    "result": ("Test", "LabSet", "Finding", "Question"),
    "diagnosis": _ILLNESS,
    "condition": _ILLNESS,
    "cause": _ILLNESS,
    "reason": _ILLNESS,
    "reaction": (*_ILLNESS, "Misc"),
    "answer": (
        "Misc",
        "Finding",
        "Symptom/Finding",
        "Symptom",
        "Diagnosis",
        "Drug",
        "Procedure",
        "Radiology/Imaging Procedure",
        "Test",
        "LabSet",
        "Misc Order",
    ),
    "drug": ("Drug", "MedSet"),
    "test": ("Test", "LabSet", "Misc Order", "Radiology/Imaging Procedure", "Procedure"),
    "allergen": ("Drug", "Pharmacologic Drug Class", "MedSet", "Misc"),
    "vaccine": ("Drug", "Procedure", "Immunization", "Misc"),
}
"""Of the concepts that share a reference term, the classes that a role may be, the best first."""

VACCINES = ciel_uuid("984")
"""The question whose answers a server takes as vaccines; it refuses all others."""

NAMED: dict[Role, tuple[str, ...]] = {
    "allergen": (ciel_uuid("162552"), ciel_uuid("162553"), ciel_uuid("162554")),
    "reaction": (ciel_uuid("162555"),),
    "vaccine": (VACCINES,),
}
"""The Reference Application's short lists, whose members may be meant by their names alone."""


@as_openmrs_has_it("its terms")
def read_terms(client: Client, vocabulary: Vocabulary, mapping: Mapping, table: CodeTable) -> Terms:
    """Ask the server what it has for the codes of `vocabulary`."""
    reads = ConceptReads(client)
    finder = _Finder(reads, mapping, table, _read_lists(reads, vocabulary))
    reads.ask(finder.uuids(vocabulary))
    reads.ask_terms(finder.unfound(vocabulary))
    vaccination = _vaccination(reads) if vocabulary.counts["vaccine"] else {}
    meanings = {
        role: finder.meanings(vocabulary, role) for role in ROLES if vocabulary.counts[role]
    }
    used = {one.concept for known in meanings.values() for one in known.values()}
    used.update(vaccination.values())
    formulary = read_formulary(client) if vocabulary.counts["drug"] else []
    prescribed = list(vocabulary.meanings("drug"))
    return Terms(
        concepts=reads.details(used),
        meanings={role: known for role, known in meanings.items() if known},
        drugs=drugs_of(formulary, prescribed, finder.ingredients(prescribed)),
        vaccination=vaccination,
        programs=finder.programs(vocabulary, read_programs(client))
        if vocabulary.counts["program"]
        else {},
        services=_services(client) if vocabulary.counts["service"] else {},
        **read_order_entry(client)._asdict(),
    )


def _vaccination(reads: ConceptReads) -> dict[str, str]:
    """Return the concepts that the server writes a vaccination in, by CIEL's code."""
    terms = {code: Term(CIEL_SYSTEM, code) for code in VACCINATION}
    reads.ask_terms(terms.values())
    known = {code: reads.by_term(term) for code, term in terms.items()}
    return {code: found[0].concept.uuid for code, found in known.items() if found}


class _Lists(NamedTuple):
    """Short lists of the server's by role: uuids by the members' names."""

    members: dict[Role, dict[str, str]]

    def takes(self, role: Role, uuid: str) -> bool:
        """Tell whether a role may be this concept: only of vaccines the server keeps a list."""
        vaccines = self.members.get("vaccine", {})
        return role != "vaccine" or not vaccines or uuid in vaccines.values()


def _read_lists(reads: ConceptReads, vocabulary: Vocabulary) -> _Lists:
    members: dict[Role, dict[str, str]] = {}
    for role, lists in NAMED.items():
        for uuid in lists if vocabulary.counts[role] else ():
            found = {as_words(name): member for member, name in reads.members(uuid)}
            members.setdefault(role, {}).update(found)
    return _Lists(members)


class _Finder:
    """Decides which concept a code is, by what has been read."""

    def __init__(
        self, reads: ConceptReads, mapping: Mapping, table: CodeTable, lists: _Lists
    ) -> None:
        self._reads = reads
        self._table = table
        self._lists = lists
        self._measured = {
            key_of(code): entry.concept
            for entry in mapping.measurements.values()
            for code in (Code(CIEL_SYSTEM, entry.ciel), Code(LOINC_SYSTEM, entry.loinc or ""))
            if code.code
        }

    def uuids(self, vocabulary: Vocabulary) -> Iterator[str]:
        """Yield the concepts that codes may be by the table, the mapping, or by being a uuid."""
        for code in vocabulary.codes():
            yield from (row.target for row in self._table.of(code) if row.target)
            if (key := key_of(code)) in self._measured:
                yield self._measured[key]
            if key.startswith("|"):
                yield key[1:]
        for role in ROLES:
            yield from self._lists.members.get(role, {}).values()

    def unfound(self, vocabulary: Vocabulary) -> Iterator[Term]:
        """Yield what to look for among the server's reference terms: all that has no home yet."""
        for role in ROLES:
            for code in vocabulary.codes(role):
                if not self._known(code, role):
                    yield from self._terms(code)

    def meanings(self, vocabulary: Vocabulary, role: Role) -> dict[str, Meaning]:
        """Return what the codes of a role are, by key."""
        found: dict[str, Meaning] = {}
        for code in vocabulary.codes(role):
            if meaning := self._known(code, role) or self._of_terms(code, role):
                found[key_of(code)] = meaning
        names = self._lists.members.get(role, {})
        for what in vocabulary.meanings(role) if names else ():
            for words in in_words(what):
                if words in names and names[words] in self._reads.concepts:
                    found[f"words|{words}"] = Meaning(names[words])
        return found

    def ingredients(self, prescribed: list[CodeableConcept]) -> dict[str, set[str]]:
        """Return all concepts that prescriptions' codes are, by key: a drug may be of any."""
        return {
            key_of(code): {
                meaning.concept
                for meaning in (*self._by_table(code), *self._terms_of(code, "drug"))
                if meaning.concept in self._reads.concepts
            }
            for what in prescribed
            for code in what.codes
        }

    def programs(self, vocabulary: Vocabulary, programs: list[Program]) -> dict[str, ServerProgram]:
        """Return the programs by the keys of what patients are enrolled in."""
        by_name = {f"words|{as_words(one.program.display)}": one.program for one in programs}
        by_uuid = {one.program.uuid: one.program for one in programs}
        by_uuid |= {one.concept: one.program for one in reversed(programs)}
        found: dict[str, ServerProgram] = {}
        for what in vocabulary.meanings("program"):
            for key in keys_of(what):
                if key in by_name:
                    found[key] = by_name[key]
            for code in what.codes:
                targets = [row.target for row in self._table.of(code)]
                targets += [key_of(code).removeprefix("|"), code.code]
                targets += [meaning.concept for meaning in self._terms_of(code, None)]
                if program := next((by_uuid[uuid] for uuid in targets if uuid in by_uuid), None):
                    found[key_of(code)] = program
        return found

    def _known(self, code: Code, role: Role) -> Meaning | None:
        """Return what a code is without the server's terms."""
        key = key_of(code)
        candidates = list(self._by_table(code))
        if key in self._measured:
            candidates.append(Meaning(self._measured[key]))
        candidates.append(Meaning(key.removeprefix("|")))
        return next((one for one in candidates if self._is_fit(one, role)), None)

    def _is_fit(self, meaning: Meaning, role: Role) -> bool:
        uuid = meaning.concept
        return uuid in self._reads.concepts and self._lists.takes(role, uuid)

    def _by_table(self, code: Code) -> Iterator[Meaning]:
        """Yield what the table says a code is; a server may have CIEL's by uuids of its own."""
        for row in self._table.of(code):
            if row.target in self._reads.concepts:
                yield Meaning(row.target, row.equivalence)
            elif row.ciel:
                for found in self._reads.by_term(Term(CIEL_SYSTEM, row.ciel)):
                    yield Meaning(found.concept.uuid, row.equivalence)

    def _of_terms(self, code: Code, role: Role) -> Meaning | None:
        return next((one for one in self._terms_of(code, role) if self._is_fit(one, role)), None)

    def _terms_of(self, code: Code, role: Role | None) -> list[Meaning]:
        """Return the concepts that a code is a reference term of, the best for the role first."""
        if self._table.is_unmatched(code):
            return []
        found = [one for term in self._terms(code) for one in self._reads.by_term(term)]
        if role is not None:
            classes = CLASSES[role]
            found = [one for one in found if one.concept.concept_class in classes]
            found.sort(key=lambda one: _rank(one, classes))
        return [Meaning(one.concept.uuid, one.equivalence) for one in found]

    def _terms(self, code: Code) -> Iterator[Term]:
        if self._table.is_unmatched(code):
            return
        for row in self._table.of(code):
            if row.ciel:
                yield Term(CIEL_SYSTEM, row.ciel)
        key = key_of(code)
        if number := key[1:].rstrip("A") if key.startswith("|") else "":
            if number.isdecimal():
                yield Term(CIEL_SYSTEM, number)
        else:
            yield Term(canonical_system(code.system), code.code)


def _rank(found: Found, classes: tuple[str, ...]) -> tuple[bool, int]:
    return found.equivalence != "equivalent", classes.index(found.concept.concept_class)


def _services(client: Client) -> dict[str, str]:
    """Return appointment services by the keys that name them: their words and their uuids."""
    services = read_services(client)
    by_words = {f"words|{as_words(name)}": uuid for name, uuid in services.items()}
    return by_words | {f"|{uuid}": uuid for uuid in services.values()}
