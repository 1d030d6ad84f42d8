"""What is in a new database: the metadata that OpenMRS core seeds, the one user, the settings."""

import json
import uuid
from importlib.resources import files
from typing import Any

from bridge.sandbox.conversion import convert
from bridge.sandbox.observation_values import FALSE_UUID, TRUE_UUID
from bridge.sandbox.saving import save
from bridge.sandbox.store import Record, Store

NAMESPACE = uuid.UUID("0b9c8f5e-35c6-5d0f-8a1f-6f9a1c0d7e52")
ADMIN_UUID = "82f18b44-6814-11e8-923f-e9a88dcb533f"
ADMIN_PERSON_UUID = "5f87c042-6814-11e8-923f-e9a88dcb533f"
CONCEPTS = (
    ("True", TRUE_UUID, "N/A"),
    ("False", FALSE_UUID, "N/A"),
    ("Attached image", "7cac8397-53cd-4f00-a6fe-028e8d743f8e", "Complex"),
    ("Attached file", "42ed45fd-f3f6-44b6-bfc2-8bde1bb41e00", "Complex"),
)
"""What OpenMRS itself brings, and what its attachments module does when it starts."""


def plant(store: Store) -> None:
    """Fill a new database; one of an older bridge gets what is new."""
    text = files("bridge.sandbox").joinpath("seed.json").read_text(encoding="utf-8")
    for type_name, records in json.loads(text).items():
        for values in records:
            _insert(store, type_name, values)
    if not store.count("user", "1"):
        _plant_admin(store)
    for name, concept_uuid, datatype in CONCEPTS:
        if store.find("concept", concept_uuid) is None:
            _plant_concept(store, name, concept_uuid, datatype)


def _insert(store: Store, type_name: str, values: dict[str, Any]) -> Record:
    record = store.new(type_name)
    named = values.get("name") or values.get("property")
    record["uuid"] = values.get("uuid") or str(uuid.uuid5(NAMESPACE, f"{type_name}/{named}"))
    known = store.find(type_name, record.uuid)
    if known:
        return known
    for name, value in values.items():
        if name != "uuid":
            record[name] = convert(record.type.by_name[name], value)
    store.insert(record)
    return record


def _plant_admin(store: Store) -> None:
    person = store.new("person")
    person["uuid"] = ADMIN_PERSON_UUID
    name = store.new("personname")
    name["uuid"] = str(uuid.uuid5(NAMESPACE, "personname/admin"))
    name["givenName"], name["familyName"], name["preferred"] = "Super", "User", True
    person["gender"] = "M"
    person.children["names"] = [name]
    save(store, person)
    user = store.new("user")
    user["uuid"] = ADMIN_UUID
    user["username"], user["systemId"], user["person"] = "", "admin", person
    store.insert(user)


def _plant_concept(store: Store, name: str, concept_uuid: str, datatype: str) -> None:
    concept = store.new("concept")
    concept["uuid"] = concept_uuid
    concept["datatype"] = store.many("conceptdatatype", "name = ?", (datatype,))[0]
    concept["conceptClass"] = store.many("conceptclass", "name = 'Misc'")[0]
    label = store.new("conceptname")
    label["name"], label["locale"] = name, "en"
    label["conceptNameType"] = "FULLY_SPECIFIED"
    concept.children["names"] = [label]
    save(store, concept)
