"""The visits of one person of a case, as a chart has them; what follows from the file alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypedDict

from bridge.chart import (
    CodeableConcept,
    Diagnosis,
    DrugOrder,
    Encounter,
    EncounterKind,
    Entry,
    Immunization,
    Measurement,
    Note,
    Quantity,
    Result,
    TestOrder,
    Value,
    Visit,
)
from bridge.identity import part_uuid
from bridge.scenarios.scenario import (
    GivenVaccine,
    Person,
    Prescription,
    StoryVisit,
    TestResult,
    Vitals,
)
from bridge.scenarios.timing import LABORATORY, TESTS, VITALS, Timetable, VisitTimes
from bridge.scenarios.wording import Concept

TIMES_A_DAY = {
    "Once daily": 1,
    "Twice daily": 2,
    "Thrice daily": 3,
    "Four times daily": 4,
    "Every six hours": 4,
    "Every eight hours": 3,
    "Every twelve hours": 2,
    "Once daily, at bedtime": 1,
    "Once daily, in the morning": 1,
    "Once daily, in the evening": 1,
}
COUNTED = ("Tablet", "Capsule", "Milliliter")
"""What a quantity to dispense is counted in."""


class Named(TypedDict):
    """What every part of a chart is known by."""

    uuid: str
    source: str


class PersonChart:
    """Makes the visits of one person, each part with a uuid and a source of its own."""

    def __init__(
        self, table: Timetable, person: Person, owner: str, source: str, birthdate: date
    ) -> None:
        self.table, self.person = table, person
        self.owner, self.source, self.birthdate = owner, source, birthdate

    def name(self, role: str) -> Named:
        """Return the uuid and the source of a part."""
        return Named(uuid=part_uuid(self.owner, role), source=f"{self.source}/{role}")

    def visits(self) -> tuple[Visit, ...]:
        """Return the visits that are told, those for earlier vaccines first."""
        earlier = [self._for_vaccines(place) for place in range(len(self._vaccines()))]
        told = [
            self._visit(number, visit, is_whole=is_whole)
            for number, visit, is_whole in self.table.told(self.person)
        ]
        return tuple(_without_overlap([*earlier, *told]))

    def _vaccines(self) -> list[tuple[date, Sequence[GivenVaccine]]]:
        first = self.table.day_of(self.person.visits[0])
        days = [
            (one.age.reached(self.birthdate), one.vaccines)
            for one in self.person.background.vaccines
        ]
        return sorted(((day, given) for day, given in days if day < first), key=lambda one: one[0])

    def _for_vaccines(self, place: int) -> Visit:
        """Return a visit of before the story, for vaccines alone."""
        day, given = self._vaccines()[place]
        role = f"vaccines-{place + 1}"
        start = datetime(day.year, day.month, day.day, 10, tzinfo=self.table.zone)
        time = start + timedelta(minutes=20)
        return Visit(
            **self.name(role),
            start=start,
            stop=start + timedelta(minutes=40),
            encounters=(self._immunization(f"{role}/given", given, time),),
        )

    def _visit(self, number: int, visit: StoryVisit, *, is_whole: bool) -> Visit:
        role = f"visit-{number}"
        times = self.table.times(visit, is_whole=is_whole)
        encounters = [*self._known(role, visit, times, is_whole=is_whole)]
        if is_whole:
            encounters += self._decided(role, visit, times)
        return Visit(
            **self.name(role),
            start=times.start,
            stop=times.stop,
            encounters=tuple(sorted(encounters, key=lambda one: one.time)),
            kind=visit.kind,
        )

    def _known(
        self, role: str, visit: StoryVisit, times: VisitTimes, *, is_whole: bool
    ) -> Iterator[Encounter]:
        """Yield what the learner decides by, and the note as far as it is told."""
        if visit.vitals.taken:
            yield self._vitals(f"{role}/vitals", visit.vitals, times.after(VITALS))
        ordered = [one for one in visit.results if one.ordered]
        if ordered:
            time = times.after(TESTS)
            orders = [self._test_order(role, one, time) for one in ordered]
            yield self._encounter(f"{role}/tests", "order", time, orders)
        if visit.results:
            results = [self._result(role, one) for one in visit.results]
            time = times.after(LABORATORY)
            yield self._encounter(f"{role}/laboratory", "laboratory", time, results)
        note: list[Entry] = [
            Note(**self.name(f"{role}/note/text"), text=note_text(visit, is_whole=is_whole))
        ]
        if is_whole:
            note += self._diagnoses(role, visit)
        yield self._encounter(f"{role}/note", "note", times.note, note)

    def _decided(self, role: str, visit: StoryVisit, times: VisitTimes) -> Iterator[Encounter]:
        if visit.drugs:
            drugs = [
                self._drug(f"{role}/drugs/{place}", drug, times.orders)
                for place, drug in enumerate(visit.drugs, start=1)
            ]
            yield self._encounter(f"{role}/drugs", "order", times.orders, drugs)
        if visit.vaccines:
            yield self._immunization(f"{role}/vaccines", visit.vaccines, times.vaccines)
        for place, again in enumerate(visit.again, start=1):
            time = times.orders + timedelta(minutes=again.after_minutes)
            yield self._vitals(f"{role}/again-{place}", again.vitals, time, again.finding)

    def _encounter(
        self, role: str, kind: EncounterKind, time: datetime, entries: Sequence[Entry]
    ) -> Encounter:
        return Encounter(
            **self.name(role),
            kind=kind,
            time=time,
            entries=tuple(entries),
        )

    def _vitals(self, role: str, vitals: Vitals, time: datetime, finding: str = "") -> Encounter:
        entries: list[Entry] = [
            Measurement(**self.name(f"{role}/{name}"), name=name, value=value)
            for name, value in vitals.taken.items()
        ]
        if finding:
            entries.append(Note(**self.name(f"{role}/note"), text=finding))
        return self._encounter(role, "vitals", time, entries)

    def _test_order(self, role: str, result: TestResult, time: datetime) -> TestOrder:
        named = self.name(f"{role}/orders/{result.test.code}")
        return TestOrder(**named, what=result.test.meaning, time=time)

    def _result(self, role: str, result: TestResult) -> Result:
        value: Value = result.text or ""
        if result.value is not None:
            value = Quantity(result.value, result.unit)
        elif result.answer:
            value = result.answer.meaning
        order = self.name(f"{role}/orders/{result.test.code}")["uuid"]
        return Result(
            **self.name(f"{role}/results/{result.test.code}"),
            what=result.test.meaning,
            value=value,
            order=order if result.ordered else None,
        )

    def _diagnoses(self, role: str, visit: StoryVisit) -> list[Diagnosis]:
        return [
            Diagnosis(
                **self.name(f"{role}/diagnoses/{rank}"),
                what=found.diagnosis.meaning,
                is_confirmed=found.certainty == "confirmed",
                rank=min(rank, 2),
            )
            for rank, found in enumerate(visit.diagnoses, start=1)
        ]

    def _drug(self, role: str, drug: Prescription, start: datetime) -> DrugOrder:
        return DrugOrder(
            **self.name(role),
            drug=CodeableConcept(text=drug.drug),
            start=start,
            dose=Quantity(drug.dose, drug.unit) if drug.dose else None,
            route=CodeableConcept(text=drug.route) if drug.route else None,
            frequency=CodeableConcept(text=drug.frequency) if drug.frequency else None,
            duration=Quantity(drug.days, "d") if drug.days else None,
            quantity=_quantity(drug),
            as_needed=drug.as_needed,
            reason=drug.indication.meaning,
            instructions=drug.instructions,
        )

    def _immunization(self, role: str, given: Sequence[GivenVaccine], time: datetime) -> Encounter:
        vaccines: list[Entry] = [
            Immunization(
                **self.name(f"{role}/{one.vaccine.code}"),
                vaccine=vaccine_meaning(one.vaccine),
                time=time,
                dose_number=one.dose,
            )
            for one in given
        ]
        # a consultation of vaccines alone is sent as the form that it is
        return self._encounter(role, "consultation", time, vaccines)


def note_text(visit: StoryVisit, *, is_whole: bool) -> str:
    """Return a visit's note, without its plan where the learner is to make one."""
    parts = [("Chief complaint", visit.complaint), ("History", visit.history)]
    parts += [("Examination", visit.finding)]
    parts += [("Plan", visit.plan)] if is_whole else []
    return "\n\n".join(f"{head}: {' '.join(text.split())}" for head, text in parts if text)


