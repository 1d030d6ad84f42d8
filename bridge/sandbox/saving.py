"""Saving what a request made: rules first, then the record, then what hangs on it.

The order is OpenMRS's: a visit inside an encounter before the encounter, observations after it.
All of it runs in the request's one transaction.
"""

import uuid
from collections.abc import Callable, Mapping

from bridge.sandbox.catalogue.orders import DRUG_ORDER, SIMPLE_DOSING, TEST_ORDER
from bridge.sandbox.dates import midnight
from bridge.sandbox.durations import expiry
from bridge.sandbox.refusals import Broken
from bridge.sandbox.rendering import is_numeric
from bridge.sandbox.rules import check
from bridge.sandbox.rules.care import covering_visit
from bridge.sandbox.rules.orders import refuse_inactive, refuse_twice
from bridge.sandbox.store import Record, Store

INHERITED = ("person", "obsDatetime", "location", "encounter")
"""What an observation takes from its encounter or its group where it has none of its own."""

EDIT_REASON = "REST web service"
ORDER_TYPES = {
    DRUG_ORDER: "131168f4-15f5-102d-96e4-000c29c2a5d7",
    TEST_ORDER: "52a447d3-a64a-11e3-9aeb-50e549534c5e",
}
"""OpenMRS's own order types, by the subclass of the order."""


def save(store: Store, record: Record) -> Record:
    """Save a record with all that it holds; return the one that now stands for it.

    Raises Invalid or Refusal where OpenMRS would.
    """
    saver = SAVERS.get(record.type.name, _save_plain)
    return saver(store, record)


def _save_plain(store: Store, record: Record) -> Record:
    check(store, record)
    _write(store, record)
    _save_children(store, record)
    return record


def _write(store: Store, record: Record) -> None:
    if record.id is None:
        store.insert(record)
    else:
        store.update(record)


def _save_children(store: Store, record: Record) -> None:
    for name, held in list(record.children.items()):
        prop = record.type.by_name[name]
        if not prop.kept:
            continue
        for child in held:
            child[prop.by] = record
            save(store, child)
        del record.children[name]


def _save_visit(store: Store, visit: Record) -> Record:
    if visit["startDatetime"] is None:
        visit["startDatetime"] = store.now
    return _save_plain(store, visit)


def _save_encounter(store: Store, encounter: Record) -> Record:
    if encounter["encounterDatetime"] is None:
        encounter["encounterDatetime"] = store.now
    visit = encounter["visit"]
    if isinstance(visit, Record) and (visit.id is None or visit.values != visit.original):
        save(store, visit)
    if encounter.id is None and visit is None:
        encounter["visit"] = covering_visit(store, encounter)
    check(store, encounter)
    before = encounter.original.get("encounterDatetime")
    _write(store, encounter)
    _move_observations(store, encounter, before)
    for obs in encounter.children.get("obs", []):
        obs["person"] = obs["person"] or encounter["patient"]
        obs["obsDatetime"] = obs["obsDatetime"] or encounter["encounterDatetime"]
        obs["location"] = obs["location"] or encounter["location"]
    for diagnosis in encounter.children.get("diagnoses", []):
        diagnosis["patient"] = diagnosis["patient"] or encounter["patient"]
    for order in encounter.children.get("orders", []):
        order["patient"] = order["patient"] or encounter["patient"]
    _save_children(store, encounter)
    return encounter


def _move_observations(store: Store, encounter: Record, before: int | None) -> None:
    """Take the observations that were made at the encounter's old time along to its new one.

    Each gets a new version under a new uuid, as any changed observation does.
    """
    if before is None or before == encounter["encounterDatetime"]:
        return
    where = 'encounter = ? AND "obsDatetime" = ? AND ended = 0'
    for obs in store.many("obs", where, (encounter.id, before)):
        obs["obsDatetime"] = encounter["encounterDatetime"]
        save(store, obs)


def _save_obs(store: Store, obs: Record) -> Record:
    for member in obs.children.get("groupMembers", []):
        for name in INHERITED:
            member[name] = member[name] or obs[name]
    if obs.id is not None and store.changes(obs):
        return _replace_obs(store, obs)
    return _save_plain(store, obs)


def _replace_obs(store: Store, obs: Record) -> Record:
    """Put a new observation in the place of a changed one, which is voided but keeps its value.

    The old one even moves to the encounter that took its uuid: OpenMRS does the same.
    """
    check(store, obs)
    successor = Record(obs.type, {**obs.values, "uuid": str(uuid.uuid4()), "created": None})
    del successor.values["id"]
    successor["previousVersion"] = obs.id
    successor["status"] = "AMENDED"
    members = store.many("obs", '"obsGroup" = ? AND ended = 0', (obs.id,))
    obs.values = {**obs.original, "encounter": obs["encounter"]}
    store.update(obs)
    store.end("obs", "id = ?", (obs.id,), EDIT_REASON)
    store.insert(successor)
    for member in members:
        member["obsGroup"] = successor
        store.update(member)
    successor.children = obs.children
    _save_children(store, successor)
    return successor


def _save_concept(store: Store, concept: Record) -> Record:
    names = concept.children.get("names", [])
    for locale in {name["locale"] for name in names}:
        _prefer_one([name for name in names if name["locale"] == locale], "localePreferred")
    if is_numeric(store, concept) and concept["allowDecimal"] is None:
        concept["allowDecimal"] = False
    # OpenMRS touches a numeric concept once more after it has made it
    concept["changed"] = store.now
    return _save_plain(store, concept)


