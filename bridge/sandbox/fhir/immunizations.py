"""Immunizations: groups of observations at an encounter of their own, as fhir2 keeps them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from bridge.sandbox.conversion import mapped_concepts
from bridge.sandbox.dates import fhir_moment
from bridge.sandbox.fhir.bodies import moment_of, part, parts
from bridge.sandbox.fhir.observations import concept_coding
from bridge.sandbox.fhir.outcomes import Outcome, unprocessable
from bridge.sandbox.fhir.terms import Resource, practitioner, reference
from bridge.sandbox.refusals import Invalid
from bridge.sandbox.saving import save
from bridge.sandbox.store import Record, Store

Body = Mapping[str, Any]
GROUP, VACCINE, DATE, DOSE = "1421", "984", "1410", "1418"
MANUFACTURER, LOT, EXPIRES, NOTE = "1419", "1420", "165907", "161011"
TYPE_SETTING = "fhir2.immunizationsEncounterTypeUuid"
ROLE_SETTING = "fhir2.administeringEncounterRoleUuid"


def immunization_resource(store: Store, group: Record) -> Resource:
    """Show a vaccine that was given."""
    members = {_code(store, one): one for one in store.children(group, "groupMembers")}
    encounter = store.ref(group, "encounter")
    visit = store.ref(encounter, "visit") if encounter else None
    vaccine = members.get(VACCINE)
    answer = store.ref(vaccine, "valueCoded") if vaccine else None
    given, expires = _value(members, DATE, "Datetime"), _value(members, EXPIRES, "Datetime")
    dose, note = _value(members, DOSE, "Numeric"), _value(members, NOTE, "Text")
    maker = _value(members, MANUFACTURER, "Text")
    return {
        "status": "completed",
        "vaccineCode": concept_coding(store, answer) if answer else None,
        "patient": _patient(store, group),
        "encounter": reference("Encounter", visit) if visit else None,
        "occurrenceDateTime": fhir_moment(given) if given is not None else None,
        "manufacturer": {"display": maker} if maker else None,
        "lotNumber": _value(members, LOT, "Text"),
        "expirationDate": _day(expires) if expires is not None else None,
        "performer": [_performer_of(store, group, encounter)],
        "note": [{"text": note}] if note else None,
        "protocolApplied": [{"doseNumberPositiveInt": int(dose)}] if dose is not None else None,
    }


def member_values(store: Store, group: Record) -> dict[str, Any]:
    """Return what a group's members say, by their CIEL codes; a coded answer as its concept."""
    values: dict[str, Any] = {}
    for one in store.children(group, "groupMembers"):
        columns = ("valueNumeric", "valueText", "valueDatetime")
        plain = (one[column] for column in columns)
        value = store.ref(one, "valueCoded") or next((v for v in plain if v is not None), None)
        values[_code(store, one)] = value
    return values


def _code(store: Store, obs: Record) -> str:
    concept = store.ref(obs, "concept")
    return concept.uuid.rstrip("A") if concept else ""


def _value(members: Mapping[str, Record], code: str, kind: str) -> Any:
    return members[code][f"value{kind}"] if code in members else None


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _patient(store: Store, group: Record) -> Resource:
    person = store.held("person", group["person"])
    return {"reference": f"Patient/{person.uuid}", "type": "Patient"} | {
        "display": store.display(person)
    }


def _performer_of(store: Store, group: Record, encounter: Record | None) -> Resource:
    """Show who gave a vaccine; raise Outcome where the encounter does not say, as fhir2 does."""
    role = _named_by(store, "encounterrole", ROLE_SETTING)
    for one in store.children(encounter, "encounterProviders") if encounter else ():
        provider = store.ref(one, "provider")
        if one["encounterRole"] == role.id and provider:
            return {"actor": practitioner(store, provider)}
    raise _invalid(
        "The Immunization resource is required to be attached to an OpenMRS encounter involving a"
        f" single encounter provider with the role '{role['name']}'. This is not the case for"
        f" immunization '{group.uuid}'.",
    )


def make(store: Store, body: Body) -> Record:
    """Make an immunization of a resource; the visit is what it calls its encounter.

    Raises Outcome where the fhir2 module refuses.
    """
    patient = _referred(store, "patient", body, "patient")
    visit = _referred(store, "visit", body, "encounter")
    if patient is None or visit is None:
        what, name = ("patient", "patient") if patient is None else ("visit", "encounter")
        given = part(body, name).get("reference")
        lacking = f"No {name} was specified for this request"
        said = f"Could not find {what} matching {given}" if given else lacking
        raise _invalid(said)
    if visit["patient"] != patient.id:
        said = f"The visit '{visit.uuid}' does not belong to patient '{patient.uuid}'."
        raise _invalid(said)
    if "occurrenceDateTime" not in body:
        raise _invalid("An Immunization must have a valid occurrenceDateTime value")
    group = _group(store, body, patient, _encounter(store, body, patient, visit))
    try:
        return save(store, group)
    except Invalid as fault:
        raise unprocessable("Obs#null", fault) from fault