WIDER_VACCINES = {"162339": Concept("781", "Diphtheria tetanus and pertussis vaccination")}
"""The Reference Application has retired CIEL's pentavalent vaccine; of its list this is nearest."""


def vaccine_meaning(vaccine: Concept) -> CodeableConcept:
    """Return the meaning of a vaccine, with what a server may have in its place."""
    meaning = vaccine.meaning
    if wider := WIDER_VACCINES.get(vaccine.code):
        return CodeableConcept((*meaning.codes, *wider.meaning.codes), meaning.text)
    return meaning


def _quantity(drug: Prescription) -> Quantity | None:
    """Return how much is dispensed, where that is counted."""
    times = TIMES_A_DAY.get(drug.frequency)
    if drug.dose and drug.days and times and drug.unit in COUNTED and not drug.as_needed:
        return Quantity(round(drug.dose * times * drug.days, 2), drug.unit)
    return None


def _without_overlap(visits: list[Visit]) -> Iterator[Visit]:
    """Yield the visits with each order ended where the same drug is ordered anew."""
    orders = [
        entry
        for visit in visits
        for encounter in visit.encounters
        for entry in encounter.entries
        if isinstance(entry, DrugOrder)
    ]
    stops: dict[str, datetime] = {}
    newest: dict[str, DrugOrder] = {}
    for order in orders:
        before = newest.get(order.drug.text)
        if before and (before.end is None or before.end >= order.start):
            stops[before.uuid] = order.start - timedelta(minutes=1)
        newest[order.drug.text] = order
    for visit in visits:
        yield replace(
            visit,
            encounters=tuple(
                replace(
                    encounter,
                    entries=tuple(
                        replace(entry, stopped=stops[entry.uuid])
                        if isinstance(entry, DrugOrder) and entry.uuid in stops
                        else entry
                        for entry in encounter.entries
                    ),
                )
                for encounter in visit.encounters
            ),
        )
