"""Observations as FHIR resources, with the limits and the verdict stored beside each number."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bridge.sandbox.catalogue.care import numeric_value, obs_text
from bridge.sandbox.catalogue.concepts import LIMITS
from bridge.sandbox.dates import fhir_instant, fhir_moment
from bridge.sandbox.fhir.terms import EXTENSION, TERMINOLOGY, Resource, reference, subject
from bridge.sandbox.observation_values import FALSE_UUID, TRUE_UUID
from bridge.sandbox.store import Record, Store

UCUM = "http://unitsofmeasure.org"
CATEGORIES = {"Test": "laboratory", "Procedure": "procedure", "Finding": "exam"}
INTERPRETATIONS = {
    "NORMAL": ("N", "Normal"),
    "HIGH": ("H", "High"),
    "LOW": ("L", "Low"),
    "CRITICALLY_HIGH": ("HH", "Critically High"),
    "CRITICALLY_LOW": ("LL", "Critically Low"),
}
STATUSES = {"FINAL": "final", "AMENDED": "amended", "PRELIMINARY": "preliminary"}
UCUM_UNITS = {
    *("%", "/min", "Cel", "mmHg", "U/L", "mmol/L", "umol/L", "g/L", "g/dL", "g/dl", "mg/L"),
    *("mg/dL", "mg/dl", "kg/m2", "m", "cm", "mm", "kg", "g", "mg", "L", "mL", "fL"),
    *("d", "h", "min", "s"),
}
"""Units that are also UCUM's; for others the code is left out, as fhir2 does after its check."""

RANGES = (
    ("Normal", f"{TERMINOLOGY}referencerange-meaning", "normal"),
    ("Critical", f"{TERMINOLOGY}referencerange-meaning", "treatment"),
    ("Absolute", f"{EXTENSION}obs/reference-range", "absolute"),
)


def observation_resource(store: Store, obs: Record) -> Resource:
    """Show an observation, or a group with references to its members."""
    concept = store.ref(obs, "concept")
    encounter = store.ref(obs, "encounter")
    members = store.children(obs, "groupMembers")
    return {
        "status": STATUSES.get(obs["status"], "unknown"),
        "category": _category(store, concept),
        "code": concept_coding(store, concept) if concept else None,
        "subject": subject(store, obs["person"]),
        "encounter": reference("Encounter", encounter) if encounter else None,
        "effectiveDateTime": fhir_moment(obs["obsDatetime"]),
        "issued": fhir_instant(obs["created"]),
        **_observed(store, obs, concept),
        "interpretation": _interpretation(obs["interpretation"]),
        "referenceRange": _ranges(obs, concept) or None,
        "hasMember": [reference("Observation", member) for member in members] or None,
    }


def concept_coding(store: Store, concept: Record) -> Resource:
    """Code a concept by its uuid, without a system.

    Codes of CIEL or LOINC follow on a real server only where its FHIR concept sources are set up,
    which cannot be done over REST and is not so on a bare server.
    """
    name = store.display(concept)
    return {"coding": [{"code": concept.uuid, "display": name}], "text": name}


def _category(store: Store, concept: Record | None) -> list[Resource] | None:
    kind = store.ref(concept, "conceptClass") if concept else None
    code = CATEGORIES.get(kind["name"]) if kind else None
    if code is None:
        return None
    system = f"{TERMINOLOGY}observation-category"
    return [{"coding": [{"system": system, "code": code, "display": code.capitalize()}]}]


def _observed(store: Store, obs: Record, concept: Record | None) -> Resource:
    members = store.children(obs, "groupMembers")
    if members:
        return {"valueString": ", ".join(obs_text(store, member) for member in members)}
    answer = store.ref(obs, "valueCoded")
    if answer:
        truth = {TRUE_UUID: True, FALSE_UUID: False}.get(answer.uuid)
        coded = {"valueCodeableConcept": concept_coding(store, answer)}
        return coded if truth is None else {"valueBoolean": truth}
    if obs["valueDatetime"] is not None:
        return {"valueDateTime": fhir_moment(obs["valueDatetime"])}
    if obs["valueNumeric"] is not None:
        return {"valueQuantity": _quantity(store, obs, concept)}
    return {"valueString": obs["valueText"]} if obs["valueText"] is not None else {}


def _quantity(store: Store, obs: Record, concept: Record | None) -> Resource:
    unit = concept["units"] if concept else None
    shown: Resource = {"value": numeric_value(store, obs)}
    if unit:
        shown["unit"] = unit
    return shown | ({"system": UCUM, "code": unit} if unit in UCUM_UNITS else {})


def _interpretation(verdict: str | None) -> list[Resource] | None:
    if verdict is None:
        return None
    code, display = INTERPRETATIONS[verdict]
    system = f"{TERMINOLOGY}v3-ObservationInterpretation"
    return [{"coding": [{"system": system, "code": code, "display": display}], "text": display}]


def _ranges(obs: Record, concept: Record | None) -> Iterable[Resource]:
    if not obs["limits"] or concept is None:
        return []
    limits = json.loads(obs["limits"])
    values = {
        name: limits[name] if concept["allowDecimal"] or limits[name] is None else int(limits[name])
        for name in LIMITS
    }
    return [found for one in RANGES if (found := _range(values, *one))]


def _range(values: Mapping[str, Any], name: str, system: str, code: str) -> Resource | None:
    ends = {"low": values[f"low{name}"], "high": values[f"hi{name}"]}
    shown: Resource = {end: {"value": value} for end, value in ends.items() if value is not None}
    if not shown:
        return None
    return shown | {"type": {"coding": [{"system": system, "code": code}]}}
