"""What an Observation or one of its components says. Pure."""

from datetime import date, datetime

from bridge.chart import Quantity, Value
from bridge.files.fhir.elements import codeable, day, moment, number, quantity, text, words
from bridge.files.fhir.resources import Body, NotTaken


def value_of(body: Body) -> Value | None:
    """Return the value; None where there is none. Raise NotTaken for one that is not taken."""
    keys = [key for key in body if key.startswith("value") and not key.startswith("_")]
    if body.get("dataAbsentReason"):
        raise NotTaken("value is absent", words(body["dataAbsentReason"]))
    if not keys:
        return None
    key = keys[0]
    value = body[key]
    if value is None:
        raise TypeError(key)
    match key:
        case "valueQuantity":
            return quantity(value)
        case "valueCodeableConcept":
            return codeable(value)
        case "valueString":
            return text(value) or None
        case "valueBoolean" if isinstance(value, bool):
            return value
        case "valueInteger":
            return Quantity(number(value))
        case "valueDateTime":
            return _date(value)
        case _:
            raise NotTaken("value is of a type that is not taken", key)


def _date(value: object) -> date | datetime:
    if isinstance(value, str) and len(value) > 10:
        return moment(value).time
    said = day(value)
    if said.is_estimated:
        raise NotTaken("value is a year or month", value)
    return said.date
