"""FHIR resources made by hand, as small as they may be."""

import json
from pathlib import Path
from typing import Any

from bridge.chart import Patient
from bridge.files.account import Reading
from tests.lib.charts import read_all

Body = dict[str, Any]
ME = "7688a3bf-cbcc-5b6d-b8d1-edc65c2b9bbb"
VISIT = "3c866ee8-882b-5163-8300-a7352fbeeb56"
START, END = "2024-03-05T10:00:00-05:00", "2024-03-05T10:30:00-05:00"


def patient(**more: Any) -> Body:
    """Make a Patient."""
    name = {"use": "official", "family": "Otieno", "given": ["Amina"]}
    born = {"name": [name], "gender": "female", "birthDate": "1980-03-02"}
    return {"resourceType": "Patient", "id": ME, **born, **more}


def encounter(name: str = VISIT, start: str = START, end: str | None = END, **more: Any) -> Body:
    """Make an Encounter of that patient."""
    period = {"start": start} | ({"end": end} if end else {})
    body = {"status": "finished", "class": {"code": "AMB"}, "period": period}
    return {"resourceType": "Encounter", "id": name, "subject": whose(), **body, **more}


def of_visit(kind: str, name: str, **more: Any) -> Body:
    """Make a resource of that patient in that encounter."""
    met = {"encounter": {"reference": f"Encounter/{VISIT}"}}
    key = (
        "patient" if kind in ("AllergyIntolerance", "Immunization", "RelatedPerson") else "subject"
    )
    return {"resourceType": kind, "id": name, key: whose(), **met, **more}


def observation(name: str = "o1", loinc: str = "8302-2", **more: Any) -> Body:
    """Make an Observation: a height of 162.3 cm, unless told otherwise."""
    said: Body = {"status": "final", "code": coded(loinc, "http://loinc.org")}
    if not any(key.startswith(("value", "component", "hasMember", "dataAbs")) for key in more):
        said["valueQuantity"] = quantity(162.3, "cm")
    return of_visit("Observation", name, **{"effectiveDateTime": START, **said, **more})


def whose() -> Body:
    """Refer to the patient."""
    return {"reference": f"urn:uuid:{ME}"}


def coded(code: str, system: str = "http://snomed.info/sct", text: str = "") -> Body:
    """Make a CodeableConcept."""
    return {"coding": [{"system": system, "code": code}], "text": text or code}


def quantity(value: float, unit: str, code: str | None = None) -> Body:
    """Make a Quantity in UCUM."""
    return {
        "value": value,
        "unit": unit,
        "system": "http://unitsofmeasure.org",
        "code": code or unit,
    }


def bundle(*resources: Body) -> Body:
    """Make a transaction."""
    entries = [
        {"fullUrl": f"urn:uuid:{one.get('id')}", "resource": one, "request": {"method": "POST"}}
        for one in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def read(folder: Path, *resources: Body, **options: Any) -> tuple[Patient, Reading]:
    """Read the one patient of a bundle."""
    (folder / "one.json").write_text(json.dumps(bundle(*resources)), encoding="utf-8")
    (made,), reading = read_all(folder, **options)
    return made, reading