def _save_person(store: Store, person: Record) -> Record:
    _prefer_one(person.children.get("names", []), "preferred")
    _prefer_one(person.children.get("addresses", []), "preferred")
    return _save_plain(store, person)


def _prefer_one(held: list[Record], name: str) -> None:
    """Mark exactly one as preferred: the first that asks for it, or the first."""
    chosen = next((one for one in held if one[name]), held[0] if held else None)
    for one in held:
        one[name] = one is chosen


def _save_patient(store: Store, patient: Record) -> Record:
    identifiers = patient.children.get("identifiers", [])
    if identifiers and not any(one["preferred"] for one in identifiers):
        identifiers[0]["preferred"] = True
    person = patient["person"]
    if isinstance(person, Record):
        _make_patient(store, patient, person)
    else:
        check(store, patient)
    _save_children(store, patient)
    return patient


def _make_patient(store: Store, patient: Record, person: Record) -> None:
    """Make a patient of a person; a patient has the person's id and uuid."""
    if person.id is not None:
        patient["id"] = person.id
    check(store, patient)
    if store.one("patient", person.id):
        raise Broken(
            "A different object with the same identifier value was already associated with the"
            f" session : [org.openmrs.Patient#{person.id}]",
            java="org.hibernate.NonUniqueObjectException",
            code="org.hibernate.engine.internal.StatefulPersistenceContext:700",
        )
    _prefer_one(person.children.get("names", []), "preferred")
    _prefer_one(person.children.get("addresses", []), "preferred")
    _write(store, person)
    _save_children(store, person)
    patient["id"], patient["uuid"] = person.id, person.uuid
    store.insert(patient)


def _save_enrollment(store: Store, enrollment: Record) -> Record:
    """Save an enrolment; completing it ends the state that still stands."""
    completed = enrollment["dateCompleted"]
    for state in store.children(enrollment, "states") if completed is not None else ():
        if state["endDate"] is None:
            state["endDate"] = midnight(completed)
            if state.id is not None:
                store.update(state)
    return _save_plain(store, enrollment)


def _save_order(store: Store, order: Record) -> Record:
    """Save a new order, and stop the one that it ends or replaces."""
    if order.id is not None:
        return _save_plain(store, order)
    _complete_order(store, order)
    before = store.ref(order, "previousOrder")
    check(store, order)
    if before and order["action"] in ("DISCONTINUE", "REVISE"):
        refuse_inactive(store, before, order)
        before["dateStopped"] = order["dateActivated"] - 1
        store.update(before)
    refuse_twice(store, order)
    (last,) = store.connection.execute('SELECT coalesce(max(id), 0) FROM "order"').fetchone()
    order["orderNumber"] = order["orderNumber"] or f"ORD-{last + 1}"
    store.insert(order)
    return order


def _complete_order(store: Store, order: Record) -> None:
    """Fill in what follows from the rest: the time, the concept, the type, the end."""
    order["action"] = order["action"] or "NEW"
    order["urgency"] = order["urgency"] or "ROUTINE"
    if order["type"] == DRUG_ORDER and order["action"] != "DISCONTINUE":
        order["dosingType"] = order["dosingType"] or SIMPLE_DOSING
    order["dateActivated"] = order["dateActivated"] or store.now
    drug = store.ref(order, "drug")
    if order["concept"] is None and drug:
        order["concept"] = store.ref(drug, "concept")
    if order["concept"] is None:
        raise Broken(
            "Order.concept.required",
            java="org.openmrs.api.MissingRequiredPropertyException",
            code="org.openmrs.api.impl.OrderServiceImpl:243",
        )
    order["orderType"] = order["orderType"] or store.find("ordertype", ORDER_TYPES[order["type"]])
    if order["careSetting"] is None:
        raise Broken(
            "Order.care.cannot.determine",
            java="org.openmrs.api.OrderEntryException",
            code="org.openmrs.api.impl.OrderServiceImpl:296",
        )
    if order["action"] == "DISCONTINUE":
        order["autoExpireDate"] = order["dateActivated"]
    elif order["type"] == DRUG_ORDER:
        order["autoExpireDate"] = order["autoExpireDate"] or expiry(store, order)


def _save_allergy(store: Store, allergy: Record) -> Record:
    """Save an allergy; from then on it is known whether the patient has any."""
    _save_plain(store, allergy)
    set_allergy_status(store, allergy["patient"], "See list")
    return allergy


def set_allergy_status(store: Store, patient: int, status: str) -> None:
    """Note what is known of a patient's allergies as a whole."""
    known = store.many("allergystatus", "patient = ?", (patient,))
    record = known[0] if known else store.new("allergystatus")
    record["patient"], record["status"] = patient, status
    _write(store, record)


SAVERS: Mapping[str, Callable[[Store, Record], Record]] = {
    "allergy": _save_allergy,
    "concept": _save_concept,
    "encounter": _save_encounter,
    "obs": _save_obs,
    "order": _save_order,
    "patient": _save_patient,
    "person": _save_person,
    "programenrollment": _save_enrollment,
    "visit": _save_visit,
}
