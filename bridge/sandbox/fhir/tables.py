# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""The types of FHIR resources: where their records are kept, and by what they are found."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.sandbox.fhir.immunizations import GROUP
from bridge.sandbox.fhir.parameters import (
    Condition,
    at,
    born,
    coded,
    equal,
    in_category,
    lives,
    named,
    of_identifier,
    of_patient,
    of_person,
    refers,
)
from bridge.sandbox.searches import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What of a search runs on one table."""

    type: str
    conditions: Mapping[str, Condition]
    orders: Mapping[str, str]
    fixed: str = "1"
    """Which of the table's records are meant at all."""


_CHANGED = "coalesce(changed, created)"
_COMMON = {"_id": equal("uuid"), "_lastUpdated": at(_CHANGED)}
_NAME_PARTS = ("givenName", "middleName", "familyName", "familyName2")
_IMMUNIZATIONS = f"""concept IN (
    SELECT m.concept FROM conceptmapping m
    JOIN conceptreferenceterm t ON t.id = m."conceptReferenceTerm"
    JOIN conceptsource s ON s.id = t."conceptSource"
    WHERE s.name = 'CIEL' AND t.code = '{GROUP}')"""


def _patients(column: str) -> dict[str, Condition]:
    """Find by the patient, whatever the parameter is called."""
    found = of_patient(column)
    return {"patient": found, "subject": found, "patient.identifier": of_identifier(column)}


def _is_category(code: str) -> Condition:
    return lambda value: Selection("1" if value.rpartition("|")[2] == code else "0")


def _status(value: str) -> Selection:
    wanted = {"active": "ACTIVE", "inactive": "INACTIVE"}.get(value.rpartition("|")[2], "")
    return Selection('"clinicalStatus" = ?', (wanted,))


def _orders(name: str) -> Table:
    """Define the search of orders of one subclass."""
    return Table(
        type="order",
        conditions={
            **_COMMON,
            **_patients("patient"),
            "code": coded("concept"),
            "encounter": refers("encounter", "encounter"),
            "requester": refers("orderer", "provider"),
        },
        orders={"_lastUpdated": _CHANGED},
        fixed=f"type = '{name}' AND action <> 'DISCONTINUE'",
    )


_TABLES = {
    "Patient": (
        Table(
            type="patient",
            conditions={
                **_COMMON,
                "identifier": of_identifier("id"),
                "name": named(*_NAME_PARTS),
                "given": named("givenName", "middleName"),
                "family": named("familyName"),
                "gender": of_person(lambda value: Selection("gender = ?", (value[:1].upper(),))),
                "birthdate": born,
                "address-city": lives("cityVillage"),
                "address-state": lives("stateProvince"),
                "address-country": lives("country"),
            },
            orders={
                "_lastUpdated": _CHANGED,
                "birthdate": "(SELECT birthdate FROM person p WHERE p.id = patient.id)",
                "given": '(SELECT "givenName" FROM personname n WHERE n.person = patient.id)',
                "family": '(SELECT "familyName" FROM personname n WHERE n.person = patient.id)',
            },
        ),
    ),
    "Encounter": tuple(
        Table(
            type=kind,
            conditions={
                **_COMMON,
                "_tag": equal(f"'{kind}'"),
                "patient": of_patient("patient"),
                "patient.identifier": of_identifier("patient"),
                "subject": of_patient("patient"),
                "date": at(moment),
                "location": refers("location", "location"),
                "type": refers(f'"{type_name}"', type_kind),
            },
            orders={"_lastUpdated": _CHANGED, "date": moment},
        )
        for kind, moment, type_name, type_kind in (
            ("encounter", '"encounterDatetime"', "encounterType", "encountertype"),
            ("visit", '"startDatetime"', "visitType", "visittype"),
        )
    ),
    "Observation": (
        Table(
            type="obs",
            conditions={
                **_COMMON,
                "patient": of_patient("person"),
                "patient.identifier": of_identifier("person"),
                "subject": of_patient("person"),
                "encounter": refers("encounter", "encounter"),
                "code": coded("concept"),
                "category": in_category,
                "date": at('"obsDatetime"'),
            },
            orders={"_lastUpdated": _CHANGED, "date": '"obsDatetime"'},
        ),
    ),
    "Condition": (
        Table(
            type="condition",
            conditions={
                **_COMMON,
                **_patients("patient"),
                "code": coded("coded"),
                "category": _is_category("problem-list-item"),
                "clinical-status": _status,
                "onset-date": at('"onsetDate"'),
                "recorded-date": at("created"),
            },
            orders={"_lastUpdated": _CHANGED, "onset-date": '"onsetDate"'},
        ),
        Table(
            type="diagnosis",
            conditions={
                **_COMMON,
                **_patients("patient"),
                "code": coded("coded"),
                "category": _is_category("encounter-diagnosis"),
                "clinical-status": lambda value: Selection("0"),
                "onset-date": lambda value: Selection("0"),
                "recorded-date": at("created"),
            },
            orders={"_lastUpdated": _CHANGED},
        ),
    ),
    "AllergyIntolerance": (
        Table(
            type="allergy",
            conditions={**_COMMON, **_patients("patient"), "code": coded("coded")},
            orders={"_lastUpdated": _CHANGED},
        ),
    ),
    "MedicationRequest": (_orders("drugorder"),),
    "ServiceRequest": (_orders("testorder"),),
    "Immunization": (
        Table(
            type="obs",
            conditions={**_COMMON, **_patients("person")},
            orders={"_lastUpdated": _CHANGED, "date": '"obsDatetime"'},
            fixed=_IMMUNIZATIONS,
        ),
    ),
}
TYPES: Mapping[str, tuple[Table, ...]] = _TABLES
