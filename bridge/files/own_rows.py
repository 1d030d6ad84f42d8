"""Rows of bridge's own tables of whole charts, each read as the entry it is. Pure."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeVar, get_args

from bridge.chart import (
    Allergy,
    Appointment,
    CodeableConcept,
    Condition,
    Death,
    Diagnosis,
    DrugOrder,
    EncounterKind,
    Enrollment,
    Entry,
    Immunization,
    NoKnownAllergies,
    Note,
    PatientEntry,
    ProgramState,
    Quantity,
    Relationship,
    Result,
    TestOrder,
    VisitKind,
)
from bridge.files.chart_columns import NONE_KNOWN
from bridge.files.coded_cells import concept_of
from bridge.files.fhir.elements import line, text
from bridge.files.fhir.resources import NotTaken
from bridge.files.rows import Cells
from bridge.formula_guard import unguarded

Value = TypeVar("Value")
NOT_OURS: Final = "is not as bridge writes it"
A_TIME: Final = "a time with its offset like 2026-03-04T09:10:00+03:00"
A_DAY: Final = "a date like 1990-05-01"


class RowRead:
    """A row while it is read; what is not as bridge writes it raises NotTaken."""

    def __init__(self, cells: Cells, time: datetime | None = None) -> None:
        """Read `cells`; `time` is that of the row's encounter."""
        self._cells = cells
        self._time = time

    @property
    def time(self) -> datetime:
        """When the row's encounter was."""
        assert self._time
        return self._time

    def cell(self, column: str, read: Callable[[str], Value], expected: str) -> Value:
        """Read what has to be there."""
        return cell(self._cells, column, read, expected)

    def maybe(self, column: str, read: Callable[[str], Value], expected: str) -> Value | None:
        """Read what may be empty."""
        return self.cell(column, read, expected) if self._cells.get(column) else None

    def words(self, column: str) -> str:
        """Read words in one line."""
        return line(unguarded(self._cells.get(column, "")))

    def note(self) -> str:
        """Read the text of a note."""
        return text(unguarded(self._cells["text"]))

    def one_of(self, column: str, known: tuple[str, ...]) -> str:
        """Read one of some words."""
        return self.cell(column, {one: one for one in known}.__getitem__, " or ".join(known))

    def flag(self, column: str) -> bool:
        """Read true or false."""
        return self.cell(column, {"true": True, "false": False}.__getitem__, "true or false")

    def concept(
        self, code: str = "code", name: str = "name", *, has_display: bool = True
    ) -> CodeableConcept:
        """Read what has to have a code or a name."""
        found = self.maybe_concept(code, name, has_display=has_display)
        if found is None:
            raise NotTaken("has no code")
        return found

    def maybe_concept(
        self, code: str, name: str, *, has_display: bool = True
    ) -> CodeableConcept | None:
        """Read a concept, None where there is neither code nor name."""
        found = concept_of(self.words(code), self.words(name), has_display=has_display)
        return found if found.label else None


def cell(cells: Cells, column: str, read: Callable[[str], Value], expected: str) -> Value:
    """Read a cell; raise NotTaken where it is something else than expected."""
    try:
        return read(cells[column])
    except (ValueError, KeyError, TypeError) as error:
        given = cells.get(column)
        raise NotTaken(NOT_OURS, f"{column}: {expected} is expected, not {given!r}") from error


