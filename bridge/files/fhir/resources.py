"""A resource, what it is called by others, and whose it is. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Body = dict[str, Any]

TAKEN = frozenset(
    {
        "Patient",
        "Encounter",
        "Observation",
        "DiagnosticReport",
        "Condition",
        "MedicationRequest",
        "MedicationStatement",
        "AllergyIntolerance",
        "Immunization",
        "Procedure",
        "CarePlan",
        "Appointment",
        "RelatedPerson",
        "DocumentReference",
        "ServiceRequest",
    }
)
"""What a chart is made of."""

SHARED = frozenset({"Medication", "Binary"})
"""What a chart is made of too, but where another resource names it."""

NO_PART = "not part of a chart"
NAMED_BY_OTHERS = "is read where another resource names it"
MISREAD = (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError)
"""What reading a resource ends in that is not as FHIR has it."""

NOT_FHIR = "is not as FHIR has it"
NOT_JSON = "is no JSON"


class Resource(NamedTuple):
    """One resource: its type, its id, its body, and where in the files it stands."""

    kind: str
    id: str
    body: Body
    url: str = ""
    """Its fullUrl in a bundle."""
    source: str = ""
    """What it is counted as: its type and id, or the table and line of a row."""


class NotTaken(Exception):
    """A resource or a part of one is left out; the reason is the same for all of a kind."""

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = str(detail)[:200]


def resource_of(body: Any, *, place: str, url: str = "") -> Resource:
    """Return a JSON value as a resource; raise ValueError when it is none.

    One without an id is called by its fullUrl, or else by its place in the files.
    """
    if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
        raise ValueError("is no FHIR resource")
    kind = body["resourceType"][:64]
    own = body.get("id")
    named = own if isinstance(own, str) and own else url.removeprefix("urn:uuid:") or place
    named = named[:200]
    return Resource(kind, named, body, url, f"{kind}/{named}")


def names_of(resource: Resource) -> Iterator[str]:
    """Yield what references may call a resource."""
    yield f"{resource.kind}/{resource.id}"
    yield f"urn:uuid:{resource.id}"
    if resource.url:
        yield normal(resource.url)
    for value in _list(resource.body.get("identifier")):
        if isinstance(value, dict) and isinstance(value.get("value"), str):
            yield _by_identifier(resource.kind, value)


def linked(patient: Resource) -> Iterator[str]:
    """Yield what else a patient is known as: the persons that they are to others."""
    for link in _list(patient.body.get("link")):
        if isinstance(link, dict) and link.get("type") in ("seealso", "refer"):
            name = reference(link.get("other"))
            if "RelatedPerson" in name:
                yield name


def owner_of(resource: Resource) -> str:
    """Return the reference to the patient whose a resource is, or nothing."""
    if resource.kind == "Patient":
        return f"Patient/{resource.id}"
    body = resource.body
    if resource.kind == "Appointment":
        actors = [
            reference(one.get("actor"), "Patient")
            for one in _list(body.get("participant"))
            if isinstance(one, dict)
        ]
        return next((actor for actor in actors if actor.startswith(("Patient", "urn:"))), "")
    found = reference(body.get("subject") or body.get("patient"), "Patient")
    return "" if found.startswith("Group/") else found


def reference(value: Any, kind: str = "") -> str:
    """Return what a Reference says, in one way of writing; nothing where it says nothing."""
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("reference"), str):
        return normal(value["reference"])
    identifier = value.get("identifier")
    if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
        return _by_identifier(str(value.get("type") or kind), identifier)
    return ""


def normal(text: str) -> str:
    """Write a reference in one way: `Type/id`, `urn:uuid:...` or `Type?identifier=system|value`."""
    text = text.strip()
    if text.startswith(("urn:", "#")) or "?" in text:
        return text if "?" not in text else text.rpartition("/")[2]
    parts = text.split("/")
    if "_history" in parts:
        parts = parts[: parts.index("_history")]
    return "/".join(parts[-2:])


def _by_identifier(kind: str, identifier: Body) -> str:
    return f"{kind}?identifier={identifier.get('system') or ''}|{identifier['value']}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
