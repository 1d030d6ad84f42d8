"""A server's answers as plain types: read once here, so that nobody beyond sees a raw dictionary.

Each `..._of` raises what `as_openmrs_has_it` tells as the server's fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bridge.age_limits import Span
from bridge.openmrs.parsing import Body, checked_text, number, objects


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUser:
    """Who is signed in."""

    name: str
    privileges: frozenset[str] | None
    """What the user may do; None: everything."""
    time: datetime | None
    """What time the server has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierType:
    """A kind of patient identifier, and the idgen source that makes it, if there is one."""

    uuid: str
    name: str
    required: bool
    validator: str | None
    format: str | None
    needs_location: bool
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeType:
    """A person attribute type."""

    uuid: str
    name: str
    format: str
    searchable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What the server holds of a mapped concept; limits are the absolute ones in force.

    Where these depend on age and sex, `ages` has them and `low` and `high` are the widest.
    """

    display: str
    datatype: str
    units: str | None = None
    allow_decimal: bool = False
    low: float | None = None
    high: float | None = None
    ages: tuple[Span, ...] = ()


class PatientRecord(NamedTuple):
    """A patient as the server has them."""

    uuid: str
    voided: bool
    attributes: tuple[tuple[str, str], ...]
    """Of the person: uuid of the type, and the value as text."""

    def attribute(self, of_type: str) -> str | None:
        """Return the value of an attribute, where there is one of this type."""
        return next((value for kind, value in self.attributes if kind == of_type), None)


class VisitRecord(NamedTuple):
    """A visit as the server has it, with the uuids of its encounters that are not voided."""

    uuid: str
    voided: bool
    encounters: tuple[str, ...]


PATIENT_FIELDS = "uuid,voided,person:(attributes:(value,attributeType:(uuid)))"
VISIT_FIELDS = "uuid,voided,encounters:(uuid,voided)"
ATTRIBUTE_TYPE_FIELDS = "uuid,name,format,searchable,retired"
IDENTIFIER_TYPE_FIELDS = "uuid,name,required,validator,format,locationBehavior,retired"
CONCEPT_FIELDS = "uuid,display,datatype:(display)"
NUMERIC_FIELDS = "uuid,units,allowDecimal,lowAbsolute,hiAbsolute"
"""Only a numeric concept has these; asking any other for them is refused."""


def session_user_of(body: Body, time: datetime | None) -> SessionUser:
    """Read who is signed in."""
    user = body.get("user") or {}
    roles = {role.get("display") for role in user.get("roles") or ()}
    everything = "System Developer" in roles
    named = (str(one.get("display")) for one in user.get("privileges") or ())
    return SessionUser(
        name=str(user.get("display")),
        privileges=None if everything else frozenset(named),
        time=time,
    )


def identifier_type_of(body: Body, sources: Mapping[str, str]) -> IdentifierType:
    """Read an identifier type; `sources` are those that issue, by the type's uuid."""
    return IdentifierType(
        uuid=body["uuid"],
        name=checked_text(body["name"]),
        required=bool(body.get("required")),
        validator=text_or_none(body.get("validator")),
        format=text_or_none(body.get("format")),
        needs_location=body.get("locationBehavior") != "NOT_USED",
        source=sources.get(body["uuid"]),
    )


def attribute_type_of(body: Body) -> AttributeType:
    """Read a person attribute type."""
    return AttributeType(
        uuid=body["uuid"],
        name=str(body["name"]),
        format=str(body["format"]),
        searchable=bool(body["searchable"]),
    )


def concept_of(body: Body, numeric: Body) -> Concept:
    """Read a concept; `numeric` are the fields of a numeric one, else empty."""
    return Concept(
        display=str(body["display"]),
        datatype=str(body["datatype"]["display"]),
        units=text_or_none(numeric.get("units")),
        allow_decimal=bool(numeric.get("allowDecimal")),
        low=number(numeric.get("lowAbsolute")),
        high=number(numeric.get("hiAbsolute")),
    )


def patient_record_of(body: Body) -> PatientRecord:
    """Read a patient."""
    listed = (body.get("person") or {}).get("attributes") or ()
    return PatientRecord(
        uuid=checked_text(body["uuid"]),
        voided=bool(body.get("voided")),
        attributes=tuple(
            (checked_text(one["attributeType"]["uuid"]), _attribute_text(one.get("value")))
            for one in listed
            if one.get("value") is not None
        ),
    )


def visit_record_of(body: Body) -> VisitRecord:
    """Read a visit."""
    encounters = objects(body.get("encounters"))
    return VisitRecord(
        uuid=body["uuid"],
        voided=bool(body.get("voided")),
        encounters=tuple(one["uuid"] for one in encounters if not one.get("voided")),
    )


def text_or_none(value: Any) -> str | None:
    """Return a text, None where there is none."""
    return str(value) if value else None


def _attribute_text(value: Any) -> str:
    """Return an attribute's value as text; of a coded one its name."""
    if isinstance(value, dict):
        return str(value.get("display"))
    return str(value).lower() if isinstance(value, bool) else str(value)
