"""What OpenMRS checks before it saves, kind by kind."""

from collections.abc import Callable, Mapping

from bridge.sandbox.refusals import Broken, Findings
from bridge.sandbox.rules.care import check_encounter, check_obs, check_visit
from bridge.sandbox.rules.metadata import check_concept, check_frequency, check_location, check_term
from bridge.sandbox.rules.orders import check_order
from bridge.sandbox.rules.people import check_one_person, check_patient
from bridge.sandbox.rules.programs import (
    check_allergy,
    check_condition,
    check_diagnosis,
    check_enrollment,
)
from bridge.sandbox.store import Record, Store

Rule = Callable[[Store, Record, Findings], None]

RULES: Mapping[str, Rule] = {
    "allergy": check_allergy,
    "concept": check_concept,
    "conceptreferenceterm": check_term,
    "condition": check_condition,
    "diagnosis": check_diagnosis,
    "encounter": check_encounter,
    "location": check_location,
    "obs": check_obs,
    "order": check_order,
    "patient": check_patient,
    "orderfrequency": check_frequency,
    "person": check_one_person,
    "programenrollment": check_enrollment,
    "visit": check_visit,
}


BOUNDED = frozenset(
    {"allergy", "allergyreaction", "appointment", "condition", "diagnosis", "obs", "order"}
    | {"identifier", "person", "personattribute"}
)
"""Kinds of which the database itself refuses a text that its column has no room for."""


def check(store: Store, record: Record) -> None:
    """Raise Invalid if the record breaks a rule of its kind, Broken if a text of it is too long."""
    rule = RULES.get(record.type.name)
    if rule:
        findings = Findings()
        rule(store, record, findings)
        findings.refuse_any()
    if record.type.name in BOUNDED:
        for prop in record.type.columns:
            if prop.overflows(record[prop.name]):
                raise Broken.statement(f"Data too long for column '{prop.name}' at row 1")
