"""Who a patient is: name, sex, birth, death, address, phone and identifiers. Pure."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from bridge.chart import Address, Death, Gender, Identifier
from bridge.files.fhir.elements import day, line, moment
from bridge.files.fhir.own import own_cause
from bridge.files.fhir.record import Record
from bridge.files.fhir.resources import Body, NotTaken
from bridge.names import LONGEST_NAME, NO_NAME, spelt, stranger

_GENDERS: dict[str, Gender] = {"female": "F", "male": "M", "other": "O", "unknown": "U"}
_NAME_USES = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden")
_ADDRESS_USES = ("home", "", "temp", "work", "billing")
_SYNTHEA_NAME = re.compile(r"(\D+?)\d{1,4}")
LONGEST_COUNTRY = 50
"""Characters: the other parts of an address have 255, but for the postal code."""


class Person(NamedTuple):
    """All that a Patient says of a person."""

    given_name: str
    middle_name: str
    family_name: str
    sex: Gender
    birthdate: date
    is_birthdate_estimated: bool
    address: Address | None
    phone: str
    identifiers: tuple[Identifier, ...]
    death: Death | None


def read_person(record: Record, *, keep_names: bool) -> Person:
    """Read whose record it is; raise NotTaken when no patient can be made of it."""
    body = record.owner.body
    if body.get("modifierExtension"):
        raise NotTaken("has a modifierExtension")
    if body.get("active") is False and body.get("link"):
        raise NotTaken("is replaced by another patient")
    given, middle, family = _name(record)
    if not keep_names:
        given, middle, family = without_digits(given, middle, family)
    if not body.get("birthDate"):
        raise NotTaken("has no birth date")
    try:
        born = day(body["birthDate"])
    except (TypeError, ValueError) as error:
        raise NotTaken("birth date is no date", body["birthDate"]) from error
    if born.is_estimated:
        record.assume("birth date known to the year or month: its first day, estimated")
    return Person(
        *(given, middle, family),
        _sex(record),
        born.date,
        born.is_estimated,
        _address(record),
        _phone(record),
        tuple(_identifiers(record)),
        _death(record),
    )


def checked_name(name: str) -> str:
    """Return a name as OpenMRS takes it; raise NotTaken when it does not."""
    name = spelt(" ".join(name.split()))
    if len(name) > LONGEST_NAME:
        raise NotTaken(f"name is longer than {LONGEST_NAME} characters")
    if strange := stranger(name):
        raise NotTaken("name has a character that cannot be printed", strange)
    return name


def without_digits(given: str, middle: str, family: str) -> tuple[str, str, str]:
    """Take Synthea's digits off, where both the first given and the family name have them."""
    first = given.split(" ")[0]
    if not (_SYNTHEA_NAME.fullmatch(first) and _SYNTHEA_NAME.fullmatch(family)):
        return given, middle, family
    plain = [" ".join(map(_plain, name.split(" "))) for name in (given, middle, family)]
    return plain[0], plain[1], plain[2]


def _plain(word: str) -> str:
    match = _SYNTHEA_NAME.fullmatch(word)
    return match[1] if match else word


def _name(record: Record) -> tuple[str, str, str]:
    body, assume = record.owner.body, record.assume
    names = [name for name in body.get("name") or () if isinstance(name, dict)]
    current = [n for n in names if n.get("use") != "old" and not _is_over(n)]
    if not current:
        raise NotTaken("has no name")
    if len(current) > 1:
        assume("more than one name: the official one, else the usual one")
    ranks = {use: rank for rank, use in enumerate(_NAME_USES)}
    name = min(current, key=lambda n: ranks.get(str(n.get("use") or ""), len(ranks)))
    given = [str(part) for part in name.get("given") or () if _is_text(part)]
    family = checked_name(name["family"]) if _is_text(name.get("family")) else ""
    if not given and not family and _is_text(name.get("text")):
        *given, family = name["text"].split()
        given, family = [" ".join(given)] if given else [], checked_name(family)
        assume("name given as one text: its last word is the family name")
    if not given and not family:
        raise NotTaken("has no name")
    if not given or not family:
        assume("only one name: the other is a dot")
    first = checked_name(given[0]) if given else NO_NAME
    return first, _middle(record, given[1:]), family or NO_NAME


