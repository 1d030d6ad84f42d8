"""The content package as folders of openmrs-module-initializer. Pure.

The initializer makes what a row names equal to the row, its other names and answers gone; so on a
server with content of its own only what it lacks is to be given to it. `conceptsets` adds parts
to sets and questions that exist; it must name new ones only, as it adds an answer again that is
there already.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from bridge.content.package import Content
from bridge.content.rows import Concept, Named, Relation

Lacks = Callable[[str], bool]


class Addition(NamedTuple):
    """A part that a set or question of the server is to be given."""

    concept: str
    part: str
    is_answer: bool


_ADDRESS_OF_IMAGES = "ImageHandler"
_LIMITS = {
    "Absolute low": "low_absolute",
    "Critical low": "low_critical",
    "Normal low": "low_normal",
    "Normal high": "high_normal",
    "Critical high": "high_critical",
    "Absolute high": "high_absolute",
}
_MAPPINGS: dict[Relation, str] = {
    "same": "Mappings|SAME-AS",
    "broader": "Mappings|BROADER-THAN",
    "narrower": "Mappings|NARROWER-THAN",
}
_CONCEPT = (
    "Uuid",
    "Fully specified name:en",
    "Short name:en",
    "Data class",
    "Data type",
    "Answers",
    "Members",
    *_MAPPINGS.values(),
    *_LIMITS,
    "Units",
    "Allow decimals",
    "Complex data handler",
)


def initializer_files(
    content: Content, lacks: Lacks = lambda uuid: True, additions: Iterable[Addition] = ()
) -> dict[str, str]:
    """Return the text of each file by its path; of things, those that the server `lacks`."""
    tables = {
        "conceptclasses": _named(content.classes, lacks),
        "conceptsources": _sources(content, lacks),
        "fhirconceptsources": _fhir_sources(content, lacks),
        "visittypes": _named(content.visit_types, lacks),
        "patientidentifiertypes": _identifier_types(content, lacks),
        "encountertypes": _named(content.encounter_types, lacks),
        "encounterroles": _named(content.encounter_roles, lacks),
        "personattributetypes": _attribute_types(content, lacks),
        "concepts": _concepts(content, lacks),
        "conceptsets": _concept_sets(additions),
        "programs": _programs(content, lacks),
        "programworkflows": _workflows(content, lacks),
        "programworkflowstates": _states(content, lacks),
        "drugs": _drugs(content, lacks),
        "orderfrequencies": _frequencies(content, lacks),
        "appointmentservicedefinitions": _services(content, lacks),
    }
    files = {f"{domain}/bridge.csv": _csv(table) for domain, table in tables.items()}
    files = {path: text for path, text in files.items() if text.count("\n") > 1}
    return {**files, "globalproperties/bridge.xml": _properties(content)}


Table = Iterator[Sequence[str]]


def _csv(table: Table) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue()


def _named(rows: Iterable[Named], lacks: Lacks) -> Table:
    yield "Uuid", "Name", "Description"
    for row in rows:
        if lacks(row.uuid):
            yield row.uuid, row.name, row.description or row.name


def _sources(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Name", "Description", "HL7 Code"
    for row in content.sources:
        if lacks(row.uuid):
            yield row.uuid, row.name, row.description, row.hl7


def _fhir_sources(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Concept source", "Url"
    for row in content.sources:
        if lacks(row.uuid) and row.url:
            yield "", row.name, row.url


def _identifier_types(content: Content, lacks: Lacks) -> Table:
    yield (
        "Uuid",
        "Name",
        "Description",
        "Required",
        "Format",
        "Location behavior",
        "Uniqueness behavior",
    )
    for row in content.identifier_types:
        if lacks(row.uuid):
            unique = "UNIQUE" if row.unique else "NON_UNIQUE"
            yield row.uuid, row.name, row.description, "false", row.format, "NOT_USED", unique


def _attribute_types(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Name", "Description", "Format", "Searchable"
    for row in content.attribute_types:
        if lacks(row.uuid):
            yield row.uuid, row.name, row.description, row.format, _yes(row.searchable)


def _concepts(content: Content, lacks: Lacks) -> Table:
    yield _CONCEPT
    for row in content.concepts:
        if lacks(row.uuid):
            yield tuple(_concept_cells(row))


def _concept_cells(row: Concept) -> Iterator[str]:
    yield from (row.uuid, row.name, row.short_name, row.concept_class, row.datatype)
    yield "; ".join(row.answers)
    yield "; ".join(row.members)
    for relation in _MAPPINGS:
        codes = (f"{t.source}:{t.code}" for t in row.codes if t.relation == relation)
        yield "; ".join(codes)
    limits = (getattr(row, field) for field in _LIMITS.values())
    yield from ("" if limit is None else f"{limit:g}" for limit in limits)
    numeric = row.datatype == "Numeric"
    yield row.units
    yield _yes(row.decimals) if numeric else ""
    yield _ADDRESS_OF_IMAGES if row.datatype == "Complex" else ""


def _concept_sets(additions: Iterable[Addition]) -> Table:
    yield "Concept", "Member", "Member Type"
    for addition in additions:
        kind = "Q-AND-A" if addition.is_answer else "CONCEPT-SET"
        yield addition.concept, addition.part, kind


def _programs(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Name", "Description", "Program concept"
    for row in content.programs:
        if lacks(row.uuid):
            yield row.uuid, row.name, row.description, row.concept


def _workflows(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Program", "Workflow concept"
    for row in content.workflows:
        if lacks(row.uuid):
            yield row.uuid, row.program, row.concept


def _states(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Workflow", "State concept", "Initial", "Terminal"
    for row in content.states:
        if lacks(row.uuid):
            yield row.uuid, row.workflow, row.concept, _yes(row.initial), _yes(row.terminal)


def _drugs(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Name", "Concept Drug", "Concept Dosage Form", "Strength"
    for row in content.drugs:
        if lacks(row.uuid):
            yield row.uuid, row.name, row.concept, row.form, row.strength


def _frequencies(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Frequency per day", "Concept frequency"
    for row in content.frequencies:
        if lacks(row.uuid):
            yield row.uuid, f"{row.times_a_day:g}", row.concept


def _services(content: Content, lacks: Lacks) -> Table:
    yield "Uuid", "Name", "Description", "Duration"
    for row in content.services:
        if lacks(row.uuid):
            yield row.uuid, row.name, row.description, str(row.minutes)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _properties(content: Content) -> str:
    lines = [
        f"    <globalProperty>\n      <property>{escape(row.name)}</property>\n"
        f"      <value>{escape(row.value)}</value>\n    </globalProperty>\n"
        for row in content.settings
    ]
    return f"<config>\n  <globalProperties>\n{''.join(lines)}  </globalProperties>\n</config>\n"
