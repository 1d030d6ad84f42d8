"""Patients as FHIR resources."""

from datetime import date

from bridge.sandbox.catalogue.people import attribute_value, full_name
from bridge.sandbox.dates import age_on, fhir_moment
from bridge.sandbox.fhir.terms import EXTENSION, Resource, place
from bridge.sandbox.store import Record, Store

GENDERS = {"M": "male", "F": "female", "U": "unknown", "O": "other"}
INFANT_YEARS = 5
"""Up to this age an estimated birthdate keeps its month."""


def patient_resource(store: Store, patient: Record) -> Resource:
    """Show a patient with all that the person carries."""
    person = store.held("person", patient.id)
    attributes = store.children(person, "attributes")
    died = person["deathDate"]
    return {
        "extension": [_attribute(store, one) for one in attributes] or None,
        "identifier": [_identifier(store, one) for one in store.children(patient, "identifiers")],
        "active": True,
        "name": [_name(store, one) for one in store.children(person, "names")],
        "gender": GENDERS.get(str(person["gender"]).upper()),
        "birthDate": _birth_date(store, person),
        "deceasedBoolean": bool(person["dead"]) if not died else None,
        "deceasedDateTime": fhir_moment(died) if died else None,
        "address": [_address(one) for one in store.children(person, "addresses")] or None,
    }


def _attribute(store: Store, attribute: Record) -> Resource:
    kind = store.ref(attribute, "attributeType")
    value = attribute_value(store, attribute)
    named = "valueBoolean" if isinstance(value, bool) else "valueString"
    return {
        "url": f"{EXTENSION}person-attribute",
        "extension": [
            {
                "url": f"{EXTENSION}person-attribute-type",
                "valueString": kind["name"] if kind else "",
            },
            {"url": f"{EXTENSION}person-attribute-value", named: value},
        ],
    }


def _identifier(store: Store, identifier: Record) -> Resource:
    kind = store.ref(identifier, "identifierType")
    found = store.ref(identifier, "location")
    shown: Resource = {"id": identifier.uuid}
    if found:
        shown["extension"] = [
            {
                "url": f"{EXTENSION}patient/identifier#location",
                "valueReference": place(found),
            }
        ]
    shown["use"] = "official" if identifier["preferred"] else "usual"
    if kind:
        shown["type"] = {"coding": [{"code": kind.uuid}], "text": kind["name"]}
    return shown | {"value": identifier["identifier"]}


def _name(store: Store, name: Record) -> Resource:
    shown = {
        "id": name.uuid,
        "text": full_name(store, name),
        "family": name["familyName"],
        "given": [part for part in (name["givenName"], name["middleName"]) if part],
    }
    return {key: value for key, value in shown.items() if value}


def _birth_date(store: Store, person: Record) -> str | None:
    born: str | None = person["birthdate"]
    if not born or not person["birthdateEstimated"]:
        return born
    years = age_on(date.fromisoformat(born), store.today)
    return born[:4] if years > INFANT_YEARS else born[:7]


def _address(address: Record) -> Resource:
    lines = [(f"address{number}", address[f"address{number}"]) for number in range(1, 16)]
    inner = [
        {"url": f"{EXTENSION}address#{name}", "valueString": line} for name, line in lines if line
    ]
    shown: Resource = {"id": address.uuid}
    if inner:
        shown["extension"] = [{"url": f"{EXTENSION}address", "extension": inner}]
    shown |= {
        "use": "home" if address["preferred"] else "old",
        "city": address["cityVillage"],
        "district": address["countyDistrict"],
        "state": address["stateProvince"],
        "postalCode": address["postalCode"],
        "country": address["country"],
    }
    return {key: value for key, value in shown.items() if value}
