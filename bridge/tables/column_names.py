"""The words of a column's name, however it is spelled."""

import re
from collections.abc import Iterator
from typing import Final

from bridge.unit_words import known_unit

_PART: Final = re.compile(r"[A-ZÀ-Þ]+(?=[A-ZÀ-Þ][a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[A-ZÀ-Þ]+|\d+|%|°")


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: PatientID, patient_id and Patient Id alike."""
    return [part.casefold() for part in _PART.findall(name)]


def units_in(name: str) -> Iterator[str]:
    """Yield the units, in UCUM, that words of a name can be, from its end: BP (mmHg), temp_c.

    The first word says what is measured. A letter may be a unit and something else: group_a.
    """
    words = words_of(name)
    for place in range(len(words) - 1, 0, -1):
        both = words[place - 1] + words[place] if place > 1 else ""
        yield from filter(None, (known_unit(both), known_unit(words[place])))
