"""Patients for testers: the rare and the ugly on purpose, each kind with what it is for.

They are no picture of anybody: where a screen, a report or an export breaks, it breaks by one of
these. Each is made of a patient of the cohort, whose uuid and name it keeps unless it says so.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from bridge.chart import (
    Address,
    Allergy,
    Death,
    Diagnosis,
    DrugOrder,
    Encounter,
    EncounterKind,
    Entry,
    Measurement,
    Note,
    Patient,
    Quantity,
    Relationship,
    Visit,
)
from bridge.histories.care.allergies import allergens
from bridge.histories.care.model import Drug
from bridge.histories.care.package import drugs
from bridge.identity import part_uuid
from bridge.names import LONGEST_NAME, NO_NAME
from bridge.synthesis.care_codes import coded, drug_code, named

VISITS: Final = 120
DRUGS: Final = 40
NOTE_CHARACTERS: Final = 4_000
LONGEST_PLACE: Final = 255

_ADULT: Final = {
    "height_cm": 165.0,
    "weight_kg": 62.0,
    "sbp_mmhg": 118.0,
    "dbp_mmhg": 76.0,
    "pulse_bpm": 72.0,
    "temperature_c": 36.7,
    "resp_rate_bpm": 16.0,
    "spo2_pct": 98.0,
}
_NEWBORN: Final = {
    "height_cm": 49.0,
    "weight_kg": 3.1,
    "pulse_bpm": 138.0,
    "temperature_c": 36.8,
    "resp_rate_bpm": 44.0,
    "spo2_pct": 97.0,
}
"""Values of a well adult and a well newborn (choices): what is rare here is not the values."""

MALARIA: Final = "CIEL:116128 Malaria"


class Day(NamedTuple):
    """The last day of the cohort, with the clock of its facility, and its country."""

    date: date
    zone: tzinfo
    country: str

    def at(self, days_before: int, hour: int = 10, minute: int = 0) -> datetime:
        """Return a time on a day so many days before the last one."""
        day = self.date - timedelta(days_before)
        moment = datetime.combine(day, time(hour, minute), tzinfo=self.zone)
        return moment.replace(tzinfo=_fixed(moment))


def _fixed(moment: datetime) -> tzinfo | None:
    return datetime.fromisoformat(moment.isoformat()).tzinfo


Make = Callable[[Patient, Day], Patient]


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))


def _person(patient: Patient, birthdate: date, visits: Iterable[Visit] = ()) -> Patient:
    """Return a patient who has these visits and nothing else."""
    return replace(patient, birthdate=birthdate, visits=tuple(visits), entries=(), death=None)


def _visit(patient: Patient, start: datetime, of: dict[EncounterKind, Sequence[Entry]]) -> Visit:
    uuid = part_uuid(patient.uuid, f"stress/{start.isoformat()}")
    encounters = (
        Encounter(
            uuid=part_uuid(uuid, kind),
            time=start + timedelta(minutes=5 * place),
            entries=tuple(entries),
            kind=kind,
        )
        for place, (kind, entries) in enumerate(of.items(), start=1)
    )
    stop = start + timedelta(minutes=60)
    return Visit(uuid=uuid, start=start, stop=stop, encounters=tuple(encounters))


def _measured(patient: Patient, start: datetime, values: dict[str, float]) -> list[Entry]:
    return [
        Measurement(uuid=part_uuid(patient.uuid, f"{start.isoformat()}/{name}"), name=name, value=v)
        for name, v in values.items()
    ]


def long_history(patient: Patient, day: Day) -> Patient:
    """120 visits in ten years, each with vital signs and a note: pages, plots and exports."""
    visits = []
    for place in range(VISITS):
        start = day.at(1 + 30 * (VISITS - 1 - place))
        weight = _ADULT["weight_kg"] + round(4 * ((place % 12) / 12 - 0.5), 1)
        values = _measured(patient, start, {**_ADULT, "weight_kg": weight})
        note = Note(uuid=part_uuid(patient.uuid, f"note/{place}"), text=f"Visit {place + 1}.")
        visits.append(_visit(patient, start, {"vitals": values, "note": [note]}))
    return _person(patient, _years_before(day.date, 45), visits)


def many_drugs(patient: Patient, day: Day) -> Patient:
    """40 drugs at once, no two of one substance: lists, interactions, printing."""
    start = day.at(1)
    by_concept = {drug.concept: drug for drug in drugs().values() if drug.doses}
    chosen = list(by_concept.values())[:DRUGS]
    orders = [_order(patient, drug, start + timedelta(minutes=10)) for drug in chosen]
    visit = _visit(patient, start, {"vitals": _measured(patient, start, _ADULT), "order": orders})
    return _person(patient, _years_before(day.date, 70), [visit])


def _order(patient: Patient, drug: Drug, start: datetime) -> DrugOrder:
    return DrugOrder(
        uuid=part_uuid(patient.uuid, f"drug/{drug.concept}"),
        drug=drug_code(drug),
        start=start,
        dose=Quantity(float(drug.doses[0].dose), drug.unit),
        route=named(drug.route),
        frequency=named(drug.frequency),
        duration=Quantity(30.0, "d"),
        quantity=Quantity(30.0, drug.unit),
        instructions=drug.instructions,
    )


def all_allergies(patient: Patient, day: Day) -> Patient:
    """Every allergy that bridge knows, most of them severe: banners and lists."""
    known = {one.concept: one for one in allergens(day.country)}
    entries = (
        Allergy(
            uuid=part_uuid(patient.uuid, f"allergy/{one.concept}"),
            allergen=coded(f"{one.concept} {one.name}"),
            kind=one.category,
            reactions=tuple(map(coded, one.reactions)),
            severity="severe" if place % 4 else "mild",
        )
        for place, one in enumerate(known.values())
    )
    return replace(_person(patient, _years_before(day.date, 30)), entries=tuple(entries))


def one_name(patient: Patient, day: Day) -> Patient:
    """One name only, as many people have: OpenMRS wants two, so the other is a dot."""
    return replace(patient, family_name=NO_NAME)


def unknown_birthdate(patient: Patient, day: Day) -> Patient:
    """Nobody knows when: the first of January, estimated."""
    first = date(patient.birthdate.year, 1, 1)
    return replace(patient, birthdate=first, is_birthdate_estimated=True)


def dies_at_the_visit(patient: Patient, day: Day) -> Patient:
    """Died at the end of the last visit, of malaria; nothing is planned any longer."""
    start = day.at(1, hour=9)
    found = Diagnosis(uuid=part_uuid(patient.uuid, "diagnosis"), what=coded(MALARIA))
    entries: dict[EncounterKind, Sequence[Entry]] = {
        "vitals": _measured(patient, start, {**_ADULT, "temperature_c": 39.6, "pulse_bpm": 124.0}),
        "note": [found],
    }
    visit = _visit(patient, start, entries)
    dead = _person(patient, _years_before(day.date, 33), [visit])
    return replace(dead, death=Death(time=visit.stop, cause=coded(MALARIA)))


def nothing_at_all(patient: Patient, day: Day) -> Patient:
    """Registered and never seen: no visit, no entry, no address; every list is empty."""
    return replace(_person(patient, patient.birthdate), address=None)


def empty_visit(patient: Patient, day: Day) -> Patient:
    """Came and went: one visit, and nothing in it."""
    return _person(patient, _years_before(day.date, 25), [_visit(patient, day.at(1), {})])


def no_vital_signs(patient: Patient, day: Day) -> Patient:
    """Notes and diagnoses, and not one value: graphs and summaries without data."""
    visits = (
        replace(visit, encounters=tuple(e for e in visit.encounters if e.kind != "vitals"))
        for visit in patient.visits
    )
    return replace(patient, visits=tuple(visits))


def longest_names(patient: Patient, day: Day) -> Patient:
    """Names of 50 characters, a place of 255, some of them beyond ASCII: headers and labels."""
    long = ("Ñandú-Ọlúwaṣeun " * 4)[: LONGEST_NAME - 1].rstrip() + "a"
    place = ("Llanfair-Pwllgwyngyllé " * 12)[: LONGEST_PLACE - 1].rstrip() + "h"
    address = replace(patient.address or Address(), city_village=place)
    return replace(patient, given_name=long, middle_name=long, family_name=long, address=address)


def hundred_years(patient: Patient, day: Day) -> Patient:
    """A hundred years old: ages of three digits, a birthdate of another century's calendar."""
    start = day.at(1)
    visit = _visit(patient, start, {"vitals": _measured(patient, start, _ADULT)})
    return _person(patient, _years_before(day.date, 100), [visit])


