"""The groups that a whole must not hide: sexes and bands of age."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bridge.quality.frames import SEXES, Samples, age_years

BANDS: Final = (
    ("0-1", 0, 2),
    ("2-4", 2, 5),
    ("5-7", 5, 8),
    ("8-12", 8, 13),
    ("13-17", 13, 18),
    ("18-39", 18, 40),
    ("40-59", 40, 60),
    ("60+", 60, 200),
)
"""Name, first year and year before which the band ends."""


class Group(NamedTuple):
    """Some people: a sex and a band of age, "" for all, and which rows of a table they are."""

    sex: str
    band: str
    rows: NDArray[np.bool_]

    @property
    def name(self) -> str:
        """Return what a reader calls them."""
        sex = {"F": "female", "M": "male"}.get(self.sex, self.sex)
        band = f"{self.band} years" if self.band else ""
        return ", ".join(filter(None, (sex, band))) or "all"


def bands(frame: pd.DataFrame) -> list[Group]:
    """Return the bands of age of a table's rows; none where it has no ages."""
    years = age_years(frame)
    if years is None:
        return []
    return [Group("", name, (years >= low) & (years < high)) for name, low, high in BANDS]


def sexes(frame: pd.DataFrame, samples: Samples) -> list[Group]:
    """Return the sexes of a table's rows; none where no column tells them."""
    column = next((c for c in samples.columns if c.name in SEXES), None)
    if column is None:
        return []
    codes = frame[column.name].to_numpy()
    return [Group(word, "", codes == code) for code, word in enumerate(column.levels)]


def sexes_by_band(frame: pd.DataFrame, samples: Samples) -> Iterator[Group]:
    """Yield each sex in each band of age; the one alone where the other is not known."""
    by_age, by_sex = bands(frame), sexes(frame, samples)
    if not by_age or not by_sex:
        yield from by_age or by_sex
        return
    for band in by_age:
        for sex in by_sex:
            yield Group(sex.sex, band.band, band.rows & sex.rows)
