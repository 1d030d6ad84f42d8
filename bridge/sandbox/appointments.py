"""The appointments module: services, appointments and their status, in the forms of its own."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from bridge.sandbox.catalogue.people import full_name, person_age, preferred
from bridge.sandbox.conversion import to_moment, to_whole, unique
from bridge.sandbox.refusals import NotSignedIn, Refusal
from bridge.sandbox.rest import Reply, Request
from bridge.sandbox.saving import save
from bridge.sandbox.store import Record, Store

Body = Mapping[str, Any]
PACKAGE = "org.openmrs.module.appointments"
CONTROLLER = f"{PACKAGE}.web.controller.AppointmentsController"
SERVICE = f"{PACKAGE}.service.impl.AppointmentServiceDefinitionServiceImpl:35"
API, RUNTIME = "org.openmrs.api.APIException", "java.lang.RuntimeException"
SEQUENCE = {
    **{"Requested": 0, "WaitList": 0, "Scheduled": 1, "Arrived": 2, "CheckedIn": 3},
    **{"Completed": 4, "Cancelled": 4, "Missed": 4},
}
"""Every status; one may be followed by a higher one only."""

KINDS = frozenset({"Scheduled", "WalkIn", "Virtual"})
MOST_FOUND = 50


def answer(store: Store, request: Request) -> Reply | None:
    """Answer what belongs to the appointments module, or return None."""
    root, _, rest = request.path.partition("/")
    if root not in ("appointmentService", "appointment", "appointments"):
        return None
    if not request.signed_in:
        raise NotSignedIn("View Appointments")
    if root == "appointmentService":
        return _services(store, request, rest)
    return _appointments(store, request, rest)


def _services(store: Store, request: Request, rest: str) -> Reply:
    if request.method == "POST":
        return Reply(200, _service(store, _make_service(store, request.body), whole=True))
    uuid = request.given.get("uuid")
    if request.method == "DELETE":
        service = _found(store, "appointmentservice", uuid)
        store.end("appointmentservice", "id = ?", (service.id,), "web service call")
        return Reply(200, _service(store, service, whole=True))
    if uuid:
        return Reply(200, _service(store, _found(store, "appointmentservice", uuid), whole=True))
    whole = rest == "all/full"
    kept = store.many("appointmentservice", "ended = 0")
    return Reply(200, [_service(store, one, whole=whole) for one in kept])


def _make_service(store: Store, body: Body) -> Record:
    if not body.get("name"):
        raise _refused("Appointment Service name should not be null")
    known = store.find("appointmentservice", str(body.get("uuid")))
    service = known or store.new("appointmentservice")
    for name in ("name", "description", "startTime", "endTime", "color"):
        service[name] = body.get(name)
    for name in ("durationMins", "maxAppointmentsLimit"):
        service[name] = to_whole(body.get(name))
    service["location"] = store.find("location", str(body.get("locationUuid")))
    twins = store.many("appointmentservice", "name = ? AND ended = 0", (service["name"],))
    if any(twin.id != service.id for twin in twins):
        raise _refused("The service '" + service["name"] + "' is already present")
    return save(store, service)


def _service(store: Store, service: Record, *, whole: bool) -> dict[str, Any]:
    place = store.ref(service, "location")
    shown = {
        "appointmentServiceId": service.id,
        "name": service["name"],
        "description": service["description"],
        "speciality": {},
        "startTime": service["startTime"] or "",
        "endTime": service["endTime"] or "",
        "maxAppointmentsLimit": service["maxAppointmentsLimit"],
        "durationMins": service["durationMins"],
        "location": _place(place) or {},
        "uuid": service.uuid,
        "color": service["color"],
        "initialAppointmentStatus": None,
        "creatorName": None,
        "attributes": None,
    }
    return shown | ({"weeklyAvailability": [], "serviceTypes": []} if whole else {})


def _place(place: Record | None) -> dict[str, str] | None:
    return {"name": place["name"], "uuid": place.uuid} if place else None


def _appointments(store: Store, request: Request, rest: str) -> Reply:
    uuid, _, action = rest.partition("/")
    if request.method == "POST" and uuid == "search":
        return Reply(200, [_shown(store, one) for one in _search(store, request.body)])
    if request.method == "POST" and action == "status-change":
        appointment = _found(store, "appointment", uuid)
        return Reply(200, _shown(store, _change_status(store, appointment, request.body)))
    if request.method == "POST":
        return Reply(200, _shown(store, _make(store, request.body)))
    if uuid in ("", "all") and "uuid" not in request.given:
        return Reply(200, [_shown(store, one) for one in store.many("appointment", "ended = 0")])
    return Reply(200, _shown(store, _found(store, "appointment", uuid or request.given["uuid"])))


def _make(store: Store, body: Body) -> Record:
    """Make an appointment, or change the one whose uuid is given."""
    uuid = body.get("uuid")
    known = store.find("appointment", str(uuid)) if uuid else None
    if uuid and known is None:
        raise _refused(
            f'Cannot invoke "{PACKAGE}.model.Appointment.setDateAppointmentScheduled('
            'java.util.Date)" because "appointment" is null',
            f"{PACKAGE}.web.mapper.AppointmentMapper:117",
            java="java.lang.NullPointerException",
        )
    appointment = known or store.new("appointment")
    patient = store.find("patient", str(body.get("patientUuid")))
    service = store.find("appointmentservice", str(body.get("serviceUuid")))
    if patient is None or service is None:
        lacking = "Patient" if patient is None else "Service"
        code = f"{PACKAGE}.helper.AppointmentServiceHelper:96"
        raise _refused(f"Appointment cannot be created without {lacking}", code)
    appointment["patient"], appointment["service"] = patient, service
    appointment["location"] = store.find("location", str(body.get("locationUuid")))
    for name in ("startDateTime", "endDateTime"):
        appointment[name] = to_moment(body.get(name))
    appointment["status"] = _among(body.get("status") or "Scheduled", SEQUENCE, "Status")
    appointment["appointmentKind"] = _among(body.get("appointmentKind"), KINDS, "Kind")
    appointment["comments"] = body.get("comments")
    appointment["providers"] = json.dumps(_providers(store, body.get("providers")))
    if not appointment["appointmentNumber"]:
        count = store.count("appointment", "1")
        stamp = datetime.fromtimestamp(store.now, UTC).strftime("%y%m%d%H%M%S")
        appointment["appointmentNumber"] = f"{stamp}{count % 1000:03}"
    return save(store, appointment)


def _among(value: Any, known: Any, what: str) -> str:
    if not isinstance(value, str) or value not in known:
        said = f"No enum constant {PACKAGE}.model.Appointment{what}.{value}"
        raise _refused(said, "java.lang.Enum:273", java="java.lang.IllegalArgumentException")
    return str(value)


def _providers(store: Store, given: Any) -> list[dict[str, str]]:
    found = []
    for one in given if isinstance(given, list) else []:
        provider = store.find("provider", str(one.get("uuid"))) if isinstance(one, dict) else None
        if provider is None:
            raise _refused("Bad Request. No such provider.")
        found.append({"uuid": provider.uuid, "response": str(one.get("response") or "ACCEPTED")})
    return found


def _change_status(store: Store, appointment: Record, body: Body) -> Record:
    wanted = _among(body.get("toStatus"), SEQUENCE, "Status")
    current = appointment["status"]
    if SEQUENCE[wanted] <= SEQUENCE[current] and wanted != "Scheduled":
        said = f"Appointment status can not be changed from {current} to {wanted}"
        raise _refused(said, f"{PACKAGE}.helper.AppointmentServiceHelper:107", status=500)
    appointment["status"] = wanted
    store.update(appointment)
    return appointment


def _search(store: Store, body: Body) -> list[Record]:
    """Find appointments, the first fifty at most as the module does."""
    if body.get("startDate") is None:
        code = f"{CONTROLLER}:88"
        raise _refused("StartDate is not provided", code, java=RUNTIME, status=500)
    where, params = 'ended = 0 AND "startDateTime" >= ?', [to_moment(body["startDate"])]
    if body.get("endDate"):
        where += ' AND "startDateTime" <= ?'
        params.append(to_moment(body["endDate"]))
    if body.get("patientUuid"):
        patient = store.find("patient", str(body["patientUuid"]))
        where += " AND patient = ?"
        params.append(patient.id if patient else -1)
    if body.get("status"):
        where += f" AND status = '{_among(body['status'], SEQUENCE, 'Status')}'"
    return store.many("appointment", where, params, page=(MOST_FOUND, 0))


def _found(store: Store, type_name: str, uuid: str | None) -> Record:
    found = unique(store, store.resource_types[type_name], uuid or "")
    if found is None:
        code = f"{CONTROLLER}:104"
        raise _refused("Appointment does not exist", code, java=RUNTIME, status=500)
    return found


def _refused(text: str, code: str = SERVICE, *, java: str = API, status: int = 400) -> Refusal:
    """Refuse in the module's way: what it refuses itself says so twice."""
    return Refusal(status, [text], java=java, code=code, reason=text if status == 400 else "")


