"""A patient's measurements as a table and as graphs: pure, from readings already taken out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

CHILD_YEARS = 20
INFANT_YEARS = 3
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number that was measured, with the limits and the verdict stored beside it."""

    concept: str
    name: str
    unit: str
    value: int | float
    time: datetime
    encounter: str
    place: str
    verdict: str | None
    low: float | None
    high: float | None

    @property
    def mark(self) -> str:
        """The arrows that O3 puts beside a value outside its limits."""
        return MARKS.get(self.verdict or "", ("", ""))[0]

    @property
    def spoken(self) -> str:
        """What the arrows say, for those who do not see them."""
        return MARKS.get(self.verdict or "", ("", ""))[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the table: a measurement, or two that belong together."""

    label: str
    unit: str
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one encounter measured, column by column."""

    time: datetime
    place: str
    cells: tuple[tuple[Reading, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph to draw: one or two lines over time or over age."""

    title: str
    concepts: tuple[str, ...]
    labels: tuple[str, ...]
    by_age: bool = False


MARKS = {
    "HIGH": ("\u2191", "high"),
    "CRITICALLY_HIGH": ("\u2191\u2191", "critically high"),
    "LOW": ("\u2193", "low"),
    "CRITICALLY_LOW": ("\u2193\u2193", "critically low"),
}


def ciel(number: int) -> str:
    """Return the uuid of a CIEL concept: its number, padded as OpenMRS does."""
    return str(number).ljust(36, "A")


SYSTOLIC, DIASTOLIC, PULSE, TEMPERATURE = ciel(5085), ciel(5086), ciel(5087), ciel(5088)
WEIGHT, HEIGHT, OXYGEN, RESPIRATION, ARM = (
    ciel(5089),
    ciel(5090),
    ciel(5092),
    ciel(5242),
    ciel(1343),
)
COLUMNS = (
    ("Temp", (TEMPERATURE,)),
    ("Blood pressure", (SYSTOLIC, DIASTOLIC)),
    ("Pulse", (PULSE,)),
    ("Resp. rate", (RESPIRATION,)),
    ("SpO\u2082", (OXYGEN,)),
    ("Weight", (WEIGHT,)),
    ("Height", (HEIGHT,)),
    ("MUAC", (ARM,)),
)
"""The vital signs in O3's order, with short names; other numbers come after them."""

UNITS = {"DEG C": "\u00b0C", "beats/min": "/min", "breaths/min": "/min"}
OVER_TIME = (
    Graph(title="Blood pressure", concepts=(SYSTOLIC, DIASTOLIC), labels=("Systolic", "Diastolic")),
    Graph(title="Pulse", concepts=(PULSE,), labels=("Pulse",)),
    Graph(title="Temperature", concepts=(TEMPERATURE,), labels=("Temperature",)),
)
WEIGHT_OVER_TIME = Graph(title="Weight", concepts=(WEIGHT,), labels=("Weight",))
GROWTH = (
    Graph(title="Growth: height by age", concepts=(HEIGHT,), labels=("Height",), by_age=True),
    Graph(title="Growth: weight by age", concepts=(WEIGHT,), labels=("Weight",), by_age=True),
)


def columns(readings: Iterable[Reading]) -> tuple[Column, ...]:
    """Choose the columns that have something to show."""
    units = {one.concept: one.unit for one in readings}
    names = {one.concept: one.name for one in readings}
    known = [(label, concepts) for label, concepts in COLUMNS if units.keys() & set(concepts)]
    listed = {concept for _, concepts in COLUMNS for concept in concepts}
    others = sorted((name, (concept,)) for concept, name in names.items() if concept not in listed)
    return tuple(
        Column(
            label=label,
            unit=next(short_unit(units[one]) for one in concepts if one in units),
            concepts=concepts,
        )
        for label, concepts in [*known, *others]
    )


def short_unit(unit: str) -> str:
    """Write a unit as people do."""
    return UNITS.get(unit, unit)


def rows(readings: Sequence[Reading], shown: Sequence[Column]) -> tuple[Row, ...]:
    """Arrange readings by encounter, the newest first."""
    newest_first = sorted(readings, key=lambda one: (one.time, one.encounter), reverse=True)
    return tuple(
        _row(list(group), shown)
        for _, group in groupby(newest_first, key=lambda one: one.encounter)
    )


def _row(taken: Sequence[Reading], shown: Sequence[Column]) -> Row:
    by_concept = {one.concept: one for one in taken}
    cells = tuple(
        tuple(by_concept[concept] for concept in column.concepts if concept in by_concept)
        for column in shown
    )
    return Row(time=taken[0].time, place=taken[0].place, cells=cells)


def graphs(readings: Sequence[Reading], born: date | None, today: date) -> list[Mapping[str, Any]]:
    """Lay out the graphs for a patient: growth for the young, weight for adults, vitals for all."""
    years = (today - born).days / DAYS_A_YEAR if born else CHILD_YEARS
    wanted = [*GROWTH, *OVER_TIME] if years < CHILD_YEARS else [*OVER_TIME, WEIGHT_OVER_TIME]
    laid = (_graph(graph, readings, born, in_months=years < INFANT_YEARS) for graph in wanted)
    return [graph for graph in laid if graph]


def _graph(
    graph: Graph, readings: Sequence[Reading], born: date | None, *, in_months: bool
) -> Mapping[str, Any] | None:
    taken = sorted((one for one in readings if one.concept in graph.concepts), key=_time)
    if not taken:
        return None
    places = sorted({_place(graph, one, born, in_months=in_months) for one in taken})
    series = []
    for concept, label in zip(graph.concepts, graph.labels, strict=True):
        mine = [one for one in taken if one.concept == concept]
        at = {_place(graph, one, born, in_months=in_months): one.value for one in mine}
        normal = [mine[-1].low, mine[-1].high] if mine else [None, None]
        series.append({"label": label, "values": [at.get(x) for x in places], "normal": normal})
    unit = short_unit(taken[0].unit)
    return {
        "title": graph.title,
        "unit": unit,
        "age": ("months" if in_months else "years") if graph.by_age else None,
        "x": places,
        "series": series,
        "summary": _summary(graph, taken, unit),
    }


def _time(reading: Reading) -> datetime:
    return reading.time


def _place(graph: Graph, one: Reading, born: date | None, *, in_months: bool) -> float:
    if not graph.by_age or born is None:
        return one.time.timestamp()
    years = (one.time.date() - born).days / DAYS_A_YEAR
    return round(years * 12 if in_months else years, 2)


def _summary(graph: Graph, taken: Sequence[Reading], unit: str) -> str:
    first, last = taken[0].time, taken[-1].time
    latest = "/".join(
        f"{one.value:g}"
        for concept in graph.concepts
        for one in taken
        if one.concept == concept and one.time == last
    )
    times = len({one.time for one in taken})
    return (
        f"{graph.title}: measured {times} time{'' if times == 1 else 's'} from"
        f" {first.day} {first:%B %Y} to {last.day} {last:%B %Y}; last {latest} {unit}."
    )


def age_text(born: date, today: date) -> str:
    """Say how old somebody is, as one does: days, months under three years, then years."""
    days = (today - born).days
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 1:
        return f"{days} day{'' if days == 1 else 's'}"
    if months < INFANT_YEARS * 12:
        return f"{months} month{'' if months == 1 else 's'}"
    return f"{months // 12} years"
