"""Synthea's tables, row by row, as the FHIR resources that they say the same as.

Their times are UTC. A drug's row has an end, which Synthea's own FHIR does not tell. A panel's
parts stand in rows of their own, so pressures come one by one.
"""

from collections.abc import Callable, Iterator, Sequence

from bridge.chart import LeftOut
from bridge.codes import LOINC_SYSTEM, UCUM_SYSTEM
from bridge.files.fhir.resources import Body, Resource
from bridge.files.fhir_source import FhirSource, index_rows
from bridge.files.rows import Cells, Row, table_rows

SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
_SYSTEMS = {"SNOMED-CT": SNOMED, "RxNorm": RXNORM}
_CLASSES = {
    "emergency": "EMER",
    "inpatient": "IMP",
    "snf": "IMP",
    "hospice": "HH",
    "home": "HH",
    "virtual": "VR",
}
_NUMBERS = {
    "SSN": "Social Security Number",
    "DRIVERS": "Driver's license number",
    "PASSPORT": "Passport Number",
}


def is_synthea(columns: Sequence[str]) -> bool:
    """Tell whether these are the columns of Synthea's patients.csv."""
    return {"Id", "BIRTHDATE", "GENDER"} <= set(columns)


def index_tables(source: FhirSource) -> None:
    """Index all tables of a folder."""
    index_rows(source, _resources(source))


def _resources(source: FhirSource) -> Iterator[Resource | LeftOut]:
    for path in sorted(source.files, key=lambda path: not path.name.startswith("patients.")):
        table = path.name.removesuffix(".gz").removesuffix(".csv")
        kind, turned, named = _TABLES.get(table, (table, _nothing, ()))
        for row in table_rows(path):
            yield row if isinstance(row, LeftOut) else _resource(row, kind, turned, named)


def _resource(
    row: Row, kind: str, turned: Callable[[Cells], Body], named: Sequence[str]
) -> Resource | LeftOut:
    try:
        name = "|".join(row.cells.get(column, "") for column in named)
        body = turned(row.cells)
    except (KeyError, ValueError) as error:
        return LeftOut(row.source, "is not as Synthea writes it", f"{type(error).__name__} {error}")
    return Resource(kind, name, {"resourceType": kind, **body}, "", row.source)


def _nothing(row: Cells) -> Body:
    return {}


def _patient(row: Cells) -> Body:
    given = [part for part in (row.get("FIRST"), row.get("MIDDLE")) if part]
    place = {
        "line": [row.get("ADDRESS", "")],
        "city": row.get("CITY", ""),
        "district": row.get("COUNTY", ""),
        "state": row.get("STATE", ""),
        "postalCode": row.get("ZIP", ""),
    }
    body: Body = {
        "id": row["Id"],
        "name": [{"use": "official", "family": row.get("LAST", ""), "given": given}],
        "gender": {"F": "female", "M": "male"}.get(row["GENDER"], row["GENDER"]),
        "birthDate": row["BIRTHDATE"],
        "address": [place],
        "identifier": [
            {"value": row[column], "type": {"text": words}}
            for column, words in _NUMBERS.items()
            if row.get(column)
        ],
    }
    return {**body, "deceasedDateTime": row["DEATHDATE"]} if row.get("DEATHDATE") else body


def _encounter(row: Cells) -> Body:
    return {
        **_whose(row),
        "status": "finished",
        "class": {"code": _CLASSES.get(row["ENCOUNTERCLASS"], "AMB")},
        "type": [_concept(row, SNOMED)],
        "period": _period(row),
        "location": [{"location": {"display": row.get("ORGANIZATION", "")}}],
    }


def _condition(row: Cells) -> Body:
    body: Body = {
        **_whose(row),
        "clinicalStatus": _coded("resolved" if row["STOP"] else "active"),
        "verificationStatus": _coded("confirmed"),
        "category": [_coded("encounter-diagnosis")],
        "code": _concept(row, row.get("SYSTEM") or SNOMED),
        "onsetDateTime": row["START"],
    }
    return {**body, "abatementDateTime": row["STOP"]} if row["STOP"] else body


def _medication(row: Cells) -> Body:
    return {
        **_whose(row),
        "status": "completed" if row["STOP"] else "active",
        "medicationCodeableConcept": _concept(row, RXNORM),
        "effectivePeriod": _period(row),
        "context": _met(row),
        "reasonCode": _reason(row),
    }


