"""A patient's chart, indexed once by what its entries mean: what all rules look things up in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from bridge.chart import (
    Allergy,
    CodeableConcept,
    Condition,
    Diagnosis,
    DrugOrder,
    Encounter,
    Enrollment,
    Finding,
    Immunization,
    Measurement,
    Note,
    Patient,
    PatientEntry,
    Quantity,
    Result,
    Visit,
    completed_months,
)
from bridge.chart import Entry as ChartEntry
from bridge.quality.coherence.prescribed import Product, Products, is_local, milligrams
from bridge.quality.coherence.vocabulary import NONE, Vocabulary

T = TypeVar("T")


class Place(NamedTuple):
    """Where something stands: in a visit, or with the patient as a whole."""

    visit: Visit | None
    what: object = None
    """An entry, an encounter, or None: the visit itself."""


class Said(NamedTuple):
    """A diagnosis, problem, enrollment or vaccine, from one day to another."""

    first: date | None
    """None: nobody has said when."""
    last: date | None
    """None: it goes on."""
    label: str
    place: Place


class Tested(NamedTuple):
    """A result of the laboratory: its number in the vocabulary's unit, or its sign."""

    day: date
    value: float | None
    sign: str
    """positive, negative or nothing."""
    label: str
    place: Place


class Measured(NamedTuple):
    """A vital sign."""

    day: date
    time: datetime
    value: float
    place: Place


class Ordered(NamedTuple):
    """A prescription with what is in it; `end` is None where it goes on."""

    order: DrugOrder
    product: Product
    first: date
    last: date | None
    dose: dict[str, float]
    """Milligrams of each drug in one dose."""
    is_local: bool
    reason: frozenset[str]
    label: str
    place: Place


class Written(NamedTuple):
    """A note."""

    day: date
    text: str
    """In small letters."""
    place: Place


@dataclass(slots=True)
class Timeline:
    """All that a chart says, by key; lists are in the order of time."""

    patient: Patient
    born: date
    sex: str
    conditions: dict[str, list[Said]] = field(default_factory=dict)
    programs: dict[str, list[Said]] = field(default_factory=dict)
    vaccines: dict[str, list[Said]] = field(default_factory=dict)
    allergies: dict[str, list[Said]] = field(default_factory=dict)
    tests: dict[str, list[Tested]] = field(default_factory=dict)
    measures: dict[str, list[Measured]] = field(default_factory=dict)
    by_visit: dict[tuple[int, str], list[Measured]] = field(default_factory=dict)
    drugs: dict[str, list[Ordered]] = field(default_factory=dict)
    orders: list[Ordered] = field(default_factory=list)
    notes: list[Written] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    """On which there was a visit."""
    pregnancies: "tuple[Said, ...]" = ()
    last_periods: list[date] = field(default_factory=list)
    """When pregnancies began, where somebody has said how far one is."""

    def months(self, day: date) -> int:
        """Return the age in completed months."""
        return completed_months(self.born, day)

    def of_visit(self, visit: Visit | None, name: str) -> list[Measured]:
        """Return the vital signs of this name that a visit has."""
        return self.by_visit.get((id(visit), name), [])


