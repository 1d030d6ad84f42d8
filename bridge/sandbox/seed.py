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


def plant(store: Store) -> None:
    """Fill a new database."""
    text = files("bridge.sandbox").joinpath("seed.json").read_text(encoding="utf-8")
    for type_name, records in json.loads(text).items():
        for values in records:
            _insert(store, type_name, values)
    _plant_admin(store)
    for name, concept_uuid in (("True", TRUE_UUID), ("False", FALSE_UUID)):
        _plant_answer(store, name, concept_uuid)


def _insert(store: Store, type_name: str, values: dict[str, Any]) -> Record:
    record = store.new(type_name)
    named = values.get("name") or values.get("property")
    record["uuid"] = values.get("uuid") or str(uuid.uuid5(NAMESPACE, f"{type_name}/{named}"))
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


def _plant_answer(store: Store, name: str, concept_uuid: str) -> None:
    concept = store.new("concept")
    concept["uuid"] = concept_uuid
    concept["datatype"] = store.many("conceptdatatype", "name = 'N/A'")[0]
    concept["conceptClass"] = store.many("conceptclass", "name = 'Misc'")[0]
    label = store.new("conceptname")
    label["name"], label["locale"] = name, "en"
    label["conceptNameType"] = "FULLY_SPECIFIED"
    concept.children["names"] = [label]
    save(store, concept)
