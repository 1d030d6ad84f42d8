"""The elements that resources are made of: dates, codes, quantities, texts. Pure.

Each reader returns what the element says, or raises NotTaken with the reason, or KeyError,
TypeError or ValueError where it is not as FHIR has it.
"""

import math
import re
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from bridge.chart import Code, CodeableConcept, Quantity
from bridge.codes import CIEL_SYSTEM, UCUM_SYSTEM
from bridge.files.fhir.resources import Body, NotTaken
from bridge.names import JOINERS
from bridge.unit_words import contradict, in_ucum

_SYSTEMS = {
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "urn:oid:2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "urn:oid:2.16.840.1.113883.12.292": "http://hl7.org/fhir/sid/cvx",
}
_CIEL_UUID = re.compile(r"(\d{1,6})A+")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")

NOON = time(12, tzinfo=UTC)


class Day(NamedTuple):
    """A date, and whether only its year or month was said."""

    date: date
    is_estimated: bool


class Moment(NamedTuple):
    """An aware time in whole seconds, and what had to be assumed for it, if anything."""

    time: datetime
    assumed: str = ""


def day(text: Any) -> Day:
    """Read a date: a whole one, a year, a year and month, or the date of a time."""
    if not isinstance(text, str):
        raise TypeError("date")
    if match := _PARTIAL.fullmatch(text):
        return Day(date(int(match[1]), int(match[2] or 1), 1), True)
    return Day(date.fromisoformat(text[:10]), False)


def moment(text: Any) -> Moment:
    """Read a time. A date alone is noon of it; without an offset it is taken as UTC."""
    if not isinstance(text, str):
        raise TypeError("time")
    if len(text) <= 10:
        said = day(text)
        if said.is_estimated:
            raise NotTaken("time is known to the year or month only", text)
        return Moment(datetime.combine(said.date, NOON), "time of day not said: noon UTC")
    read = datetime.fromisoformat(text).replace(microsecond=0)
    offset = read.utcoffset()
    if offset is None:
        return Moment(read.replace(tzinfo=UTC), "time without an offset: taken as UTC")
    if offset.total_seconds() % 60:
        raise ValueError("offset")
    read.astimezone(UTC)  # raises where the year does not exist
    return Moment(read)


def codeable(value: Any) -> CodeableConcept:
    """Read a CodeableConcept; raise NotTaken when it says nothing."""
    if not isinstance(value, dict):
        raise TypeError("CodeableConcept")
    codes: list[Code] = []
    for coding in value.get("coding") or ():
        codes.extend(_codes(coding))
    said = line(value.get("text")) or next((c.display for c in codes if not c.code), "")
    codes = [code for code in dict.fromkeys(codes) if code.code]
    concept = CodeableConcept(codes=tuple(codes), text=said)
    if not concept.label:
        raise NotTaken("has no code")
    return concept


def _codes(coding: Body) -> list[Code]:
    code, display = line(coding.get("code")), line(coding.get("display"))
    if not code:
        return [Code("", "", display)] if display else []
    system = line(coding.get("system"))
    read = Code(_SYSTEMS.get(system, system), code, display)
    ciel = _CIEL_UUID.fullmatch(code) if len(code) == 36 else None
    # OpenMRS's own concepts of CIEL, whatever system they are said to be of
    return [Code(CIEL_SYSTEM, ciel[1], display), read] if ciel else [read]


def words(value: Any) -> str:
    """Return the label of a CodeableConcept or Coding, or nothing."""
    try:
        if isinstance(value, dict) and ("coding" in value or "text" in value):
            return codeable(value).label
        return line(value.get("display") or value.get("code")) if isinstance(value, dict) else ""
    except NotTaken:
        return ""


def codes_of(value: Any) -> set[str]:
    """Return the bare codes of a CodeableConcept, or of a list of them."""
    found: set[str] = set()
    for concept in value if isinstance(value, list) else [value]:
        if isinstance(concept, dict):
            found |= {str(coding.get("code")) for coding in concept.get("coding") or ()}
            found |= {concept["text"]} if isinstance(concept.get("text"), str) else set()
    return found


def quantity(value: Any) -> Quantity:
    """Read a Quantity; its unit as UCUM writes it where the file does or the words are known."""
    if not isinstance(value, dict):
        raise TypeError("Quantity")
    shown = f"{value.get('comparator', '')}{value.get('value')} {value.get('unit', '')}"
    if value.get("comparator"):
        raise NotTaken("has a comparator", shown)
    if "value" not in value:
        raise NotTaken("has no value")
    amount = number(value["value"])
    code, unit = line(value.get("code")), line(value.get("unit"))
    if code and contradict(unit, code):
        raise NotTaken("unit and its code contradict each other", f"{unit}, {code}")
    if code and value.get("system") not in (None, UCUM_SYSTEM, ""):
        code = ""  # a code of another system is no unit of UCUM
    return Quantity(amount, in_ucum(code or unit))


def number(value: Any) -> float:
    """Read a number that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("number")
    amount = float(value)
    if not math.isfinite(amount):
        raise ValueError("number")
    return amount


def line(value: Any) -> str:
    """Return text as one line: blanks as one space, without what cannot be printed."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise TypeError("text")
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    kept = (c for c in " ".join(value.split()) if c.isprintable() or c in JOINERS)
    return "".join(kept)


def text(value: Any) -> str:
    """Return text of several lines; raise NotTaken where a character cannot be printed."""
    if not isinstance(value, str):
        raise TypeError("text")
    cleaned = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    for character in set(cleaned):
        if not (character.isprintable() or character in "\n\t\u00a0\u3000" + JOINERS):
            if character.isspace():
                continue
            raise NotTaken("text has a character that cannot be printed", f"U+{ord(character):04X}")
    return cleaned


def notes(body: Body) -> str:
    """Return what a resource's notes say, as one line."""
    said = [line(note.get("text")) for note in body.get("note") or () if isinstance(note, dict)]
    return "; ".join(filter(None, said))


def status(body: Body, *taken: str, key: str = "status") -> str:
    """Return the status of a resource; raise NotTaken when it is none of these."""
    found = body.get(key)
    if found not in taken:
        said = line(found) if isinstance(found, str) else ""
        raise NotTaken(f"{key} is {said[:40]}" if said else f"has no {key}")
    return str(found)
