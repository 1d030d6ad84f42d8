"""Faults planted into any charts that are given: those of bridge, or of files.

Each kind takes a chart that has what it needs and spoils it; `plant` says which rule finds that.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bridge.chart import (
    Allergy,
    Condition,
    Death,
    Diagnosis,
    DrugOrder,
    Enrollment,
    Immunization,
    Measurement,
    Note,
    Patient,
    Quantity,
    Result,
)
from tests.quality.coherence.chart import NEGATIVE, ciel, words
from tests.quality.coherence.faults import Fault
from tests.quality.coherence.planting import Draw, changed, measured, whole

Spoilt = tuple[Patient, str] | None

KNOWN = ("Paracetamol 500mg", "Amoxicillin", "Artemether", "Metformin", "Amlodipine", "RHEZ", "TLD")


def entries(patient: Patient, kind: type) -> list[Any]:
    """Return all entries of a kind that stand in visits."""
    return [e for n in patient.encounters() for e in n.entries if isinstance(e, kind)]


def is_called(entry: Any, *names: str) -> bool:
    """Tell whether an entry's label has any of these words."""
    concept = getattr(entry, "what", None) or getattr(entry, "drug", None)
    return concept is not None and any(name in concept.label for name in names)


def one_changed(patient: Patient, chosen: Any, **more: Any) -> Patient:
    """Return a patient with a single entry changed."""
    return changed(patient, lambda e: replace(e, **more) if e is chosen else e)


def man_of_a_mother(patient: Patient, rng: Draw) -> Spoilt:
    has = any(is_called(e, "Normal pregnancy", "delivery") for e in entries(patient, Diagnosis))
    return (replace(patient, sex="M"), "pregnancy_of_women") if has else None


def born_after_the_visit(patient: Patient, rng: Draw) -> Spoilt:
    day = patient.visits[0].start.date() + timedelta(rng.randint(2, 90))
    return replace(patient, birthdate=day), "before_birth"


def dead_between_visits(patient: Patient, rng: Draw) -> Spoilt:
    if len(patient.visits) < 3:
        return None
    return replace(patient, death=Death(time=patient.visits[-2].start)), "after_death"


def tenfold(patient: Patient, rng: Draw) -> Spoilt:
    orders = [e for e in entries(patient, DrugOrder) if is_called(e, *KNOWN) and e.dose]
    if not orders:
        return None
    chosen = rng.choice(orders)
    dose = Quantity(chosen.dose.value * rng.choice((5, 10)), chosen.dose.unit)
    return one_changed(patient, chosen, dose=dose), "dose"


def tests_turned(patient: Patient, rng: Draw) -> Spoilt:
    has = any(is_called(e, "Malaria", "malaria") for e in entries(patient, Diagnosis))
    tests = [e for e in entries(patient, Result) if is_called(e, "malaria", "Malarial smear")]
    if not (has and any("ositive" in getattr(e.value, "label", "") for e in tests)):
        return None

    def negative(entry: Any) -> Any:
        return replace(entry, value=ciel(*NEGATIVE)) if entry in tests else entry

    return changed(patient, negative), "malaria_tests"


def allergic_after_all(patient: Patient, rng: Draw) -> Spoilt:
    if not any(is_called(e, "Amoxicillin", "Augmentin") for e in entries(patient, DrugOrder)):
        return None
    allergy = Allergy(uuid=patient.uuid[:-1] + "x", allergen=ciel(162297, "Penicillins"))
    return replace(patient, entries=(*patient.entries, allergy)), "allergy_penicillins"


def diabetes_forgotten(patient: Patient, rng: Draw) -> Spoilt:
    if not any(is_called(e, "Metformin") for e in entries(patient, DrugOrder)):
        return None
    kept = tuple(e for e in patient.entries if not isinstance(e, Condition | Enrollment))
    headache = ciel(139084, "Headache")

    def other(entry: Any) -> Any:
        if isinstance(entry, DrugOrder):
            return replace(entry, reason=None)
        return replace(entry, what=headache) if isinstance(entry, Diagnosis) else entry

    return changed(replace(patient, entries=kept), other), "glucose_lowering_without_diabetes"


def order_backwards(patient: Patient, rng: Draw) -> Spoilt:
    orders = entries(patient, DrugOrder)
    if not orders:
        return None
    chosen = rng.choice(orders)
    return one_changed(patient, chosen, stopped=chosen.start - timedelta(3)), "order_ends_first"


def condition_backwards(patient: Patient, rng: Draw) -> Spoilt:
    if not any(isinstance(e, Condition) and e.onset for e in patient.entries):
        return None
    return (
        whole(patient, Condition, lambda e: replace(e, end=e.onset - timedelta(5))),
        "condition_ends_first",
    )


def ace_inhibitor_for_the_pregnant(patient: Patient, rng: Draw) -> Spoilt:
    days = [
        (visit, encounter)
        for visit in patient.visits
        for encounter in visit.encounters
        if any(is_called(e, "Normal pregnancy") for e in encounter.entries)
    ]
    if len(days) < 2:
        return None
    visit, encounter = rng.choice(days[:-1])
    order = DrugOrder(
        uuid=encounter.uuid[:-1] + "x",
        drug=words("Enalapril Co 10mg"),
        start=encounter.time,
        dose=Quantity(1, "Tablet"),
        frequency=words("Once daily"),
        duration=Quantity(30, "d"),
    )
    more = replace(encounter, entries=(*encounter.entries, order))
    held = tuple(more if one is encounter else one for one in visit.encounters)
    visits = tuple(replace(v, encounters=held) if v is visit else v for v in patient.visits)
    return replace(patient, visits=visits), "ace_inhibitor_in_pregnancy"