class Reader:
    """Makes timelines; it keeps what codes mean, so that one serves a whole cohort."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.products = Products(vocabulary)
        self._factors = {
            name: {unit.casefold(): factor for unit, factor in test.factors.items()}
            | {test.unit.casefold(): 1.0}
            for name, test in vocabulary.words.tests.items()
        }
        self._signs: dict[CodeableConcept, str] = {}

    def timeline(self, patient: Patient) -> Timeline:
        """Index a chart."""
        line = Timeline(patient=patient, born=patient.birthdate, sex=patient.sex)
        for whole in patient.entries:
            self._whole(line, whole)
        for visit in patient.visits:
            line.days.add(visit.start.date())
            for encounter in visit.encounters:
                for entry in encounter.entries:
                    self._entry(line, visit, encounter, entry)
        _in_order(line)
        return line

    def _whole(self, line: Timeline, entry: PatientEntry) -> None:
        place = Place(None, entry)
        if isinstance(entry, Condition):
            last = entry.end or (None if entry.is_active else entry.onset)
            said = Said(entry.onset, last, entry.what.label, place)
            _add(line.conditions, self.vocabulary.conditions.keys(entry.what), said)
        elif isinstance(entry, Enrollment):
            said = Said(entry.enrolled, entry.completed, entry.program.label, place)
            _add(line.programs, self.vocabulary.programs.keys(entry.program), said)
        elif isinstance(entry, Allergy):
            said = Said(None, None, entry.allergen.label, place)
            _add(line.allergies, self.vocabulary.allergens.keys(entry.allergen), said)

    def _entry(self, line: Timeline, visit: Visit, encounter: Encounter, entry: ChartEntry) -> None:
        place = Place(visit, entry)
        match entry:
            case Measurement():
                time = encounter.time
                one = Measured(time.date(), time, entry.value, place)
                line.measures.setdefault(entry.name, []).append(one)
                line.by_visit.setdefault((id(visit), entry.name), []).append(one)
            case Finding() | Result():
                self._found(line, place, encounter.time, entry)
            case Diagnosis():
                day = encounter.time.date()
                keys = self.vocabulary.conditions.keys(entry.what)
                _add(line.conditions, keys, Said(day, day, entry.what.label, place))
            case DrugOrder():
                self._ordered(line, place, entry)
            case Immunization():
                day = entry.time.date()
                keys = self.vocabulary.vaccines.keys(entry.vaccine)
                _add(line.vaccines, keys, Said(day, day, entry.vaccine.label, place))
            case Note():
                line.notes.append(Written(encounter.time.date(), entry.text.lower(), place))
            case _:
                pass

    def _found(self, line: Timeline, place: Place, then: datetime, entry: Finding | Result) -> None:
        for member in entry.members:
            self._found(line, Place(place.visit, member), member.time or entry.time or then, member)
        time = entry.time or then
        for key in self.vocabulary.tests.keys(entry.what):
            value, sign = self._value(key, entry)
            label = entry.what.label
            line.tests.setdefault(key, []).append(Tested(time.date(), value, sign, label, place))
            if isinstance(entry.value, date | datetime) and key in ("last_period", "due_date"):
                _dated(line, key, entry.value)
        if isinstance(entry, Finding) and isinstance(entry.value, CodeableConcept):
            keys = self.vocabulary.conditions.keys(entry.value)
            if keys and isinstance(entry.what, CodeableConcept):
                _add(
                    line.conditions, keys, Said(time.date(), time.date(), entry.value.label, place)
                )

    def _value(self, key: str, entry: Finding | Result) -> tuple[float | None, str]:
        value = entry.value
        if isinstance(value, Quantity):
            factor = self._factors[key].get(
                value.unit.casefold().replace("μ", "u").replace("µ", "u")
            )
            return (None if factor is None else value.value * factor), ""
        if isinstance(value, bool):
            return None, "positive" if value else "negative"
        if isinstance(value, CodeableConcept):
            return None, self._sign(value)
        if isinstance(value, str):
            return None, self._sign(CodeableConcept((), value[:80]))
        return None, ""

    def _sign(self, answer: CodeableConcept) -> str:
        if answer not in self._signs:
            keys = self.vocabulary.answers.keys(answer)
            # `not detected` has `detected` in it
            sign = "negative" if "negative" in keys else "positive" if "positive" in keys else ""
            self._signs[answer] = sign
        return self._signs[answer]

    def _ordered(self, line: Timeline, place: Place, order: DrugOrder) -> None:
        product = self.products.of(order.drug)
        end = order.end
        ordered = Ordered(
            order,
            product,
            order.start.date(),
            end.date() if end else None,
            milligrams(order, product),
            is_local(order, product),
            self.vocabulary.conditions.keys(order.reason) if order.reason else NONE,
            order.drug.label,
            place,
        )
        line.orders.append(ordered)
        _add(line.drugs, product.drugs | product.classes, ordered)


def _add(index: dict[str, list[T]], keys: Iterable[str], one: T) -> None:
    for key in keys:
        index.setdefault(key, []).append(one)


def _dated(line: Timeline, key: str, said: date) -> None:
    day = said.date() if isinstance(said, datetime) else said
    line.last_periods.append(day if key == "last_period" else day - timedelta(280))


def _in_order(line: Timeline) -> None:
    for measured in line.measures.values():
        measured.sort(key=lambda one: one.time)
    for tested in line.tests.values():
        tested.sort(key=lambda one: one.day)
    for index in (line.conditions, line.vaccines, line.programs):
        for said in index.values():
            said.sort(key=lambda one: one.first or date.min)
    line.orders.sort(key=lambda one: one.order.start)
