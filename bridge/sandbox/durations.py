"""How long a drug order holds: OpenMRS reads the unit's SNOMED CT code."""

import calendar
from datetime import UTC, datetime

from bridge.sandbox.store import Record, Store

SECONDS = {
    "257997001": 1,
    "258701004": 60,
    "258702006": 3600,
    "258703001": 86400,
    "258705008": 604800,
}
MONTHS = {"258706009": 1, "258707000": 12}
RECURRENCE = "252109000"
"""As many times as the duration says, at the order's frequency."""


def duration_code(store: Store, unit: Record) -> str:
    """Return the SNOMED CT code of a unit of time; nothing where it is none."""
    rows = store.connection.execute(
        "SELECT t.code FROM conceptmapping m JOIN conceptreferenceterm t"
        ' ON t.id = m."conceptReferenceTerm" JOIN conceptsource s ON s.id = t."conceptSource"'
        " WHERE m.concept = ? AND m.ended = 0 AND s.\"hl7Code\" = 'SCT'",
        (unit.id,),
    )
    known = {*SECONDS, *MONTHS, RECURRENCE}
    return next((code for (code,) in rows if code in known), "")


def expiry(store: Store, order: Record) -> int | None:
    """Return when an order ends by itself: a second before its duration is over."""
    unit = store.ref(order, "durationUnits")
    if unit is None or order["duration"] is None:
        return None
    code, count, start = duration_code(store, unit), order["duration"], order["dateActivated"]
    if code == RECURRENCE:
        frequency = store.ref(order, "frequency")
        per_day = frequency["frequencyPerDay"] if frequency else None
        return start + int(count * 86400 / per_day) - 1 if per_day else None
    if code in MONTHS:
        return _months_later(start, count * MONTHS[code]) - 1
    return start + count * SECONDS[code] - 1 if code in SECONDS else None


def _months_later(start: int, months: int) -> int:
    begun = datetime.fromtimestamp(start, UTC)
    index = begun.year * 12 + begun.month - 1 + months
    year, month = divmod(index, 12)
    day = min(begun.day, calendar.monthrange(year, month + 1)[1])
    return int(begun.replace(year=year, month=month + 1, day=day).timestamp())
