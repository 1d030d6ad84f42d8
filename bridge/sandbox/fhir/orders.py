"""Drug orders as MedicationRequests, test orders as ServiceRequests."""

from bridge.sandbox.dates import fhir_moment
from bridge.sandbox.durations import duration_code
from bridge.sandbox.fhir.observations import concept_coding
from bridge.sandbox.fhir.terms import EXTENSION, Resource, practitioner, reference, subject
from bridge.sandbox.store import Record, Store

UNITS = {
    **{"257997001": "s", "258701004": "min", "258702006": "h", "258703001": "d"},
    **{"258705008": "wk", "258706009": "mo", "258707000": "a"},
}
"""FHIR's units of time, by their SNOMED CT codes."""

PRIORITIES = {"ROUTINE": "routine", "STAT": "stat"}


def medication_resource(store: Store, order: Record) -> Resource:
    """Show a drug order; `authoredOn` is when it was written down, not when it began."""
    drug = store.ref(order, "drug")
    reason = store.ref(order, "orderReason")
    comment, fulfilled = order["commentToFulfiller"], order["fulfillerStatus"]
    extension = {"url": f"{EXTENSION}medicationrequest/fulfillerstatus", "valueCode": fulfilled}
    return {
        "extension": [extension] if fulfilled else None,
        "status": _medication_status(store, order),
        "intent": "order",
        "priority": PRIORITIES.get(str(order["urgency"])),
        **(_medication(drug) if drug else _substance(store, order)),
        **_whose(store, order),
        "authoredOn": fhir_moment(order["created"]),
        "requester": practitioner(store, store.ref(order, "orderer")),
        "reasonCode": [concept_coding(store, reason)] if reason else None,
        "note": [{"text": comment}] if comment else None,
        "dosageInstruction": [_dosage(store, order)],
        "dispenseRequest": _dispensed(store, order),
    }


def _medication(drug: Record) -> Resource:
    return {"medicationReference": reference("Medication", drug) | {"display": drug["name"]}}


def _substance(store: Store, order: Record) -> Resource:
    concept = store.ref(order, "concept")
    shown = concept_coding(store, concept) if concept else {}
    words = order["drugNonCoded"]
    return {"medicationCodeableConcept": shown | ({"text": words} if words else {})}


def _whose(store: Store, order: Record) -> Resource:
    encounter = store.ref(order, "encounter")
    return {
        "subject": subject(store, order["patient"]),
        "encounter": reference("Encounter", encounter) if encounter else None,
    }


def _medication_status(store: Store, order: Record) -> str:
    stopped, expires = order["dateStopped"], order["autoExpireDate"]
    if order["fulfillerStatus"] == "COMPLETED":
        return "completed"
    if stopped is not None and stopped <= store.now:
        return "cancelled"
    if expires is not None and expires < store.now:
        return "stopped"
    return "active" if order["action"] != "DISCONTINUE" else "unknown"


def _dosage(store: Store, order: Record) -> Resource:
    route = store.ref(order, "route")
    shown = {
        "text": order["dosingInstructions"],
        "additionalInstruction": [{"text": order["instructions"]}]
        if order["instructions"]
        else None,
        "timing": _timing(store, order) or None,
        "asNeededBoolean": bool(order["asNeeded"]),
        "route": concept_coding(store, route) if route else None,
        "doseAndRate": [{"doseQuantity": _quantity(store, order, "dose")}]
        if order["dose"] is not None
        else None,
    }
    return {name: part for name, part in shown.items() if part is not None}


def _quantity(store: Store, order: Record, name: str) -> Resource:
    units = store.ref(order, f"{name}Units")
    shown: Resource = {"value": float(order[name])}
    return shown | ({"unit": store.display(units), "code": units.uuid} if units else {})


def _timing(store: Store, order: Record) -> Resource:
    frequency = store.ref(order, "frequency")
    concept = store.ref(frequency, "concept") if frequency else None
    units = store.ref(order, "durationUnits")
    unit = UNITS.get(duration_code(store, units)) if units else None
    repeat = {"duration": order["duration"], "durationUnit": unit} if unit else None
    shown = {"repeat": repeat, "code": concept_coding(store, concept) if concept else None}
    return {name: part for name, part in shown.items() if part is not None}


def _dispensed(store: Store, order: Record) -> Resource:
    shown = {
        "validityPeriod": {"start": fhir_moment(order["dateActivated"])},
        "numberOfRepeatsAllowed": order["numRefills"],
        "quantity": _quantity(store, order, "quantity") if order["quantity"] is not None else None,
    }
    return {name: part for name, part in shown.items() if part is not None}


def service_resource(store: Store, order: Record) -> Resource:
    """Show a test order."""
    concept = store.ref(order, "concept")
    ends = order["dateStopped"] if order["dateStopped"] is not None else order["autoExpireDate"]
    period = {"start": fhir_moment(order["dateActivated"])}
    return {
        "status": _service_status(store, order, ends),
        "intent": "order",
        "code": concept_coding(store, concept) if concept else None,
        **_whose(store, order),
        "occurrencePeriod": period | ({"end": fhir_moment(ends)} if ends is not None else {}),
        "requester": practitioner(store, store.ref(order, "orderer")),
    }


def _service_status(store: Store, order: Record, ends: int | None) -> str:
    over = ends is not None and ends < store.now
    if order["action"] == "DISCONTINUE":
        return "unknown" if over else "revoked"
    return "completed" if over else "active"