def _invalid(said: str) -> Outcome:
    return Outcome(422, said, code="business-rule")


def _referred(store: Store, type_name: str, body: Body, name: str) -> Record | None:
    return store.find(type_name, str(part(body, name).get("reference")).rpartition("/")[2])


def _encounter(store: Store, body: Body, patient: Record, visit: Record) -> Record:
    """Return the visit's newest encounter for immunizations, or make one at the visit's end."""
    kind = _named_by(store, "encountertype", TYPE_SETTING)
    role = _named_by(store, "encounterrole", ROLE_SETTING)
    where = 'visit = ? AND "encounterType" = ? AND ended = 0'
    known = store.many("encounter", where, (visit.id, kind.id), '"encounterDatetime" DESC')
    if known:
        return known[0]
    encounter = store.new("encounter")
    encounter["patient"], encounter["visit"], encounter["encounterType"] = patient, visit, kind
    encounter["location"] = _place(store, body) or store.ref(visit, "location")
    stop = visit["stopDatetime"]
    encounter["encounterDatetime"] = store.now if stop is None else stop
    provider = _performer(store, body)
    if provider:
        entry = store.new("encounterprovider")
        entry["provider"], entry["encounterRole"] = provider, role
        encounter.children["encounterProviders"] = [entry]
    return save(store, encounter)


def _named_by(store: Store, type_name: str, setting: str) -> Record:
    found = store.many("systemsetting", "property = ?", (setting,))
    named = store.find(type_name, str(found[0]["value"])) if found else None
    if named is None:
        raise Outcome(
            500,
            f"The Immunization resource requires the global property '{setting}' to name an"
            " existing object, but it does not.",
        )
    return named


def _place(store: Store, body: Body) -> Record | None:
    return _referred(store, "location", body, "location")


def _performer(store: Store, body: Body) -> Record | None:
    given = parts(body, "performer")
    if len(given) > 1:
        raise _invalid(
            "More than one performer was specified. Only a single performer is currently supported"
            " for each immunization.",
        )
    return _referred(store, "provider", given[0], "actor") if given else None


def _group(store: Store, body: Body, patient: Record, encounter: Record) -> Record:
    group = store.new("obs")
    group["concept"], group["person"] = _concept(store, GROUP), store.held("person", patient.id)
    group["encounter"], group["obsDatetime"] = encounter, store.now
    group["location"] = _place(store, body) or store.ref(encounter, "location")
    values: list[tuple[str, str, Any]] = [
        (VACCINE, "valueCoded", _vaccine(store, body)),
        (DATE, "valueDatetime", moment_of(body["occurrenceDateTime"])),
        (DOSE, "valueNumeric", _dose(body)),
        (MANUFACTURER, "valueText", part(body, "manufacturer").get("display")),
        (LOT, "valueText", body.get("lotNumber")),
        (EXPIRES, "valueDatetime", _expiry(body)),
        (NOTE, "valueText", next((one.get("text") for one in parts(body, "note")), None)),
    ]
    group.children["groupMembers"] = [
        _member(store, code, column, value) for code, column, value in values if value is not None
    ]
    return group


def _member(store: Store, code: str, column: str, value: Any) -> Record:
    member = store.new("obs")
    member["concept"], member[column] = _concept(store, code), value
    return member


def _concept(store: Store, code: str) -> Record:
    found = mapped_concepts(store, "CIEL", code)
    if not found:
        raise Outcome(
            500,
            "The Immunization resource requires a concept mapping 'CIEL:" + code + "' which does"
            " not exist.",
        )
    return found[0]


def _vaccine(store: Store, body: Body) -> Record:
    """Find the vaccine by its one coding without a system; any concept is taken for one."""
    codes = [
        str(one.get("code"))
        for one in parts(part(body, "vaccineCode"), "coding")
        if not one.get("system")
    ]
    if len(codes) != 1:
        raise _invalid("Could not find a valid coding could be identified for this immunization.")
    vaccine = store.find("concept", codes[0])
    if vaccine is None:
        raise Outcome(
            422,
            "'obs id is null' failed to validate with reason: error.noValue, groupMembers: A member"
            " of this obs group has an error",
        )
    return vaccine


def _dose(body: Body) -> float | None:
    applied = parts(body, "protocolApplied")
    if len(applied) > 1:
        raise _invalid(
            "Either no protocol applied was found or multiple protocols applied were found. Only"
            " one protocol is currently supported for each immunization.",
        )
    number = applied[0].get("doseNumberPositiveInt") if applied else None
    return float(number) if isinstance(number, int) else None


def _expiry(body: Body) -> int | None:
    given = body.get("expirationDate")
    if given is None:
        return None
    try:
        day = date.fromisoformat(str(given))
    except ValueError as fault:
        raise Outcome(400, f'HAPI-1821: Invalid date/time format: "{given}"') from fault
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
