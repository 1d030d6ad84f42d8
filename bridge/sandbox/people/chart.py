"""What the pages show, taken out of the records."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bridge.sandbox.catalogue.care import numeric_value
from bridge.sandbox.catalogue.people import full_name, preferred
from bridge.sandbox.people.moments import moment, moment_if_any
from bridge.sandbox.people.vitals import Reading, age_text
from bridge.sandbox.searches import Selection, found_by
from bridge.sandbox.store import Record, Store

PAGE = 25
MOST_READINGS = 5000
MARK = "demo_patient"
RUN = "bridge run"
PHONES = ("Telephone Number", "Telephone", "Phone number", "Phone Number")
SEXES = {"F": "Female", "M": "Male"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who a patient is."""

    uuid: str
    name: str
    sex: str
    age: str
    birthdate: date | None
    estimated: bool
    died: datetime | None
    identifier: str
    identifier_type: str
    address: str
    phone: str
    marked: bool
    run: str
    last_visit: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of patients, and which of all it is."""

    people: tuple[Person, ...]
    total: int
    start: int

    @property
    def last(self) -> int:
        """The number of the last patient shown."""
        return self.start + len(self.people)


def list_people(store: Store, query: str, start: int) -> Listing:
    """List patients, the newest first, or those that a query finds."""
    selection = (found_by(query) if query else Selection()).also("ended = 0")
    where, params = selection.where, selection.params
    found = store.many("patient", where, params, "id DESC", (PAGE, start))
    people = tuple(person_of(store, patient) for patient in found)
    return Listing(people=people, total=store.count("patient", where, params), start=start)


def person_of(store: Store, patient: Record) -> Person:
    """Take out who a patient is."""
    person = store.held("person", patient.id)
    name = preferred(store, person, "names")
    identifier = preferred(store, patient, "identifiers")
    kind = store.ref(identifier, "identifierType") if identifier else None
    born = date.fromisoformat(person["birthdate"]) if person["birthdate"] else None
    marks = _marks(store, person)
    visits = store.many(
        "visit", "patient = ? AND ended = 0", (patient.id,), '"startDatetime" DESC', (1, 0)
    )
    return Person(
        uuid=patient.uuid,
        name=full_name(store, name) if name else "",
        sex=SEXES.get(str(person["gender"]), str(person["gender"] or "")),
        age=age_text(born, store.today) if born else "",
        birthdate=born,
        estimated=bool(person["birthdateEstimated"]),
        died=moment_if_any(person["deathDate"]),
        identifier=identifier["identifier"] if identifier else "",
        identifier_type=kind["name"] if kind else "",
        address=_address(preferred(store, person, "addresses")),
        phone=next((marks[name] for name in PHONES if name in marks), ""),
        marked=marks.get(MARK) == "true",
        run=marks.get(RUN, ""),
        last_visit=moment(visits[0]["startDatetime"]) if visits else None,
    )


def _marks(store: Store, person: Record) -> dict[str, str]:
    found = store.children(person, "attributes")
    kinds = ((store.ref(one, "attributeType"), one["value"]) for one in found)
    return {str(kind["name"]): str(value) for kind, value in kinds if kind}


def _address(address: Record | None) -> str:
    parts = ("address1", "cityVillage", "countyDistrict", "stateProvince", "country")
    return ", ".join(address[part] for part in parts if address and address[part])


def _named(store: Store, record: Record, name: str) -> str:
    found = store.ref(record, name)
    return str(found["name"]) if found else ""


def readings_of(store: Store, patient: Record) -> Sequence[Reading]:
    """Take out the numbers that were measured at a patient's encounters, but for results."""
    where = (
        'person = ? AND ended = 0 AND "valueNumeric" IS NOT NULL AND encounter IS NOT NULL'
        ' AND "obsGroup" IS NULL AND concept NOT IN (SELECT c.id FROM concept c'
        " JOIN conceptclass k ON k.id = c.\"conceptClass\" WHERE k.name = 'Test')"
    )
    found = store.many("obs", where, (patient.id,), page=(MOST_READINGS, 0))
    return [_reading(store, obs) for obs in found]


def _reading(store: Store, obs: Record) -> Reading:
    concept = store.held("concept", obs["concept"])
    encounter = store.held("encounter", obs["encounter"])
    limits = json.loads(obs["limits"]) if obs["limits"] else {}
    value = numeric_value(store, obs)
    return Reading(
        concept=concept.uuid,
        name=store.display(concept),
        unit=concept["units"] or "",
        value=value if value is not None else 0,
        time=moment(encounter["encounterDatetime"]),
        encounter=encounter.uuid,
        place=_named(store, encounter, "location"),
        verdict=obs["interpretation"],
        low=limits.get("lowNormal"),
        high=limits.get("hiNormal"),
    )
