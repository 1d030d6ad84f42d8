"""The table of codes as groups of a FHIR R4 ConceptMap: one for each pair of systems. Pure."""

from typing import Any

from bridge.codes import CIEL_SYSTEM
from bridge.mapping.code_table import CodeRow, CodeTable

Group = dict[str, Any]

OPENMRS_CONCEPTS = "http://openmrs.org/concept"
"""The system of a target that is a uuid."""


def with_codes(concept_map: dict[str, Any], table: CodeTable) -> dict[str, Any]:
    """Return a ConceptMap of measurements with the table's groups added to it."""
    # Several systems are its sources now, and each group names its own.
    one_pair = {"sourceUri", "targetUri"}
    kept = {key: value for key, value in concept_map.items() if key not in one_pair}
    return {
        **kept,
        "url": "urn:bridge:conceptmap",
        "name": "BridgeMappings",
        "title": "bridge's measurements and codes as OpenMRS concepts, CIEL and LOINC",
        "group": [*concept_map["group"], *code_groups(table)],
    }


def code_groups(table: CodeTable) -> list[Group]:
    """Return the groups: a code that has no home stands with those that are CIEL's."""
    elements: dict[tuple[str, str], dict[str, Group]] = {}
    for row in table:
        target = CIEL_SYSTEM if row.ciel or not row.target else OPENMRS_CONCEPTS
        codes = elements.setdefault((row.code.system, target), {})
        element = codes.setdefault(row.code.code, _element(row))
        element["target"].append(_target(row))
    return [
        {"source": source, "target": target, "element": list(codes.values())}
        for (source, target), codes in elements.items()
    ]


def _element(row: CodeRow) -> Group:
    named = {"display": row.code.display} if row.code.display else {}
    return {"code": row.code.code, **named, "target": []}


def _target(row: CodeRow) -> dict[str, str]:
    target = {"code": row.ciel or row.target, "equivalence": row.equivalence, "comment": row.note}
    if row.equivalence == "inexact" and not row.note:
        target["comment"] = "inexact"  # FHIR asks for a word on it
    return {name: value for name, value in target.items() if value}
