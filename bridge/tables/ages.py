"""Ages as people write them: 5y 3m, 18 months, 10 d, > 89."""

import re
from typing import Final

DAYS_PER_MONTH: Final = 30.4375

_AGE: Final = re.compile(
    r"""(?:(?P<years>\d{1,4}(?:[.,]5)?)\s*(?:years?|yrs?|y/?o|y)\b\.?)?
    (?:\s*(?:,|and|&)?\s*(?P<months>\d{1,4})\s*(?:months?|mths?|mos?|m)\b\.?)?
    (?:\s*(?:,|and|&)?\s*(?P<weeks>\d{1,4})\s*(?:weeks?|wks?|w)\b\.?)?
    (?:\s*(?:,|and|&)?\s*(?P<days>\d{1,5})\s*(?:days?|d)\b\.?)?
    (?:\s*old)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_TOGETHER: Final = re.compile(r"(?<=[a-z])(?=\d)", re.IGNORECASE)


def parse_age(cell: str) -> int | None:
    """Return the completed months of an age with its units, None where a cell is none."""
    found = _AGE.fullmatch(_TOGETHER.sub(" ", cell))
    if not found or not any(found.groups()):
        return None
    months = 12 * float((found["years"] or "0").replace(",", ".")) + int(found["months"] or 0)
    days = 7 * int(found["weeks"] or 0) + int(found["days"] or 0)
    return int(months + days / DAYS_PER_MONTH)