def same_dose_again(patient: Patient, rng: Draw) -> Spoilt:
    given = [e for e in entries(patient, Immunization) if e.dose_number == 2]
    firsts = [e.vaccine for e in entries(patient, Immunization) if e.dose_number == 1]
    twice = [e for e in given if e.vaccine in firsts]
    if not twice:
        return None
    return one_changed(patient, rng.choice(twice), dose_number=1), "vaccine_number_twice"


def vaccine_of_a_newborn(patient: Patient, rng: Draw) -> Spoilt:
    first = [e for e in entries(patient, Immunization) if "Rotavirus" in e.vaccine.label]
    if not first:
        return None
    day = first[0].time.date() - timedelta(rng.randint(3, 30))
    return replace(patient, birthdate=day), "vaccine_too_early"


def quoted(patient: Patient, pattern: str, name: str, move: float) -> Spoilt:
    """Move a vital sign in all visits, where a note quotes it."""
    if not any(re.search(pattern, e.text) for e in entries(patient, Note)):
        return None
    if not any(e.name == name for e in entries(patient, Measurement)):
        return None
    return measured(patient, name, lambda value: value + move), "note_quotes"


def another_temperature(patient: Patient, rng: Draw) -> Spoilt:
    pattern = r"\b(?:T|[Tt]emperature) (?:3[5-9]|4[01])\.\d"
    return quoted(patient, pattern, "temperature_c", rng.choice((1.4, -1.2)))


def another_weight(patient: Patient, rng: Draw) -> Spoilt:
    return quoted(patient, r"[Ww]eight \d+\.\d kg", "weight_kg", rng.choice((4.0, 9.5)))


def another_saturation(patient: Patient, rng: Draw) -> Spoilt:
    return quoted(patient, r"SpO2 \d\d\b", "spo2_pct", -6)


def healthy_blood(patient: Patient, rng: Draw) -> Spoilt:
    blood = [e for e in entries(patient, Result) if is_called(e, "Haemoglobin")]
    if not blood or not any(is_called(e, "Anaemia") for e in entries(patient, Diagnosis)):
        return None

    def rich(entry: Any) -> Any:
        return replace(entry, value=Quantity(15.2, "g/dL")) if entry in blood else entry

    return changed(patient, rich), "anaemia_numbers"


def shrunk(patient: Patient, rng: Draw) -> Spoilt:
    heights = [e for e in entries(patient, Measurement) if e.name == "height_cm"]
    if len(heights) < 2 or patient.visits[-1].start.year - patient.birthdate.year > 48:
        return None
    return one_changed(patient, heights[-1], value=heights[-2].value - 6), "height_falls"


def ordered_again(patient: Patient, rng: Draw) -> Spoilt:
    orders = [
        e
        for e in entries(patient, DrugOrder)
        if e.duration and e.duration.value >= 28 and not e.stopped and is_called(e, *KNOWN)
    ]
    if not orders:
        return None
    chosen = rng.choice(orders)

    def twice(entries_: tuple[Any, ...]) -> tuple[Any, ...]:
        again = replace(chosen, uuid=chosen.uuid[:-1] + "x")
        return (*entries_, again) if chosen in entries_ else entries_

    visits = tuple(
        replace(v, encounters=tuple(replace(n, entries=twice(n.entries)) for n in v.encounters))
        for v in patient.visits
    )
    return replace(patient, visits=visits), "drug_twice"


KINDS: tuple[Callable[[Patient, Draw], Spoilt], ...] = (
    man_of_a_mother,
    born_after_the_visit,
    dead_between_visits,
    tenfold,
    tests_turned,
    allergic_after_all,
    diabetes_forgotten,
    order_backwards,
    condition_backwards,
    ace_inhibitor_for_the_pregnant,
    same_dose_again,
    vaccine_of_a_newborn,
    another_temperature,
    another_weight,
    another_saturation,
    healthy_blood,
    shrunk,
    ordered_again,
)


def plant(patients: Iterable[Patient], count: int, seed: int) -> Iterator[tuple[Patient, Fault]]:
    """Yield charts with the fault that was planted into each, the kinds in turn.

    Of a kind that none of the charts has what it needs for, there is none.
    """
    rng = Draw(seed)
    charts = [patient for patient in patients if patient.visits]
    rng.shuffle(charts)
    hosts = {kind: _hosts(kind, charts, rng) for kind in KINDS}
    planted = 0
    while planted < count and hosts:
        for kind in list(hosts):
            found = next(hosts[kind], None)
            if found is None:
                del hosts[kind]
            elif planted < count:
                planted += 1
                yield found


def _hosts(
    kind: Callable[[Patient, Draw], Spoilt], charts: list[Patient], rng: Draw
) -> Iterator[tuple[Patient, Fault]]:
    for patient in charts:
        spoilt = kind(patient, rng)
        if spoilt:
            yield patient, Fault(kind.__name__, *spoilt)