def time_of(text: str) -> datetime:
    """Read a time with its offset, in whole seconds."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time.replace(microsecond=0)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise ValueError
    return int(text)


def visit_kind(cells: Cells) -> VisitKind:
    """Return the kind of a visit; tables of vital signs alone do not say it."""
    kinds: dict[str, VisitKind] = {kind: kind for kind in get_args(VisitKind)}
    return cell({"kind": cells.get("kind") or "facility"}, "kind", kinds.__getitem__, "a kind")


def _diagnosis(row: RowRead, uuid: str, source: str) -> Diagnosis:
    return Diagnosis(
        uuid=uuid,
        what=row.concept(),
        is_confirmed=row.flag("confirmed"),
        rank=row.cell("rank", _count, "a whole number"),
        source=source,
    )


def _note(row: RowRead, uuid: str, source: str) -> Note:
    said = row.note()
    if not said:
        raise NotTaken("says nothing")
    return Note(uuid=uuid, text=said, source=source)


def _test_order(row: RowRead, uuid: str, source: str) -> TestOrder:
    return TestOrder(uuid=uuid, what=row.concept(), time=row.time, source=source)


def _drug_order(row: RowRead, uuid: str, source: str) -> DrugOrder:
    dose = row.maybe("dose", _number, "a number")
    days = row.maybe("days", _number, "a number")
    quantity = row.maybe("quantity", _number, "a number")
    named = (row.words(column) for column in ("route", "frequency"))
    route, frequency = (CodeableConcept(text=name) if name else None for name in named)
    return DrugOrder(
        uuid=uuid,
        drug=row.concept(has_display=False),
        start=row.time,
        dose=None if dose is None else Quantity(dose, row.words("dose_unit")),
        route=route,
        frequency=frequency,
        duration=None if days is None else Quantity(days, "d"),
        quantity=None if quantity is None else Quantity(quantity, row.words("dose_unit")),
        as_needed=row.flag("as_needed"),
        reason=row.maybe_concept("reason_code", "reason"),
        instructions=row.words("instructions"),
        stopped=row.maybe("stopped", time_of, A_TIME),
        source=source,
    )


def _result(row: RowRead, uuid: str, source: str) -> Result:
    number = row.maybe("value", _number, "a number")
    answer = row.maybe_concept("answer_code", "answer")
    if (number is None) == (answer is None):
        raise NotTaken("has not one of a value and an answer")
    return Result(
        uuid=uuid,
        what=row.concept(),
        value=answer if number is None else Quantity(number, row.words("unit")),
        order=row.words("order_id") or None,
        source=source,
    )


def _immunization(row: RowRead, uuid: str, source: str) -> Immunization:
    return Immunization(
        uuid=uuid,
        vaccine=row.concept(),
        time=row.time,
        dose_number=row.maybe("dose", _count, "a whole number"),
        source=source,
    )


Read = Callable[[RowRead, str, str], Entry]

OF_ENCOUNTERS: Final[Mapping[str, tuple[EncounterKind, Read]]] = {
    "diagnoses": ("note", _diagnosis),
    "notes": ("note", _note),
    "test_orders": ("order", _test_order),
    "drug_orders": ("order", _drug_order),
    "results": ("laboratory", _result),
    "immunizations": ("immunization", _immunization),
}
"""By table, in which kind of encounter its rows stand, and how they are read."""


def _condition(row: RowRead, uuid: str, source: str) -> Condition:
    onset, end = (row.maybe(name, date.fromisoformat, A_DAY) for name in ("onset", "end"))
    if onset and end and end < onset:
        raise NotTaken("ends before it begins", f"{onset}, {end}")
    return Condition(
        uuid=uuid,
        what=row.concept(),
        is_active=end is None,
        onset=onset,
        end=end,
        source=source,
    )


def _enrollment(row: RowRead, uuid: str, source: str) -> Enrollment:
    return Enrollment(
        uuid=uuid,
        program=row.concept("", "program"),
        enrolled=row.cell("enrolled", date.fromisoformat, A_DAY),
        completed=row.maybe("completed", date.fromisoformat, A_DAY),
        source=source,
    )


def program_state(cells: Cells) -> ProgramState:
    """Read where a patient stood in a program."""
    row = RowRead(cells)
    return ProgramState(
        state=row.concept("", "state"),
        start=row.cell("start", date.fromisoformat, A_DAY),
        end=row.maybe("end", date.fromisoformat, A_DAY),
    )


_STATUSES = ("scheduled", "checked in", "completed", "missed", "cancelled")


def _appointment(row: RowRead, uuid: str, source: str) -> Appointment:
    start, stop = (row.cell(name, time_of, A_TIME) for name in ("start", "stop"))
    if stop < start:
        raise NotTaken("ends before it begins", f"{start.isoformat()}, {stop.isoformat()}")
    return Appointment(
        uuid=uuid,
        service=row.concept("", "service"),
        start=start,
        stop=stop,
        status=row.one_of("status", _STATUSES),  # type: ignore[arg-type]
        source=source,
    )


def _allergy(row: RowRead, uuid: str, source: str) -> Allergy | NoKnownAllergies:
    kind = row.one_of("kind", ("drug", "food", "environment", "other", NONE_KNOWN))
    if kind == NONE_KNOWN:
        return NoKnownAllergies(uuid=uuid, source=source)
    reaction = row.maybe_concept("reaction_code", "reaction")
    severity = row.words("severity") and row.one_of("severity", ("mild", "moderate", "severe"))
    return Allergy(
        uuid=uuid,
        allergen=row.concept(),
        kind=kind,  # type: ignore[arg-type]
        reactions=(reaction,) if reaction else (),
        severity=severity or None,  # type: ignore[arg-type]
        source=source,
    )


def _relationship(row: RowRead, uuid: str, source: str) -> Relationship:
    return Relationship(
        uuid=uuid,
        other=row.words("other_id"),
        kind=row.one_of("kind", ("parent", "child", "sibling")),  # type: ignore[arg-type]
        source=source,
    )


def death_of(cells: Cells, source: str) -> Death:
    """Read when and of what a patient died."""
    row = RowRead(cells)
    return Death(
        time=row.maybe("time", time_of, A_TIME),
        cause=row.maybe_concept("cause_code", "cause"),
        source=source,
    )


OF_PATIENTS: Final[Mapping[str, Callable[[RowRead, str, str], PatientEntry]]] = {
    "conditions": _condition,
    "enrollments": _enrollment,
    "appointments": _appointment,
    "allergies": _allergy,
    "relationships": _relationship,
}
