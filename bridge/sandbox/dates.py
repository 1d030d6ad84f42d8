"""Times as OpenMRS reads and writes them; the sandbox's own zone is UTC."""

import re
from datetime import UTC, date, datetime

PATTERNS = (
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
)
USUAL = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d:?\d\d|Z)?)?")


def parse_moment(text: str) -> int:
    """Read a time as whole seconds since 1970 UTC; OpenMRS cuts the milliseconds off.

    Raises ValueError where none of OpenMRS's patterns fits.
    """
    found = datetime.fromisoformat(text) if USUAL.fullmatch(text) else _first_match(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp())


def _first_match(text: str) -> datetime:
    for pattern in PATTERNS:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise ValueError(text)


def parse_date(text: str) -> str:
    """Read a day, from a time or a date, as YYYY-MM-DD."""
    return datetime.fromtimestamp(parse_moment(text), UTC).date().isoformat()


def midnight(seconds: int) -> int:
    """Return the begin of a moment's day, as OpenMRS keeps a date that has no time."""
    return seconds - seconds % 86400


def rest_moment(seconds: int) -> str:
    """Write a time as REST does: 2025-03-04T09:00:00.000+0000."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def rest_date(day: str) -> str:
    """Write a day as REST does: its midnight."""
    return f"{day}T00:00:00.000+0000"


def fhir_moment(seconds: int) -> str:
    """Write a time as FHIR does: 2025-03-04T09:00:00+00:00."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def fhir_instant(seconds: int) -> str:
    """Write an instant as FHIR does, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+00:00")


def age_on(birthdate: date, day: date) -> int:
    """Count whole years from birth to `day`."""
    had_birthday = (day.month, day.day) >= (birthdate.month, birthdate.day)
    return day.year - birthdate.year - (0 if had_birthday else 1)
