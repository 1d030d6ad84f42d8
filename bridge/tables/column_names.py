"""The words of a column's name, however it is spelled."""

import re
from typing import Final

_PART: Final = re.compile(r"[A-ZÀ-Þ]+(?=[A-ZÀ-Þ][a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|[A-ZÀ-Þ]+|\d+|%|°")


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: PatientID, patient_id and Patient Id alike."""
    return [part.casefold() for part in _PART.findall(name)]
