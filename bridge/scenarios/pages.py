"""A case on paper: a sheet for the learner and a key for the teacher, one A4 page each."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bridge.chart import Address, Patient, Sex, completed_months
from bridge.pages import templates_of
from bridge.scenarios.catalogue import Case
from bridge.scenarios.cohort import ClassRequest, timetable
from bridge.scenarios.learners import Learner
from bridge.scenarios.scenario import Person, Prescription, Scenario, StoryVisit, TestResult
from bridge.scenarios.telling import Telling
from bridge.scenarios.timing import Timetable

LABELS = {
    "temperature_c": "Temperature, °C",
    "pulse_bpm": "Pulse, /min",
    "resp_rate_bpm": "Breaths, /min",
    "spo2_pct": "SpO2, %",
    "sbp_mmhg": "Systolic, mmHg",
    "dbp_mmhg": "Diastolic, mmHg",
    "weight_kg": "Weight, kg",
    "height_cm": "Height, cm",
    "muac_cm": "MUAC, cm",
    "head_circ_cm": "Head, cm",
}

SHORT = {
    "Milligram": "mg",
    "Gram": "g",
    "Milliliter": "mL",
    "International units": "IU",
    "Intravenous": "IV",
    "Intramuscular": "IM",
    "Subcutaneous": "SC",
    "Oral": "by mouth",
    "Rectally": "rectally",
    "Inhalation": "inhaled",
    "One time": "once",
}
"""Words of order entry as a prescription has them."""


MOST_VISITS = 3
"""More are told in small print, so that a sheet is one page."""


class Told(NamedTuple):
    """A visit as a page tells it."""

    number: int
    day: date
    visit: StoryVisit
    is_whole: bool
    results: tuple[str, ...]
    drugs: tuple[str, ...]


class Somebody(NamedTuple):
    """A person of the case as a page shows them."""

    role: str
    patient: Patient
    age: str
    visits: tuple[Told, ...]
    vitals: tuple[tuple[str, tuple[str, ...]], ...]
    """A label with a value for each of the visits."""
    known: tuple[str, ...]
    """Problems, allergies and vaccines from before."""


def learner_sheet(case: Case, learner: Learner, request: ClassRequest) -> str:
    """Return the page of a learner: who, the story, what is known, and the questions."""
    until = request.until or "decision"
    people = list(_people(case, learner, _table(case, request, until)))
    return _page(
        "sheet.html",
        scenario=case.scenario,
        learner=learner,
        day=request.as_of,
        people=people,
        is_dense=sum(len(one.visits) for one in people) > MOST_VISITS,
    )


def answer_key(case: Case, request: ClassRequest) -> str:
    """Return the page of the teacher: answers, what was decided, learning points, sources."""
    scenario = case.scenario
    number = scenario.place_of(request.until or "decision")
    whole = _table(case, request, "")
    told = [_told(whole, person) for person in scenario.people]
    decided = [one for one in told[0] if one.number >= number]
    return _page(
        "key.html",
        scenario=scenario,
        name=case.name,
        decision=decided[0],
        later=decided[1:],
        others=list(zip((one.role for one in scenario.others), told[1:], strict=True)),
        first=scenario.patient.visits[number - 1].day,
        cited=_cited(scenario),
    )


def _table(case: Case, request: ClassRequest, until: str) -> Timetable:
    asked = ClassRequest(scenarios=(case.name,), as_of=request.as_of, until=until, now=request.now)
    return timetable(case, asked)


def _people(case: Case, learner: Learner, table: Timetable) -> Iterator[Somebody]:
    telling = Telling(case=case, learner=learner, table=table)
    for number, person in enumerate(telling.people(), start=1):
        patient = telling.patient(person, number)
        visits = _told(table, person)
        yield Somebody(
            role=person.role,
            patient=patient,
            age=_age(patient, table.day),
            visits=visits,
            vitals=tuple(_vitals(visits)),
            known=tuple(_known(person)),
        )


def _told(table: Timetable, person: Person) -> tuple[Told, ...]:
    return tuple(
        Told(
            number,
            table.day_of(visit),
            visit,
            is_whole,
            tuple(map(result_text, visit.results)),
            tuple(map(drug_text, visit.drugs)),
        )
        for number, visit, is_whole in table.told(person)
    )


def _vitals(visits: Sequence[Told]) -> Iterator[tuple[str, tuple[str, ...]]]:
    taken = [one.visit.vitals.taken for one in visits]
    for name, label in LABELS.items():
        if any(name in vitals for vitals in taken):
            yield label, tuple(f"{v[name]:g}" if name in v else "" for v in taken)


def _known(person: Person) -> Iterator[str]:
    background = person.background
    for one in background.conditions:
        yield one.condition.name
    for allergy in background.allergies:
        reactions = ", ".join(one.name for one in allergy.reactions)
        yield f"allergic to {allergy.allergen.name} ({reactions})"
    if background.no_known_allergies:
        yield "no known allergies"
    for given in background.vaccines:
        names = ", ".join(_dose(one.vaccine.name, one.dose) for one in given.vaccines)
        yield f"at {given.age}: {names}"


def _dose(name: str, dose: int | None) -> str:
    return f"{name} {dose}" if dose else name


def _age(patient: Patient, day: date) -> str:
    """Return an age as it is said: in days, weeks, months or years."""
    days = (day - patient.birthdate).days
    months = completed_months(patient.birthdate, day)
    if days < 29:
        return f"{days} days"
    if months < 4:
        return f"{days // 7} weeks"
    return f"{months} months" if months < 36 else f"{months // 12} years"


def result_text(result: TestResult) -> str:
    """Return a test with its result in words: `Haemoglobin 4.4 g/dL`."""
    name = re.sub(r" (?:measurement )?\([^)]*\)$| measurement$", "", result.test.name)
    if result.value is not None:
        unit = result.unit.replace("10*3", "10³").replace("umol", "µmol")
        return f"{name} {result.value:g} {unit}".strip()
    return f"{name}: {result.answer.name if result.answer else result.text}"


def drug_text(drug: Prescription) -> str:
    """Return a prescription in words."""
    parts = []
    if drug.dose:
        unit = SHORT.get(drug.unit, drug.unit.lower() + ("s" if drug.dose > 1 else ""))
        how = (SHORT.get(word, word.lower()) for word in (drug.route, drug.frequency))
        parts.append(f"{drug.dose:g} {unit} {', '.join(how)}")
    if drug.days and drug.days > 1:
        parts.append(f"{drug.days} days")
    return f"{drug.drug}: " + "; ".join(filter(None, (", ".join(parts), drug.instructions)))


def _cited(scenario: Scenario) -> list[tuple[str, str]]:
    """Return each figure with what says so."""
    return [
        (one.figure, "choice" if one.source not in scenario.sources else one.source)
        for one in scenario.figures
    ]


def place_text(address: Address) -> str:
    """Return where somebody lives, without saying twice what is called alike."""
    return ", ".join(dict.fromkeys((address.city_village, address.state_province)))


def sex_word(sex: Sex) -> str:
    """Return a sex in words."""
    return {"F": "female", "M": "male"}[sex]


def day_text(day: date) -> str:
    """Return a date as it is written by hand: 28 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def _page(template: str, **said: object) -> str:
    pages = templates_of(
        "bridge.scenarios", {"sex": sex_word, "day": day_text, "place": place_text}
    )
    return pages.get_template(template).render(**said)
