"""What a POST makes or changes, where OpenMRS treats a kind in a way of its own."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from bridge.sandbox.conversion import apply, choose_variant, convert_map
from bridge.sandbox.refusals import Conversion
from bridge.sandbox.resource_types import ResourceType
from bridge.sandbox.saving import save
from bridge.sandbox.store import Record, Store

Body = Mapping[str, Any]


def create(store: Store, kind: ResourceType, body: Body) -> Record:
    """Make a record of a POST to a collection."""
    creator = CREATORS.get(kind.name)
    if creator:
        return creator(store, body)
    record = store.new(kind.name)
    apply(store, record, body, whole=True)
    return save(store, record)


def create_part(store: Store, kind: ResourceType, owner: Record, body: Body) -> Record:
    """Make a sub-resource of a record."""
    record = store.new(kind.name)
    record[kind.owner] = owner
    apply(store, record, body, whole=True)
    return save(store, record)


def update(store: Store, record: Record, body: Body) -> Record:
    """Change a record by a POST to its own address."""
    if record.type.name == "patient":
        return _update_patient(store, record, body)
    apply(store, record, body, whole=False)
    _merge_attributes(store, record)
    return save(store, record)


def _create_patient(store: Store, body: Body) -> Record:
    patient = store.new("patient")
    person = _person_of(store, body.get("person"))
    rest = {**body, "person": None}
    if person and body.get("uuid") == person.uuid:
        del rest["uuid"]
    apply(store, patient, rest, whole=True)
    patient["person"] = person
    return save(store, patient)


def _person_of(store: Store, given: Any) -> Record | None:
    if given is None:
        raise Conversion("The person property is missing")
    if isinstance(given, dict):
        return convert_map(store, store.resource_types["person"], given)
    return store.find("person", str(given))


def _update_patient(store: Store, patient: Record, body: Body) -> Record:
    person = store.held("person", patient.id)
    if isinstance(body.get("person"), dict):
        apply(store, person, body["person"], whole=False)
        _merge_attributes(store, person)
        save(store, person)
    else:
        apply(store, patient, body, whole=False)
        save(store, patient)
    return patient


def _merge_attributes(store: Store, person: Record) -> None:
    """Change the attribute that is there rather than add a second one of its type."""
    known = {one["attributeType"]: one for one in _saved_attributes(store, person)}
    merged = []
    for attribute in person.children.get("attributes", []):
        kind = store.ref(attribute, "attributeType")
        existing = known.get(kind.id if kind else None)
        if existing:
            existing["value"] = attribute["value"]
        merged.append(existing or attribute)
    if merged:
        person.children["attributes"] = merged


def _saved_attributes(store: Store, person: Record) -> list[Record]:
    if person.type.name != "person" or person.id is None:
        return []
    return store.many("personattribute", "person = ? AND ended = 0", (person.id,))


def _create_setting(store: Store, body: Body) -> Record:
    """Make a system setting; one that exists is replaced, under a new uuid."""
    record = store.new("systemsetting")
    apply(store, record, body, whole=True)
    known = store.many("systemsetting", "property = ?", (record["property"],))
    if not known:
        return save(store, record)
    known[0].values |= {**record.values, "uuid": body.get("uuid") or str(uuid.uuid4())}
    return save(store, known[0])


def _create_attribute_type(store: Store, body: Body) -> Record:
    """Make a person attribute type; it sorts after the others."""
    record = store.new("personattributetype")
    apply(store, record, body, whole=True)
    if record["sortWeight"] is None:
        last = store.many("personattributetype", "1", (), '"sortWeight" DESC', (1, 0))
        record["sortWeight"] = last[0]["sortWeight"] + 1 if last else 0.0
    return save(store, record)


def _create_order(store: Store, body: Body) -> Record:
    """Make an order of the subclass that the body names."""
    record = store.new("order")
    choose_variant(record, body)
    apply(store, record, body, whole=True)
    return save(store, record)


CREATORS: Mapping[str, Callable[[Store, Body], Record]] = {
    "order": _create_order,
    "patient": _create_patient,
    "personattributetype": _create_attribute_type,
    "systemsetting": _create_setting,
}
