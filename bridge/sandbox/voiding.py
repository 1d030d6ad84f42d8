# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""Taking away: void or retire with all that hangs on it, or purge in the order OpenMRS asks."""

from typing import NamedTuple

from bridge.sandbox.catalogue.orders import TEST_ORDER
from bridge.sandbox.refusals import Broken, Findings
from bridge.sandbox.store import Record, Store

CASCADES = {
    "patient": (
        ("person", "id"),
        ("personname", "person"),
        ("personaddress", "person"),
        ("identifier", "patient"),
        ("visit", "patient"),
        ("encounter", "patient"),
        ("obs", "person"),
        ("order", "patient"),
        ("appointment", "patient"),
    ),
    "visit": (("encounter", "visit"),),
    "encounter": (
        ("obs", "encounter"),
        ("encounterprovider", "encounter"),
        ("order", "encounter"),
        ("diagnosis", "encounter"),
    ),
    "obs": (("obs", "obsGroup"),),
}
"""What is voided together with a record: (kind, its property that points to the record)."""


class Hold(NamedTuple):
    """A foreign key of OpenMRS's database that keeps a record from being purged."""

    type: str
    prop: str
    key: str
    column: str
    target: str


HOLDS = {
    "obs": (Hold("obs", "previousVersion", "previous_version", "previous_version", "obs_id"),),
    "order": (
        Hold(
            "order", "previousOrder", "previous_order_id_order_id", "previous_order_id", "order_id"
        ),
        Hold("obs", "order", "obs_order", "order_id", ""),
    ),
    "encounter": (
        Hold("diagnosis", "encounter", "encounter_diagnosis_encounter_id_fk", "encounter_id", ""),
        Hold("obs", "encounter", "encounter_observations", "encounter_id", ""),
        Hold("order", "encounter", "orders_in_encounter", "encounter_id", ""),
    ),
    "patient": (
        Hold("allergy", "patient", "allergy_patient_id_fk", "patient_id", ""),
        Hold("order", "patient", "order_for_patient", "patient_id", ""),
        Hold("condition", "patient", "condition_patient_fk", "patient_id", ""),
        Hold("programenrollment", "patient", "patient_in_program", "patient_id", ""),
        Hold("appointment", "patient", "patient_appointment_patient", "patient_id", ""),
        Hold("encounter", "patient", "encounter_patient", "patient_id", ""),
        Hold("visit", "patient", "visit_patient_fk", "patient_id", ""),
    ),
    "person": (
        Hold("relationship", "personA", "person_a_is_person", "person_a", "person_id"),
        Hold("relationship", "personB", "person_b_is_person", "person_b", "person_id"),
        Hold("patient", "person", "person_id_for_patient", "patient_id", "person_id"),
        Hold("obs", "person", "person_obs", "person_id", ""),
    ),
}
TEST_ORDER_HOLD = Hold("test_order", "id", "test_order_order_id_fk", "order_id", "")
"""OpenMRS removes the row of an order before that of its subclass, and so never a test order."""

TABLES = {
    "condition": "conditions",
    "diagnosis": "encounter_diagnosis",
    "order": "orders",
    "programenrollment": "patient_program",
    "appointment": "patient_appointment",
}
"""What OpenMRS's tables are called where the name is another than here."""

PARTS = {
    "obs": (("complexdata", "obs"), ("obs", "obsGroup")),
    "programenrollment": (("patientstate", "patientProgram"),),
    "encounter": (("encounterprovider", "encounter"),),
    "patient": (("identifier", "patient"),),
    "person": (
        ("personname", "person"),
        ("personaddress", "person"),
        ("personattribute", "person"),
    ),
    "concept": (
        ("conceptname", "concept"),
        ("conceptdescription", "concept"),
        ("conceptmapping", "concept"),
    ),
}
"""What goes for good together with a record."""


def end(store: Store, record: Record, reason: str) -> None:
    """Void or retire a record and what depends on it; doing so twice is no error."""
    _end(store, record.type.name, "id = ?", record.id or 0, reason)


def _end(store: Store, kind: str, where: str, number: int, reason: str) -> None:
    inner = f'SELECT id FROM "{kind}" WHERE {where}'
    for part, prop in CASCADES.get(kind, ()):
        if part == kind:
            store.end(part, f'"{prop}" IN ({inner})', (number,), reason)
        else:
            _end(store, part, f'"{prop}" IN ({inner})', number, reason)
    store.end(kind, where, (number,), reason)


def revive(store: Store, record: Record) -> None:
    """Bring back a voided record with what was voided together with it.

    A patient does not come back: OpenMRS finds no name on a person whose names are still voided.
    """
    if record.type.name == "patient":
        code = "Person.shouldHaveAtleastOneNonVoidedName"
        findings = Findings()
        findings.add("names", code)
        findings.add("names", code)
        findings.refuse_any()
    _revive(store, record.type.name, "id = ?", record.id or 0, record["ended_at"])


def _revive(store: Store, kind: str, where: str, number: int, moment: int) -> None:
    inner = f'SELECT id FROM "{kind}" WHERE {where}'
    for part, prop in CASCADES.get(kind, ()):
        if part != kind:
            _revive(store, part, f'"{prop}" IN ({inner})', number, moment)
    store.revive(kind, where, (number,), moment)


def purge(store: Store, record: Record) -> None:
    """Remove a record for good.

    Raises Broken where OpenMRS's database holds on to it.
    """
    kind, number = record.type.name, record.id
    if kind == "visit" and store.count("encounter", "visit = ?", (number,)):
        raise Broken(
            "Cannot permanently delete a visit that has encounters associated to it",
            java="org.openmrs.api.APIException",
            code="org.openmrs.api.impl.VisitServiceImpl:222",
        )
    for hold in HOLDS.get(kind, ()):
        if store.count(hold.type, f'"{hold.prop}" = ?', (number,)):
            raise _held(kind, hold)
    if kind == "order" and record["type"] == TEST_ORDER:
        raise _held(kind, TEST_ORDER_HOLD)
    for part, prop in PARTS.get(kind, ()):
        store.delete(part, f'"{prop}" = ?', (number,))
    store.delete(kind, "id = ?", (number,))
    if kind == "patient":
        purge(store, store.held("person", number))


def _held(kind: str, hold: Hold) -> Broken:
    whole = kind == "patient"
    batch = "could not execute statement" if whole else "could not execute batch"
    target = hold.target or hold.column
    table, holder = TABLES.get(kind, kind), TABLES.get(hold.type, hold.type)
    sql = "n/a" if whole else f"delete from {table} where {target}=?"
    update = " ON UPDATE CASCADE" if whole and hold.type in ("encounter", "visit") else ""
    cause = (
        "(conn=1) Cannot delete or update a parent row: a foreign key constraint fails"
        f" (`openmrs`.`{holder}`, CONSTRAINT `{hold.key}` FOREIGN KEY (`{hold.column}`)"
        f" REFERENCES `{table}` (`{target}`){update})"
    )
    outer = (
        f"{batch}; SQL [{sql}]; constraint [null]; nested exception is"
        f" org.hibernate.exception.ConstraintViolationException: {batch}"
    )
    return Broken(
        outer,
        batch,
        *([cause] if whole else [cause, cause]),
        java="org.springframework.dao.DataIntegrityViolationException",
        code="org.springframework.orm.hibernate5.SessionFactoryUtils:212",
    )
