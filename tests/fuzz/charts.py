"""Small charts to begin from: a patient, an encounter and what is of one kind, so each is fast."""

import base64
from typing import Any

from tests.lib.fhir import (
    END,
    ME,
    START,
    Body,
    coded,
    encounter,
    observation,
    of_visit,
    patient,
    quantity,
)
from tests.lib.forms import WHOLE_CHART

_BYTES = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
_MEDICATION = {"resourceType": "Medication", "id": "d1", "code": coded("313782")}


def _ordered(name: str, **more: Any) -> Body:
    said = {"status": "active", "intent": "order", "authoredOn": START}
    return of_visit("MedicationRequest", name, **said, **more)


PERSON = patient(
    telecom=[{"system": "phone", "use": "mobile", "value": "555"}],
    address=[{"line": ["1 Road"], "city": "Lowell", "state": "MA", "country": "US"}],
    identifier=[{"system": "x", "value": "9", "type": {"text": "Old Number"}}],
    deceasedDateTime=END,
    link=[{"type": "seealso", "other": {"reference": "RelatedPerson/f1"}}],
)
DOSE = {
    "text": "one a day",
    "route": coded("26643006"),
    "asNeededBoolean": True,
    "timing": {
        "repeat": {
            "frequency": 2,
            "period": 1,
            "periodUnit": "d",
            "boundsDuration": quantity(5, "d"),
        },
        "code": {"coding": [{"code": "BID"}]},
    },
    "doseAndRate": [{"doseQuantity": quantity(2, "mg")}],
}
SUPPLY = {
    "quantity": quantity(30, "{tablet}"),
    "numberOfRepeatsAllowed": 2,
    "expectedSupplyDuration": quantity(30, "d"),
}
RICH: tuple[tuple[Body, ...], ...] = (
    (PERSON,),
    (
        _ordered(
            "m3",
            medicationReference={"reference": "#d2"},
            contained=[{**_MEDICATION, "id": "d2"}],
            dosageInstruction=[DOSE],
            dispenseRequest=SUPPLY,
            reasonReference=[{"reference": "Condition/c2"}],
            note=[{"text": "with food"}],
        ),
        of_visit(
            "Condition",
            "c2",
            code=coded("38341003"),
            clinicalStatus=coded("resolved"),
            verificationStatus=coded("confirmed"),
            category=[coded("encounter-diagnosis")],
            onsetDateTime="2020-01",
            abatementDateTime="2021-01-01",
        ),
    ),
    (
        observation("o3", valueCodeableConcept=coded("10828004"), category=[coded("laboratory")]),
        observation("o4", valueString="clear", issued=START, interpretation=[coded("N")]),
        observation("o5", valueDateTime="2024-01-01", dataAbsentReason=coded("unknown")),
    ),
    (
        of_visit(
            "DocumentReference",
            "r2",
            status="current",
            date=START,
            description="a picture",
            content=[{"attachment": {"contentType": "image/png", "url": "Binary/b1"}}],
        ),
        {"resourceType": "Binary", "id": "b1", "contentType": "image/png", "data": _BYTES},
    ),
    (
        of_visit(
            "Immunization",
            "i2",
            status="completed",
            vaccineCode=coded("140", "http://hl7.org/fhir/sid/cvx"),
            occurrenceDateTime=START,
            lotNumber="L1",
            manufacturer={"display": "Maker"},
            expirationDate="2025-01-01",
            protocolApplied=[{"doseNumberPositiveInt": 1}],
        ),
    ),
    (
        {
            "resourceType": "Appointment",
            "id": "t2",
            "status": "fulfilled",
            "start": START,
            "end": END,
            "comment": "bring papers",
            "description": "check up",
            "participant": [{"actor": {"reference": f"Patient/{ME}"}}],
        },
    ),
)
NEEDED = {"m1": [_MEDICATION]}
"""What a resource refers to and is nothing without."""

SMALL_CHARTS: list[list[Body]] = [
    [patient(), encounter()],
    *([patient(), encounter(), one, *NEEDED.get(one["id"], [])] for one in WHOLE_CHART[2:]),
    *([patient(), encounter(), *some] for some in RICH[1:]),
    [PERSON, encounter()],
]