def newborn(patient: Patient, day: Day) -> Patient:
    """Born and seen on the last day: an age of no years, months or days."""
    start = day.at(1)
    values = _measured(patient, start, _NEWBORN)
    return _person(patient, start.date(), [_visit(patient, start, {"vitals": values})])


def long_note(patient: Patient, day: Day) -> Patient:
    """A note of 4,000 characters in many lines, with quotes, angle brackets and other scripts."""
    line = "“Quoted” <b>not bold</b> & 5 < 6; नमस्ते, مرحبا, 你好. "
    text = (line * (NOTE_CHARACTERS // len(line) + 1))[:NOTE_CHARACTERS].strip()
    note = Note(uuid=part_uuid(patient.uuid, "note"), text=text.replace(". ", ".\n"))
    visit = _visit(patient, day.at(1), {"note": [note]})
    return _person(patient, _years_before(day.date, 40), [visit])


def twin(patient: Patient, day: Day) -> Patient:
    """Two of one birth, of one family name and address, with the same first letter."""
    return replace(_person(patient, _years_before(day.date, 4)), entries=())


STRESSES: Final[dict[str, Make]] = {
    "long history": long_history,
    "40 drugs": many_drugs,
    "twin": twin,
    "twin, the other": twin,
    "all allergies": all_allergies,
    "one name": one_name,
    "birthdate unknown": unknown_birthdate,
    "dies at the visit": dies_at_the_visit,
    "nothing at all": nothing_at_all,
    "empty visit": empty_visit,
    "no vital signs": no_vital_signs,
    "longest names": longest_names,
    "a hundred years": hundred_years,
    "newborn": newborn,
    "long note": long_note,
}
"""Kinds in the order in which they come, and come again; twins are two who follow each other."""


def kind_of(place: int) -> str:
    """Return the kind of the patient at a place (from 0 on) among the ugly ones."""
    return list(STRESSES)[place % len(STRESSES)]


def stressed(patients: Sequence[Patient], day: Day) -> Iterator[Patient]:
    """Yield patients, each as one of the kinds, in their turn."""
    made = [STRESSES[kind_of(place)](one, day) for place, one in enumerate(patients)]
    for place, patient in enumerate(made):
        kind = kind_of(place)
        if kind == "twin" and place + 1 < len(made):
            yield _sibling(patient, made[place + 1])
        elif kind == "twin, the other":
            first = made[place - 1]
            yield _sibling(_as_first(patient, first), first)
        else:
            yield patient


def _as_first(patient: Patient, first: Patient) -> Patient:
    named = f"{first.given_name[0]}{patient.given_name[1:]}"
    return replace(patient, given_name=named, family_name=first.family_name, address=first.address)


def _sibling(patient: Patient, other: Patient) -> Patient:
    uuid = part_uuid(patient.uuid, "twin")
    related = Relationship(uuid=uuid, other=other.uuid, kind="sibling")
    return replace(patient, entries=(related,))
