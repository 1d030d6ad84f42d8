"""The systems and urls of the fhir2 module, and references as it writes them."""

from typing import Any

from bridge.sandbox.catalogue.people import preferred
from bridge.sandbox.store import Record, Store

Resource = dict[str, Any]

EXTENSION = "http://fhir.openmrs.org/ext/"
CODE_SYSTEM = "http://fhir.openmrs.org/code-system/"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


def reference(kind: str, record: Record) -> Resource:
    """Refer to a record as a resource of a kind."""
    return {"reference": f"{kind}/{record.uuid}", "type": kind}


def subject(store: Store, number: int | None) -> Resource | None:
    """Refer to a patient by its id, with name and identifier; None where it is no patient."""
    patient = store.one("patient", number)
    if patient is None:
        return None
    identifier = preferred(store, patient, "identifiers")
    name = store.display(store.held("person", patient.id))
    if identifier:
        kind = store.ref(identifier, "identifierType")
        name += f" ({kind['name'] if kind else ''}: {identifier['identifier']})"
    return reference("Patient", patient) | {"display": name}


def practitioner(store: Store, provider: Record | None) -> Resource | None:
    """Refer to a provider by its identifier and name."""
    if provider is None:
        return None
    person = store.ref(provider, "person")
    shown = reference("Practitioner", provider)
    shown["identifier"] = {"value": provider["identifier"]}
    return shown | {"display": store.display(person) if person else ""}


def recorder(store: Store) -> Resource:
    """Refer to the one user, who records everything here."""
    user = store.held("user", 1)
    return reference("Practitioner", user) | {
        "display": store.display(store.held("person", user["person"]))
    }


def place(location: Record) -> Resource:
    """Refer to a location by its name."""
    return reference("Location", location) | {"display": location["name"]}
