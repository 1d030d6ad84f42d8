"""The clinic at a glance as the rows of a table: what a load will make, or has made."""

from collections.abc import Iterator
from typing import Final

from bridge.clinic.tally import BANDS, Clinic, band_words

MOST_ROWS: Final = 12

COLUMNS: Final = ("what", "number", "share")


def rows(clinic: Clinic) -> Iterator[tuple[str, str, str]]:
    """Yield the most frequent reasons of visits, the programs, and the patients by age."""
    reasons = clinic.reasons
    for reason, count in reasons.most_common(MOST_ROWS):
        yield _row(reason, count, clinic.visits)
    if rest := reasons.total() - sum(n for _, n in reasons.most_common(MOST_ROWS)):
        yield _row(f"{len(reasons) - MOST_ROWS:,} other reasons", rest, clinic.visits)
    for name, cascade in sorted(clinic.programs.items(), key=lambda one: -one[1].enrolled):
        yield _row(f"in {name}", cascade.enrolled, clinic.patients)
    for place in range(len(BANDS)):
        count = clinic.ages[place, "F"] + clinic.ages[place, "M"]
        yield _row(f"aged {band_words(place)}", count, clinic.patients)


def _row(words: str, count: int, of: int) -> tuple[str, str, str]:
    return words, f"{count:,}", f"{100 * count / of:.0f} %" if of else ""
