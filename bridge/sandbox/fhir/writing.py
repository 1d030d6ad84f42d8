"""Observations and patients made through FHIR, as far as the fhir2 module makes them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.sandbox.conversion import unique
from bridge.sandbox.fhir import immunizations
from bridge.sandbox.fhir.bodies import moment_of, part, parts
from bridge.sandbox.fhir.outcomes import Outcome, null_pointer, unprocessable
from bridge.sandbox.fhir.patients import GENDERS
from bridge.sandbox.observation_values import set_value
from bridge.sandbox.refusals import Conversion, Invalid
from bridge.sandbox.saving import save
from bridge.sandbox.store import Record, Store

Body = Mapping[str, Any]
STATUS = "org.hl7.fhir.r4.model.Observation$ObservationStatus.equals(Object)"
LETTERS = {word: letter for letter, word in GENDERS.items()}


def create(store: Store, type_name: str, body: Body) -> Record:
    """Make a record of a resource; an id in it is dropped, as HAPI does.

    Raises Outcome where the real server refuses.
    """
    maker = MAKERS.get(type_name)
    if maker is None:
        raise Outcome(405, f"The sandbox does not create {type_name} through FHIR; use REST")
    return maker(store, body)


def _observation(store: Store, body: Body) -> Record:
    if "status" not in body:
        raise null_pointer(STATUS, "observationStatus")
    obs = store.new("obs")
    obs["concept"] = _concept(store, part(body, "code"))
    obs["person"] = _referred(store, "patient", part(body, "subject"))
    obs["encounter"] = _referred(store, "encounter", part(body, "encounter"))
    if "effectiveDateTime" in body:
        obs["obsDatetime"] = moment_of(body["effectiveDateTime"])
    _set_value(store, obs, body)
    try:
        return save(store, obs)
    except Invalid as fault:
        raise unprocessable("obs id is null", fault) from fault


def _set_value(store: Store, obs: Record, body: Body) -> None:
    number = part(body, "valueQuantity").get("value")
    if isinstance(number, int | float):
        obs["valueNumeric"] = float(number)
    value = body.get("valueString", body.get("valueDateTime", body.get("valueBoolean")))
    answer = _concept(store, part(body, "valueCodeableConcept"))
    value = answer.uuid if answer else value
    if value is None or obs["concept"] is None:
        return
    try:
        set_value(store, obs, value)
    except Conversion as fault:
        raise Outcome(422, fault.message) from fault


def _concept(store: Store, code: Body) -> Record | None:
    """Find a concept by the coding that has no system: the bare server knows no other."""
    for coding in parts(code, "coding"):
        if not coding.get("system") and coding.get("code"):
            return store.find("concept", str(coding["code"]))
    return None


def _referred(store: Store, kind: str, reference: Body) -> Record | None:
    return store.find(kind, str(reference.get("reference")).rpartition("/")[2])


def _patient(store: Store, body: Body) -> Record:
    person = store.new("person")
    person["gender"] = LETTERS.get(str(body.get("gender")))
    born = str(body.get("birthDate") or "")
    if born:
        person["birthdateEstimated"] = len(born) < len("2000-01-01")
        day = moment_of(f"{born}-01-01"[: len("2000-01-01")])
        person["birthdate"] = datetime.fromtimestamp(day, UTC).date().isoformat()
    person.children["names"] = [_name(store, one) for one in parts(body, "name")]
    person.children["addresses"] = [_address(store, one) for one in parts(body, "address")]
    patient = store.new("patient")
    patient["person"] = person
    found = (_identifier(store, one) for one in parts(body, "identifier"))
    patient.children["identifiers"] = [one for one in found if one]
    try:
        return save(store, patient)
    except Invalid as fault:
        raise unprocessable("Patient#null", fault) from fault


def _name(store: Store, given: Body) -> Record:
    name = store.new("personname")
    parts = given.get("given")
    words = [str(part) for part in parts] if isinstance(parts, list) else []
    name["givenName"], name["middleName"] = [*words, None, None][:2]
    name["familyName"] = _text(given, "family")
    return name


def _address(store: Store, given: Body) -> Record:
    address = store.new("personaddress")
    for column, name in (
        ("cityVillage", "city"),
        ("stateProvince", "state"),
        ("country", "country"),
        ("postalCode", "postalCode"),
        ("countyDistrict", "district"),
    ):
        address[column] = _text(given, name)
    return address


def _text(given: Body, name: str) -> str | None:
    return str(given[name]) if given.get(name) is not None else None


def _identifier(store: Store, given: Body) -> Record | None:
    """Make an identifier; one whose type is not named by its text is dropped without a word."""
    text = _text(part(given, "type"), "text") or ""
    kind = unique(store, store.resource_types["patientidentifiertype"], text)
    if kind is None:
        return None
    identifier = store.new("identifier")
    identifier["identifierType"] = kind
    identifier["identifier"] = _text(given, "value")
    identifier["preferred"] = given.get("use") == "official"
    return identifier


def _condition(store: Store, body: Body) -> Record:
    """Make an entry of the problem list as O3 does; a diagnosis of an encounter rides in REST."""
    condition = store.new("condition")
    condition["patient"] = _referred(store, "patient", part(body, "subject"))
    condition["coded"] = _concept(store, part(body, "code"))
    for one in parts(body, "extension"):
        if str(one.get("url")).endswith("non-coded-condition"):
            condition["nonCoded"] = _text(one, "valueString")
    status = _first_code(body, "clinicalStatus")
    condition["clinicalStatus"] = "ACTIVE" if status == "active" else "INACTIVE"
    verified = _first_code(body, "verificationStatus")
    condition["verificationStatus"] = verified.upper() if verified else None
    for column, name in (("onsetDate", "onsetDateTime"), ("endDate", "abatementDateTime")):
        if name in body:
            condition[column] = moment_of(body[name])
    try:
        return save(store, condition)
    except Invalid as fault:
        raise unprocessable("Condition#null", fault) from fault


def _first_code(body: Body, name: str) -> str:
    return next((str(one.get("code")) for one in parts(part(body, name), "coding")), "")


def _allergy(store: Store, body: Body) -> Record:
    allergy = store.new("allergy")
    allergy["patient"] = _referred(store, "patient", part(body, "patient"))
    allergy["coded"] = _concept(store, part(body, "code"))
    allergy["nonCoded"] = _text(part(body, "code"), "text") if not allergy["coded"] else None
    category = body.get("category")
    first = str(category[0]) if isinstance(category, list) and category else ""
    allergy["allergenType"] = ALLERGEN_TYPES.get(first)
    allergy["comment"] = next((_text(one, "text") for one in parts(body, "note")), None)
    given = parts(body, "reaction")
    severity = SEVERITIES.get(str(given[0].get("severity"))) if given else None
    allergy["severity"] = store.find("concept", severity) if severity else None
    shown = parts(given[0], "manifestation") if given else []
    allergy.children["reactions"] = [_reaction(store, one) for one in shown]
    try:
        return save(store, allergy)
    except Invalid as fault:
        raise unprocessable("Allergy#null", fault) from fault


def _reaction(store: Store, given: Body) -> Record:
    reaction = store.new("allergyreaction")
    reaction["reaction"] = _concept(store, given)
    reaction["reactionNonCoded"] = None if reaction["reaction"] else _text(given, "text")
    return reaction


ALLERGEN_TYPES = {"medication": "DRUG", "food": "FOOD", "environment": "ENVIRONMENT"}
SEVERITIES = {
    word: code.ljust(36, "A")
    for word, code in (("mild", "1498"), ("moderate", "1499"), ("severe", "1500"))
}

MAKERS: Mapping[str, Callable[[Store, Body], Record]] = {
    "AllergyIntolerance": _allergy,
    "Condition": _condition,
    "Immunization": immunizations.make,
    "Observation": _observation,
    "Patient": _patient,
}