def _observation(row: Cells) -> Body:
    value: Body = {"valueString": row["VALUE"]}
    if row["TYPE"] == "numeric":
        unit = row["UNITS"]
        value = {
            "valueQuantity": {
                "value": float(row["VALUE"]),
                "unit": unit,
                "system": UCUM_SYSTEM,
                "code": unit,
            }
        }
    return {
        **_whose(row),
        "status": "final",
        "category": [_coded(row["CATEGORY"])] if row.get("CATEGORY") else [],
        "code": _concept(row, LOINC_SYSTEM),
        "effectiveDateTime": row["DATE"],
        **value,
    }


def _procedure(row: Cells) -> Body:
    return {
        **_whose(row),
        "status": "completed",
        "code": _concept(row, row.get("SYSTEM") or SNOMED),
        "performedPeriod": _period(row) if "START" in row else {"start": row["DATE"]},
        "reasonCode": _reason(row),
    }


def _immunization(row: Cells) -> Body:
    return {
        **_whose(row),
        "status": "completed",
        "vaccineCode": _concept(row, CVX),
        "occurrenceDateTime": row["DATE"],
    }


def _allergy(row: Cells) -> Body:
    reactions = []
    for place in ("1", "2"):
        if row.get(f"DESCRIPTION{place}"):
            code = {"system": SNOMED, "code": row[f"REACTION{place}"]}
            shown = {"coding": [code], "text": row[f"DESCRIPTION{place}"]}
            severity = row.get(f"SEVERITY{place}", "").lower()
            reactions.append({"manifestation": [shown], "severity": severity})
    return {
        **_whose(row),
        "clinicalStatus": _coded("resolved" if row["STOP"] else "active"),
        "code": _concept(row, _SYSTEMS.get(row.get("SYSTEM", ""), SNOMED)),
        "category": [row["CATEGORY"]] if row.get("CATEGORY") else [],
        "reaction": reactions,
    }


def _care_plan(row: Cells) -> Body:
    return {
        **_whose(row),
        "status": "completed" if row["STOP"] else "active",
        "category": [_concept(row, SNOMED)],
        "period": _period(row),
    }


def _whose(row: Cells) -> Body:
    return {"subject": {"reference": f"Patient/{row['PATIENT']}"}, "encounter": _met(row)}


def _met(row: Cells) -> Body:
    met = row.get("ENCOUNTER")
    return {"reference": f"Encounter/{met}"} if met else {}


def _period(row: Cells) -> Body:
    period = {"start": row["START"]}
    return {**period, "end": row["STOP"]} if row.get("STOP") else period


def _concept(row: Cells, system: str) -> Body:
    words = row["DESCRIPTION"]
    return {"coding": [{"system": system, "code": row["CODE"], "display": words}], "text": words}


def _reason(row: Cells) -> list[Body]:
    if not row.get("REASONCODE"):
        return []
    words = row.get("REASONDESCRIPTION", "")
    return [{"coding": [{"system": SNOMED, "code": row["REASONCODE"]}], "text": words}]


def _coded(code: str) -> Body:
    return {"coding": [{"code": code}]}


_Table = tuple[str, Callable[[Cells], Body], tuple[str, ...]]
_TABLES: dict[str, _Table] = {
    "patients": ("Patient", _patient, ("Id",)),
    "encounters": ("Encounter", _encounter, ("Id",)),
    "conditions": ("Condition", _condition, ("ENCOUNTER", "CODE", "START", "STOP")),
    "medications": ("MedicationStatement", _medication, ("ENCOUNTER", "CODE", "START", "STOP")),
    "observations": ("Observation", _observation, ("ENCOUNTER", "CODE", "DATE", "VALUE")),
    "procedures": ("Procedure", _procedure, ("ENCOUNTER", "CODE", "START", "STOP", "DATE")),
    "immunizations": ("Immunization", _immunization, ("ENCOUNTER", "CODE", "DATE")),
    "allergies": ("AllergyIntolerance", _allergy, ("CODE", "START", "DESCRIPTION")),
    "careplans": ("CarePlan", _care_plan, ("Id",)),
}
"""Each table's type, how a row says it, and the columns that tell two rows of it apart."""