def _shown(store: Store, appointment: Record) -> dict[str, Any]:
    service = store.held("appointmentservice", store.ref(appointment, "service").id)  # type: ignore[union-attr]
    made = appointment["created"] * 1000
    kept = json.loads(appointment["providers"] or "[]")
    return {
        "uuid": appointment.uuid,
        "appointmentNumber": appointment["appointmentNumber"],
        "dateCreated": made,
        "dateAppointmentScheduled": made,
        "patient": _patient(store, appointment),
        "service": _service(store, service, whole=False),
        "serviceType": None,
        "provider": None,
        "location": _place(store.ref(appointment, "location")),
        "startDateTime": _millis(appointment["startDateTime"]),
        "endDateTime": _millis(appointment["endDateTime"]),
        "appointmentKind": appointment["appointmentKind"],
        "status": appointment["status"],
        "comments": appointment["comments"],
        "additionalInfo": None,
        "teleconsultation": None,
        "providers": [
            {**one, "comments": None, "name": _provider_name(store, one["uuid"])} for one in kept
        ],
        "voided": appointment.ended,
        "extensions": {"patientEmailDefined": False},
        "teleconsultationLink": None,
        "priority": None,
        "reasons": [],
        "recurring": False,
    }


def _millis(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000


def _provider_name(store: Store, uuid: str) -> str:
    provider = store.find("provider", uuid)
    person = store.ref(provider, "person") if provider else None
    return store.display(person) if person else ""


def _patient(store: Store, appointment: Record) -> dict[str, Any]:
    patient = store.held("patient", store.ref(appointment, "patient").id)  # type: ignore[union-attr]
    person = store.held("person", patient.id)
    identifier, name = preferred(store, patient, "identifiers"), preferred(store, person, "names")
    number = identifier["identifier"] if identifier else ""
    kind = store.ref(identifier, "identifierType") if identifier else None
    born = date.fromisoformat(person["birthdate"]) if person["birthdate"] else None
    begins = datetime(born.year, born.month, born.day, tzinfo=UTC).timestamp() if born else None
    return {
        **({str(kind["name"]).replace(" ", ""): number} if kind else {}),
        "identifier": number,
        "gender": person["gender"],
        "name": full_name(store, name) if name else "",
        "uuid": patient.uuid,
        "birthDate": int(begins * 1000) if begins is not None else None,
        "age": person_age(store, person),
        "customAttributes": {},
    }
