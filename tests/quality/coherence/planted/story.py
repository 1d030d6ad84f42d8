"""Faults of time: before its time, twice at once, backwards, too early."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bridge.chart import (
    Condition,
    Death,
    DrugOrder,
    Enrollment,
    Immunization,
    Patient,
    ProgramState,
    Result,
    Visit,
)
from tests.quality.coherence import lives
from tests.quality.coherence.chart import (
    NEGATIVE,
    Chart,
    ciel,
    diagnosis,
    drug,
    result,
    vaccine,
)
from tests.quality.coherence.lives import DAILY, DAY, TWICE, days
from tests.quality.coherence.planting import (
    Draw,
    Planted,
    adult,
    any_life,
    changed,
    whole,
)

# --- before its time ---


def viral_load_before_hiv(rng: Draw) -> Planted:
    made = rng.choice(
        (result(856, "HIV viral load", 40_000, "copies/ml"), result(5497, "CD4", 210, "cells/uL"))
    )
    chart = lives.hiv_and_tb().visit(DAY - days(rng.randint(30, 700)), made)
    return chart, "hiv_monitoring_without_hiv"


def result_before_order(rng: Draw) -> Planted:
    patient = lives.malaria().patient()
    orders = [e.uuid for visit in patient.visits for n in visit.encounters for e in n.entries]
    test = next(
        e
        for visit in patient.visits
        for n in visit.encounters
        for e in n.entries
        if type(e).__name__ == "TestOrder"
    )
    assert test.uuid in orders
    early = test.time - timedelta(minutes=rng.randint(5, 15))

    def change(entry: Any) -> Any:
        is_it = isinstance(entry, Result) and entry.what.label == "Rapid test for malaria"
        return replace(entry, order=test.uuid, time=early) if is_it else entry

    return changed(patient, change), "result_before_order"


def program_without_disease(rng: Draw) -> Planted:
    label, rule = rng.pick(
        (
            ("Tuberculosis", "tb_program_without_tb"),
            ("HIV Care and Treatment", "hiv_program_without_hiv"),
            ("Outpatient Diabetes Education Program", "ncd_program_without_disease"),
            ("NCD: hypertension", "hypertension_program_without_hypertension"),
            ("Nutrition (outpatient therapeutic)", "nutrition_program_without_malnutrition"),
        )
    )
    return adult(rng).enrolled(label, DAY).visit(DAY, weight=60, sbp=118, dbp=74), rule


def antenatal_of_nobody(rng: Draw) -> Planted:
    chart = Chart("F", born=date(1998, 2, 3), name="nobody").enrolled("Antenatal care", DAY)
    return chart, "antenatal_program_without_pregnancy"


def prevention_with_hiv(rng: Draw) -> Planted:
    day = DAY + days(rng.randint(10, 100))
    chart = lives.hiv_and_tb().enrolled("HIV Preventative Services (PEP/PrEP)", day)
    return chart, "hiv_prevention_with_hiv"


# --- programs ---


def twice_in_a_program(rng: Draw) -> Planted:
    life = rng.choice((lives.hiv_and_tb, lives.chronic, lives.young_woman))
    patient = life().patient()
    first = next(e for e in patient.entries if isinstance(e, Enrollment))
    end = (first.completed or first.enrolled + days(200)) - first.enrolled
    again = replace(
        first, uuid=first.uuid[:-1] + "0", enrolled=first.enrolled + end * rng.uniform(0.2, 0.8)
    )
    return replace(patient, entries=(*patient.entries, again)), "program_twice"


def tb_and_its_prevention(rng: Draw) -> Planted:
    chart = lives.hiv_and_tb().enrolled("TB preventive treatment (IPT)", DAY + days(20))
    return chart, "programs_prevention_in_tb"


def pregnant_and_planning(rng: Draw) -> Planted:
    chart = lives.mother().enrolled("Family planning", DAY + days(rng.randint(10, 150)))
    return chart, "programs_antenatal_and_family_planning"


def two_programs(rng: Draw) -> Planted:
    first, second, rule = rng.pick(
        (
            ("HIV Preventative Services", "HIV Care and Treatment", "programs_hiv_and_prevention"),
            ("TB preventive treatment (IPT)", "Tuberculosis", "programs_tb_and_prevention"),
        )
    )
    chart = adult(rng).enrolled(first, DAY - days(20)).enrolled(second, DAY)
    return chart, rule


def postnatal_before_birth(rng: Draw) -> Planted:
    chart = lives.mother().enrolled("Postnatal care", DAY + days(rng.randint(10, 150)))
    return chart, "programs_postnatal_while_antenatal"


def hiv_care_of_the_negative(rng: Draw) -> Planted:
    test = result(163722, "Rapid test for HIV", NEGATIVE)
    return adult(rng).enrolled("HIV Care and Treatment", DAY).visit(DAY, test), "hiv_program_tests"


def enrollment_backwards(rng: Draw) -> Planted:
    back = days(rng.randint(1, 200))
    patient = rng.choice((lives.malnutrition, lives.chronic))().patient()
    made = whole(patient, Enrollment, lambda e: replace(e, completed=e.enrolled - back))
    return made, "enrollment_ends_first"


def state_before_enrollment(rng: Draw) -> Planted:
    patient = lives.hiv_and_tb().patient()

    def change(entry: Any) -> Any:
        start = entry.enrolled - days(rng.randint(3, 90))
        return replace(entry, states=(ProgramState(state=ciel(1, "On ART"), start=start),))

    return whole(patient, Enrollment, change), "enrollment_ends_first"


# --- times ---


def born_later(rng: Draw) -> Planted:
    patient = any_life(rng)
    first = patient.visits[0].start.date()
    return replace(patient, birthdate=first + days(rng.randint(2, 300))), "before_birth"


def condition_before_birth(rng: Draw) -> Planted:
    patient = lives.sickle_cell().patient()
    onset = patient.birthdate - days(rng.randint(1, 900))
    return whole(patient, Condition, lambda e: replace(e, onset=onset)), "before_birth"


def dead_and_seen(rng: Draw) -> Planted:
    life = rng.choice((lives.chronic, lives.malnutrition, lives.hiv_and_tb, lives.sickle_cell))
    patient = life().patient()
    first, last = patient.visits[0].start, patient.visits[-1].start
    time = first + (last - first) * rng.uniform(0.1, 0.8)
    return replace(patient, death=Death(time=time)), "after_death"


def tomorrow(rng: Draw) -> Planted:
    return any_life(rng), "in_the_future"


def encounter_outside(rng: Draw) -> Planted:
    patient = any_life(rng)
    index = rng.randrange(len(patient.visits))
    visit = patient.visits[index]
    moved = replace(
        visit.encounters[-1], time=visit.start + timedelta(hours=rng.choice((-3, 5, 30)))
    )
    wrong = replace(visit, encounters=(*visit.encounters[:-1], moved))
    visits = (*patient.visits[:index], wrong, *patient.visits[index + 1 :])
    return replace(patient, visits=visits), "outside_visit"


def visit_backwards(rng: Draw) -> Planted:
    patient = any_life(rng)
    visit = patient.visits[0]
    wrong = replace(visit, stop=visit.start - timedelta(hours=rng.randint(1, 30)))
    return replace(patient, visits=(wrong, *patient.visits[1:])), "visit_ends_first"


def two_visits_at_once(rng: Draw) -> Planted:
    patient = rng.choice((lives.chronic, lives.newborn, lives.malnutrition))().patient()
    visit = patient.visits[1]
    again = Visit(
        uuid=visit.uuid[:-1] + "0",
        start=visit.start + timedelta(minutes=rng.randint(5, 90)),
        stop=visit.start + timedelta(hours=4),
        encounters=(),
    )
    return replace(patient, visits=(*patient.visits, again)), "visits_overlap"


def order_backwards(rng: Draw) -> Planted:
    back = timedelta(days=rng.randint(1, 40))

    def change(entry: Any) -> Any:
        is_it = isinstance(entry, DrugOrder)
        return replace(entry, stopped=entry.start - back) if is_it else entry

    life = rng.choice((lives.malaria, lives.chronic, lives.epilepsy))
    return changed(life().patient(), change), "order_ends_first"


def condition_backwards(rng: Draw) -> Planted:
    life = rng.choice((lives.chronic, lives.epilepsy, lives.sickle_cell))
    back = days(rng.randint(1, 300))
    made = whole(
        life().patient(),
        Condition,
        lambda e: replace(e, end=(e.onset or DAY) - back, is_active=False),
    )
    return made, "condition_ends_first"


def drug_twice(rng: Draw) -> Planted:
    label, often, days_ = rng.choice(
        (
            ("Amlodipine 5mg", DAILY, 90),
            ("Metformin Co 500mg", TWICE, 60),
            ("Cotrim Co 960mg", DAILY, 90),
        )
    )
    chart = adult(rng).has(117399, "Hypertension", date(2020, 1, 1))
    chart.has(142473, "Diabetes mellitus, type 2", date(2020, 1, 1))
    chart.visit(DAY, drug(label, 1, "Tablet", often, days_))
    later = DAY + days(rng.randint(0, days_ // 3))
    if later == DAY:
        return adult(rng).has(117399, "Hypertension", date(2020, 1, 1)).has(
            142473, "Diabetes", date(2020, 1, 1)
        ).visit(
            DAY,
            drug(label, 1, "Tablet", often, days_),
            drug(label, 1, "Tablet", often, days_),
        ), "drug_twice"
    return chart.visit(later, drug(label, 1, "Tablet", often, days_)), "drug_twice"


def diagnosis_twice(rng: Draw) -> Planted:
    made = diagnosis(112770, "Sprain")
    return adult(rng).visit(DAY, made, made), "diagnosis_twice"


# --- vaccines ---


def vaccine_moved(rng: Draw, label: str, move: Callable[[Immunization], Any]) -> Patient:
    """Return the newborn with one vaccine changed."""
    return changed(
        lives.newborn().patient(),
        lambda e: move(e) if isinstance(e, Immunization) and e.vaccine.label == label else e,
    )


def vaccine_too_early(rng: Draw) -> Planted:
    some = ((162339, "Penta", 30), (162586, "MR", 120), (83531, "Rotavirus", 20), (5864, "YF", 100))
    code, label, most = rng.choice(some)
    chart = Chart("M", born=DAY - days(rng.randint(2, most)), name="early")
    return chart.visit(DAY, vaccine(code, label, 1)), "vaccine_too_early"


def vaccine_too_late(rng: Draw) -> Planted:
    some = ((83531, "Rotavirus vaccine", 40), (162339, "Penta", 120), (886, "BCG", 110))
    code, label, months = rng.choice(some)
    chart = Chart("F", born=DAY - days(30.5 * (months + rng.randint(0, 30))), name="late")
    return chart.visit(DAY, vaccine(code, label, 1)), "vaccine_too_late"


def vaccines_too_close(rng: Draw) -> Planted:
    some = ((162339, "Penta"), (783, "OPV"), (82215, "PCV"), (162586, "MR"), (166703, "RTS,S"))
    code, label = rng.choice(some)
    chart = Chart("F", born=DAY - days(400), name="close").visit(DAY, vaccine(code, label, 1))
    return chart.visit(DAY + days(rng.randint(2, 20)), vaccine(code, label, 2)), "vaccine_interval"


def dose_number_twice(rng: Draw) -> Planted:
    label = rng.choice(("Penta", "OPV", "Pneumococcal vaccine", "RTS,S/AS01 vaccine"))
    number = rng.choice((1, 2))
    made = vaccine_moved(
        rng, label, lambda e: replace(e, dose_number=number) if e.dose_number == number + 1 else e
    )
    return made, "vaccine_number_twice"


def doses_out_of_order(rng: Draw) -> Planted:
    label = rng.choice(("Penta", "Pneumococcal vaccine", "RTS,S/AS01 vaccine"))
    order = {1: 2, 2: 1}
    made = vaccine_moved(
        rng,
        label,
        lambda e: replace(e, dose_number=order.get(e.dose_number or 0, e.dose_number)),
    )
    return made, "vaccine_order"


def one_dose_too_many(rng: Draw) -> Planted:
    chart = lives.newborn()
    return chart.visit(chart.born + days(600 + rng.randint(0, 50)), vaccine(886, "BCG")), (
        "vaccine_too_many"
    )
