"""What OpenMRS checks before it saves, kind by kind."""

from collections.abc import Callable, Mapping

from bridge.sandbox.refusals import Findings
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


def check(store: Store, record: Record) -> None:
    """Raise Invalid if the record breaks a rule of its kind."""
    rule = RULES.get(record.type.name)
    if rule:
        findings = Findings()
        rule(store, record, findings)
        findings.refuse_any()
