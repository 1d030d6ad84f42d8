"""The tables of whole charts: what each has in its columns, for whoever writes and reads them.

A column's type is Arrow's name, or `time`. A code is written as `CIEL:116128`, as the uuid of a
concept that is the server's own, or is empty where a thing is known by its name.
"""

from typing import Final

TEXT, TIME, DAY, WHOLE, NUMBER, FLAG = "string", "time", "date32", "int32", "float64", "bool"

_PLACE: Final = {"patient_id": TEXT, "visit_id": TEXT, "encounter_id": TEXT, "time": TIME}
_CODE: Final = {"code": TEXT, "name": TEXT}

VISIT_COLUMNS: Final = {
    "visit_id": TEXT,
    "patient_id": TEXT,
    "start": TIME,
    "stop": TIME,
    "kind": TEXT,
}

OF_ENCOUNTERS: Final[dict[str, dict[str, str]]] = {
    "diagnoses": {
        "diagnosis_id": TEXT,
        **_PLACE,
        **_CODE,
        "rank": WHOLE,
        "confirmed": FLAG,
    },
    "notes": {"note_id": TEXT, **_PLACE, "text": TEXT},
    "test_orders": {"order_id": TEXT, **_PLACE, **_CODE},
    "drug_orders": {
        "order_id": TEXT,
        **_PLACE,
        **_CODE,
        "dose": NUMBER,
        "dose_unit": TEXT,
        "route": TEXT,
        "frequency": TEXT,
        "days": WHOLE,
        "quantity": NUMBER,
        "as_needed": FLAG,
        "instructions": TEXT,
        "reason_code": TEXT,
        "reason": TEXT,
        "stopped": TIME,
    },
    "results": {
        "result_id": TEXT,
        **_PLACE,
        **_CODE,
        "value": NUMBER,
        "unit": TEXT,
        "answer_code": TEXT,
        "answer": TEXT,
        "order_id": TEXT,
    },
    "immunizations": {"immunization_id": TEXT, **_PLACE, **_CODE, "dose": WHOLE},
}
"""What stands within an encounter. Of one visit, what has the same `encounter_id` belongs
together; the order of the tables is that of the encounters."""

OF_PATIENTS: Final[dict[str, dict[str, str]]] = {
    "conditions": {
        "condition_id": TEXT,
        "patient_id": TEXT,
        **_CODE,
        "onset": DAY,
        "end": DAY,
    },
    "enrollments": {
        "enrollment_id": TEXT,
        "patient_id": TEXT,
        "program": TEXT,
        "enrolled": DAY,
        "completed": DAY,
    },
    "program_states": {
        "enrollment_id": TEXT,
        "patient_id": TEXT,
        "state": TEXT,
        "start": DAY,
        "end": DAY,
    },
    "appointments": {
        "appointment_id": TEXT,
        "patient_id": TEXT,
        "service": TEXT,
        "start": TIME,
        "stop": TIME,
        "status": TEXT,
    },
    "allergies": {
        "allergy_id": TEXT,
        "patient_id": TEXT,
        **_CODE,
        "kind": TEXT,
        "reaction_code": TEXT,
        "reaction": TEXT,
        "severity": TEXT,
    },
    "relationships": {
        "relationship_id": TEXT,
        "patient_id": TEXT,
        "other_id": TEXT,
        "kind": TEXT,
    },
    "deaths": {"patient_id": TEXT, "time": TIME, "cause_code": TEXT, "cause": TEXT},
}
"""What stands in the chart of the patient as a whole."""

NONE_KNOWN: Final = "none known"
"""The kind of an allergy that says that the patient was asked and has none."""

CHART_TABLES: Final = {**OF_ENCOUNTERS, **OF_PATIENTS}
