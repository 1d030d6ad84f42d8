"""How much of what was loaded a server flags, by measurement and age band, and what stands out."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bridge.delivery.flags import BANDS, Cell

NORMALLY_OUTSIDE: Final = 0.05
"""The share of well people outside normal limits, by what normal means: 95 % are within."""

MANY_OUTSIDE: Final = 4 * NORMALLY_OUTSIDE

MANY_CRITICAL: Final = NORMALLY_OUTSIDE

ENOUGH: Final = 20
"""So many values at least before a share stands out. Of 20 values of well people more than
MANY_OUTSIDE are outside with a probability of .0026 (binomial)."""

ONE_SIDED: Final = 0.9


class Share(NamedTuple):
    """How many of some values are flagged."""

    values: int
    judged: int
    """How many of the values the server has limits for."""
    low: int
    """Below the normal limits, critical ones among them."""
    high: int
    critical: int

    @property
    def outside(self) -> int:
        """Count the values outside the normal limits."""
        return self.low + self.high

    @property
    def side(self) -> str:
        """Return an arrow to where nearly all of those outside are, if they are on one side."""
        if self.outside == 0 or max(self.low, self.high) < ONE_SIDED * self.outside:
            return ""
        return " ↓" if self.low > self.high else " ↑"

    @property
    def is_enough(self) -> bool:
        """Tell whether the values are enough for a share to mean something."""
        return self.judged >= ENOUGH

    @property
    def many_outside(self) -> bool:
        """Tell whether far more are outside the normal limits than of well people."""
        return self.is_enough and round(self.of(self.outside), 2) > MANY_OUTSIDE

    @property
    def many_critical(self) -> bool:
        """Tell whether more are critical than of well people are outside normal at all."""
        return self.is_enough and round(self.of(self.critical), 3) > MANY_CRITICAL

    def of(self, number: int) -> float:
        """Return a number of values as a share of the judged ones."""
        return number / self.judged if self.judged else 0.0


class Flags(NamedTuple):
    """How the server flags what was read back."""

    overall: Share
    bands: tuple[str, ...]
    """Those with judged values."""
    table: dict[str, tuple[Share | None, ...]]
    """By measurement, a share for each band; only measurements that have limits."""
    by_band: tuple[Share, ...]
    unlimited: tuple[str, ...]
    """Measurements that the server has no normal or critical limits for."""
    by_server: int
    """How many values have a verdict of the server's own."""
    grown: int
    """How many were taken of patients who were in a younger band than on the day of the load."""
    same_for_all: bool
    """Whether each measurement was held against one and the same normal limits."""
    cells: tuple[Cell, ...]
    """Those with judged values."""


def flags_of(cells: Sequence[Cell]) -> Flags:
    """Lay the counts of a verification out by measurement and age band."""
    judged = tuple(cell for cell in cells if cell.judged)
    names = tuple(dict.fromkeys(cell.measurement for cell in judged))
    bands = tuple(band for band in BANDS if any(cell.band == band for cell in judged))
    places = {(cell.measurement, cell.band): cell for cell in judged}
    return Flags(
        overall=share_of(judged),
        bands=bands,
        table={
            name: tuple(
                share_of([places[name, band]]) if (name, band) in places else None for band in bands
            )
            for name in names
        },
        by_band=tuple(share_of(cell for cell in judged if cell.band == band) for band in bands),
        unlimited=tuple(dict.fromkeys(c.measurement for c in cells if c.measurement not in names)),
        by_server=sum(cell.by_server for cell in judged),
        grown=sum(cell.grown for cell in judged),
        same_for_all=all(_limits_of(judged, name) <= 1 for name in names),
        cells=judged,
    )


def share_of(cells: Iterable[Cell]) -> Share:
    """Add cells up."""
    some = list(cells)
    return Share(
        values=sum(cell.values for cell in some),
        judged=sum(cell.judged for cell in some),
        low=sum(cell.low + cell.critically_low for cell in some),
        high=sum(cell.high + cell.critically_high for cell in some),
        critical=sum(cell.critically_low + cell.critically_high for cell in some),
    )


def _limits_of(cells: Iterable[Cell], measurement: str) -> int:
    return len({limits for c in cells if c.measurement == measurement for limits in c.normal})