def _middle(record: Record, given: list[str]) -> str:
    """Return the further given names, as many whole ones as there is room for."""
    kept = ""
    for place, name in enumerate(given):
        longer = " ".join([*kept.split(), *name.split()])
        if len(longer) > LONGEST_NAME:
            _leave_out(record, "middle name", LONGEST_NAME, " ".join(given[place:]))
            break
        kept = longer
    return checked_name(kept)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_over(element: Body) -> bool:
    """Tell whether a name or address is of the past; its period's end says so."""
    period = element.get("period")
    return isinstance(period, dict) and bool(period.get("end"))


def _sex(record: Record) -> Gender:
    gender = record.owner.body.get("gender")
    if gender is None:
        record.assume("gender not said: unknown")
        return "U"
    if not isinstance(gender, str) or gender not in _GENDERS:
        raise NotTaken("gender is not one of FHIR's", gender)
    return _GENDERS[gender]


def _fitting(record: Record, text: str, most: int, what: str) -> str:
    """Return text that OpenMRS has room for; nothing rather than a part of it."""
    if len(text) <= most:
        return text
    _leave_out(record, what, most, text)
    return ""


def _leave_out(record: Record, what: str, most: int, text: str) -> None:
    fault = NotTaken(f"{what} is longer than {most} characters", text)
    record.leave_part_out(record.owner, what, fault)


def _address(record: Record) -> Address | None:
    given = record.owner.body.get("address") or ()
    places = [place for place in given if isinstance(place, dict)]
    current = [p for p in places if p.get("use") != "old" and not _is_over(p)]
    if not current:
        return None
    ranks = {use: rank for rank, use in enumerate(_ADDRESS_USES)}
    place = min(current, key=lambda p: ranks.get(str(p.get("use") or ""), len(ranks)))
    lines = [line(part) for part in place.get("line") or () if isinstance(part, str)]

    def said(key: str, most: int, what: str) -> str:
        return _fitting(record, line(place.get(key)), most, what)

    address = Address(
        city_village=said("city", 255, "city"),
        state_province=said("state", 255, "state"),
        country=said("country", LONGEST_COUNTRY, "country"),
        address1=_fitting(record, ", ".join(filter(None, lines)), 255, "address"),
        county_district=said("district", 255, "district"),
        postal_code=said("postalCode", 50, "postal code"),
    )
    return address if address != Address() else None


def _phone(record: Record) -> str:
    phones = [
        (telecom.get("use") != "mobile", line(telecom.get("value")))
        for telecom in record.owner.body.get("telecom") or ()
        if isinstance(telecom, dict)
        and telecom.get("system") in ("phone", "sms")
        and telecom.get("use") != "old"
    ]
    number = min(filter(lambda phone: phone[1], phones), default=(True, ""))[1]
    return _fitting(record, number, 50, "telephone number")


def _identifiers(record: Record) -> Iterator[Identifier]:
    """Yield the numbers that others gave; the bare uuid that bridge writes itself is none."""
    body = record.owner.body
    for identifier in body.get("identifier") or ():
        if not isinstance(identifier, dict) or identifier.get("use") == "old":
            continue
        value = _fitting(record, line(identifier.get("value")), 50, "identifier")
        if not value or value.startswith("urn:uuid:") or value == body.get("id"):
            continue
        kind = identifier.get("type")
        kind = kind if isinstance(kind, dict) else {}
        coding: Body = next(iter(kind.get("coding") or ()), {})
        named = line(kind.get("text")) or line(coding.get("display")) or line(coding.get("code"))
        yield Identifier(value=value, type=named or line(identifier.get("system")))


def _death(record: Record) -> Death | None:
    patient, body = record.owner, record.owner.body
    if "deceasedDateTime" in body:
        read = moment(body["deceasedDateTime"])
        if read.assumed:
            record.assume(read.assumed)
        return Death(time=read.time, cause=own_cause(body), source=patient.source)
    if body.get("deceasedBoolean") is True:
        return Death(time=None, source=patient.source)
    return None
