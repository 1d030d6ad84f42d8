"""Columns that say who somebody is, or number the rows: they never get into a model."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from bridge.tables.column_names import words_of
from bridge.tables.measures import Floats

NEARLY_ALL: Final = 0.9
"""The share of a column's values that differ, from which on they identify rows."""

FEWEST: Final = 20
"""Rows from which on that share says something."""

_MANY: Final = 100
"""Rows from which on it says something of numbers without a unit."""

LONG_DIGITS: Final = 7
"""Digits of a whole number from which on it is a number of a file, a card or a telephone."""

_WHOSE: Final = (
    "patient|person|subject|participant|client|beneficiary|case|record|file|folder|chart|card"
    "|hospital|facility|visit|encounter|episode|admission|stay|unit|icu|icustay|hadm|row|study"
    "|sample|specimen|household|registration|reg|opd|ipd|serial|national|health|insurance|policy"
    "|account|member|caregiver|provider|order|event|transaction|nida|birth|survey|respondent"
)
_COMPACT: Final = re.compile(rf"(?:{_WHOSE})*(?:{_WHOSE})(?:ids?|no|nr|num|number|key|uuid)")
_ALONE: Final = re.compile(
    r"ids?|uuid|guid|mrn|ssn|nhs|nino|nid|nupn|upn|crn|uhid|aadhaar|passport|identifiers?|barcode"
    r"|seqn|pids?|qr|hash|rowid|index"
)
_CONTACT: Final = re.compile(
    r"phones?|telephone|tel|mobile|cellphone|whatsapp|e?mail|fax|address|street|addr|landmark"
    r"|latitude|longitude|lat|lon|lng|gps|postcode|postal|zip|zipcode|surname|username|login"
    r"|(?:first|last|middle|full)name|forename|signature"
)
_NAMES: Final = re.compile(
    r"given|family|first|last|middle|full|maiden|patient|mother|father|guardian|kin|sur|person"
    r"|client|next"
)
_NUMBERS: Final = re.compile(r"no|nr|num|numbers?|numero|code|key")
_COUNTED: Final = re.compile(r"visit|encounter|episode|birth|household|event|order|unit")
"""Their number may count them, as the second visit: their id does not."""

_BIRTH: Final = re.compile(r"dob|yob|birthdate|birthday|born|geburtsdatum")

_UUID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?\(?\d[\d\s().-]{6,}\d")
_DATE: Final = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    r"|\d{1,2}[-\s][^\W\d]{3,9}\.?[-,\s]+\d{2,4}|[^\W\d]{3,9}\.? \d{1,2},? \d{4})"
    r"(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_TIME: Final = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AP]M)?", re.IGNORECASE)


def who_it_names(name: str, values: pd.Series) -> str | None:
    """Say why a column must not be learnt: it names a person, a row or a day; None if it may."""
    return _by_name(name) or _by_content(values.dropna())


def _by_name(name: str) -> str | None:
    words = words_of(name)
    compact = "".join(words)
    of_birth = "birth" in words and {"date", "year", "day"} & {*words}
    if _has(words, _BIRTH) or of_birth or "dateofbirth" in compact:
        return "is a date of birth: give ages in place of it"
    named = words == ["name"] or ("name" in words and _has(words, _NAMES))
    if _has(words, _CONTACT) or named or "email" in compact:
        return "names a person"
    if _has(words, _ALONE):
        return "identifies rows, by its name"
    numbered = _has(words, _NUMBERS) and _COMPACT.match(compact)
    counts = _has(words, _NUMBERS) and _has(words, _COUNTED)
    if (_COMPACT.fullmatch(compact) or numbered) and not counts:
        return "identifies rows, by its name"
    return None


def _has(words: Iterable[str], pattern: re.Pattern[str]) -> bool:
    return any(pattern.fullmatch(word) for word in words)


def _by_content(values: pd.Series) -> str | None:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "is a date"
    if pd.api.types.is_bool_dtype(values) or values.empty:
        return None
    if pd.api.types.is_numeric_dtype(values):
        return _of_numbers(values.to_numpy(np.float64))
    return _of_words(values.astype(str))


def _of_numbers(values: Floats) -> str | None:
    if not np.isfinite(values).all() or (values % 1 != 0).any():
        return None
    distinct = len(np.unique(values))
    digits = np.median(np.abs(values)) >= 10 ** (LONG_DIGITS - 1)
    if len(values) < 2 or distinct < NEARLY_ALL * len(values):
        return None
    if distinct == len(values) and np.ptp(values) < 1.5 * len(values) and len(values) >= FEWEST:
        return "numbers the rows"
    if (np.diff(values) > 0).all() and len(values) >= FEWEST:
        return "numbers the rows"
    if digits:
        return "identifies rows: nearly all of its long numbers differ"
    if len(values) >= _MANY and distinct >= 0.98 * len(values) and _is_fine(values):
        return "identifies rows: nearly all differ (if it is a measurement, say so in a spec)"
    return None


def _is_fine(values: Floats) -> bool:
    """Tell whether whole numbers lie far more finely than a measurement's would."""
    whole = values.astype(np.int64)
    step = np.gcd.reduce(whole - whole.min())
    return bool(step == 1 and np.ptp(whole) > 20 * len(values))


def _of_words(values: pd.Series) -> str | None:
    counts = Counter(word.strip() for word in values.tolist() if word)
    total = counts.total()
    for pattern, what in (
        (_DATE, "is a date"),
        (_TIME, "is a time of day"),
        (_UUID, "identifies rows"),
        (_EMAIL, "holds e-mail addresses"),
        (_PHONE, "holds numbers of telephones or cards"),
    ):
        if pattern is _PHONE and len(counts) < 0.5 * total:
            continue  # 2005-2006 is a survey's cycle
        if sum(n for word, n in counts.items() if pattern.fullmatch(word)) > 0.5 * total:
            return what
    if total >= FEWEST and len(counts) >= NEARLY_ALL * total:
        return "identifies rows: nearly all of its values differ"
    return None
