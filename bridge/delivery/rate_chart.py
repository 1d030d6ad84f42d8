"""How fast a run went, laid out for drawing: lines in a box of 1000 by 100, and its labels."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from bridge.delivery.history import Sample

WIDTH: Final = 1000
HEIGHT: Final = 100

MOST_STEPS: Final = 80
"""More would be finer than a phone can show."""

FEWEST_STEPS: Final = 3


class Step(NamedTuple):
    """A stretch of a run between two samples."""

    begin: float
    end: float
    rate: float
    """Observations a second."""
    workers: int
    retries: int


class Tick(NamedTuple):
    """A label on an axis, at so many hundredths of its length."""

    at: float
    text: str


class Chart(NamedTuple):
    """The rate over time, and the worker limit under it."""

    rate: str
    """A path of SVG."""
    workers: str
    retries: tuple[float, ...]
    """Where in time requests were sent again, in hundredths."""
    rates: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    times: tuple[Tick, ...]
    fastest: float
    slowest: float
    fewest: int
    most: int


def steps_of(samples: Sequence[Sample]) -> list[Step]:
    """Return how fast a run went from sample to sample, in at most MOST_STEPS steps."""
    origin = Sample(0, 0, 0, 0, 0, samples[0].workers) if samples else None
    every = math.ceil(len(samples) / MOST_STEPS) or 1
    kept = [*samples[every - 1 :: every]]
    if samples and kept[-1:] != [samples[-1]]:
        kept.append(samples[-1])
    points = [origin, *kept] if origin else []
    return [
        Step(
            before.seconds,
            after.seconds,
            (after.observations - before.observations) / (after.seconds - before.seconds),
            after.workers,
            after.retries - before.retries,
        )
        for before, after in pairwise(points)
        if after.seconds > before.seconds
    ]


def chart_of(samples: Sequence[Sample]) -> Chart | None:
    """Lay a run's samples out; None where they are too few to show anything."""
    steps = steps_of(samples)
    if len(steps) < FEWEST_STEPS:
        return None
    length = steps[-1].end
    rates, limits = [step.rate for step in steps], [step.workers for step in steps]
    top, most = nice(max(rates)), max(limits)
    return Chart(
        rate=_path(steps, [rate / top for rate in rates], length, closed=True),
        workers=_path(steps, [limit / most for limit in limits], length, closed=False),
        retries=tuple(50 * (step.begin + step.end) / length for step in steps if step.retries > 0),
        rates=tuple(Tick(50 * half, f"{top * half / 2:,.5g}") for half in range(3)),
        limits=(Tick(0, "0"), Tick(100, str(most))),
        times=_times(length),
        fastest=max(rates),
        slowest=min(rates),
        fewest=min(limits),
        most=most,
    )


def nice(value: float) -> float:
    """Return the least of 1 to 10 (not 7, 9) times a power of ten that is not under `value`."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


def duration(seconds: float) -> str:
    """Say how long something took: 54 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    large, small, units = (whole // 60, whole % 60, "min s")
    if whole >= 3600:
        large, small, units = (whole // 3600, whole % 3600 // 60, "h min")
    first, second = units.split()
    return f"{large} {first}" + (f" {small} {second}" if small else "")


def _path(steps: Sequence[Step], heights: Sequence[float], length: float, *, closed: bool) -> str:
    """Draw steps as flat lines, from the left; a closed path goes down to the axis."""
    parts = []
    for step, height in zip(steps, heights, strict=True):
        y = HEIGHT * (1 - max(height, 0))
        parts.append(f"{_x(step.begin, length):.1f} {y:.1f} L{_x(step.end, length):.1f} {y:.1f}")
    line = " L".join(parts)
    return f"M0 {HEIGHT} L{line} L{WIDTH} {HEIGHT} Z" if closed else f"M{line}"


def _x(seconds: float, length: float) -> float:
    return WIDTH * seconds / length


_UNITS: Final = {"s": 1, "min": 60, "h": 3600}


def _times(length: float) -> tuple[Tick, ...]:
    unit = "s" if length < 120 else "min" if length < 7200 else "h"
    span = length / _UNITS[unit]
    gap = next(g for g in (0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 480, math.inf) if span / g <= 6)
    places = range(int(span // gap) + 1) if math.isfinite(gap) else [0]
    ticks = [Tick(100 * n * gap / span, f"{n * gap:g}") for n in places if n * gap <= 0.97 * span]
    return (*ticks[:-1], ticks[-1]._replace(text=f"{ticks[-1].text} {unit}"))
