"""Faults of sex, age and body."""

from dataclasses import replace
from datetime import timedelta

from tests.quality.coherence import lives
from tests.quality.coherence.chart import (
    Chart,
    diagnosis,
    drug,
)
from tests.quality.coherence.lives import DAILY, DAY, TWICE, days
from tests.quality.coherence.planting import (
    Draw,
    Planted,
    adult,
    child,
)

# --- sex and age ---


def pregnant_man(rng: Draw) -> Planted:
    return replace(lives.mother().patient(), sex="M"), "pregnancy_of_women"


def pregnant_of_wrong_age(rng: Draw) -> Planted:
    years = rng.choice((rng.randint(3, 9), rng.randint(53, 80)))
    born = DAY - timedelta(round(365.25 * years))
    return replace(lives.mother().patient(), birthdate=born), "pregnancy_of_fertile_age"


def prostate_of_a_woman(rng: Draw) -> Planted:
    code, label = rng.choice(((149563, "Acute prostatitis"), (117474, "Hydrocele")))
    return adult(rng, "F").visit(DAY, diagnosis(code, label)), "mens_disease"


def womb_of_a_man(rng: Draw) -> Planted:
    some = ((298, "Candidiasis, vaginal"), (902, "Pelvic inflammatory disease"))
    return adult(rng, "M").visit(DAY, diagnosis(*rng.choice(some))), "womens_disease"


def contraceptive_of_a_man(rng: Draw) -> Planted:
    return replace(lives.young_woman().patient(), sex="M"), "womens_drug"


def old_disease_in_a_child(rng: Draw) -> Planted:
    some = ((115432, "Myocardial infarction"), (1295, "COPD"), (117399, "Hypertension"))
    return child(rng, 6, 90).visit(DAY, diagnosis(*rng.choice(some))), "adult_disease"


def malnutrition_of_an_adult(rng: Draw) -> Planted:
    chart = adult(rng).visit(DAY, diagnosis(163302, "Severe acute malnutrition"))
    return chart, "acute_malnutrition_age"


def doxycycline_of_a_child(rng: Draw) -> Planted:
    made = drug("Doxycycline 100mg", 1, "Capsule", TWICE, 5)
    return child(rng, 12, 84).visit(DAY, made, weight=14), "tetracycline_age"


def aspirin_of_a_child(rng: Draw) -> Planted:
    made = drug("Aspirin 325mg", 0.5, "Tablet", TWICE, 3, code=71617)
    return child(rng, 12, 120).visit(DAY, made), "aspirin_age"


def worm_tablet_of_a_baby(rng: Draw) -> Planted:
    made = drug("Albendazole Co 400mg", 1, "Tablet", "One time", 1, code=70439)
    return child(rng, 1, 10).visit(DAY, made), "albendazole_age"


def codeine_of_a_child(rng: Draw) -> Planted:
    made = drug("Ultram 50mg", 1, "Tablet", TWICE, 3, code=85275)
    return child(rng, 24, 130).visit(DAY, made), "codeine_age"


TOO_YOUNG = (
    ("Dolutegravir 10mg", 0.5, 0, "dolutegravir_age"),
    ("Simvastatin Co 20mg", 0.5, 60, "statin_age"),
    ("Metformin Co 500mg", 1, 80, "statin_age"),
    ("Losartan 50mg", 0.5, 40, "antihypertensive_age"),
    ("Microlut 30", 1, 90, "contraceptive_age"),
)


def drug_too_early_in_life(rng: Draw) -> Planted:
    label, count, months, rule = rng.pick(TOO_YOUNG)
    chart = Chart("F", born=DAY - days(30.5 * months + 8), name=label)
    return chart.visit(DAY, drug(label, count, "Tablet", DAILY, 30), weight=15), rule


def adult_in_a_child_program(rng: Draw) -> Planted:
    return adult(rng).enrolled("Child welfare and immunisation", DAY), "child_program_age"


# --- bodies ---


def shrunk(rng: Draw) -> Planted:
    chart = child(rng, 30, 400)
    chart.visit(DAY, height=120, weight=30)
    return chart.visit(DAY + days(60), height=rng.randint(95, 115), weight=30), "height_falls"


def leapt(rng: Draw) -> Planted:
    chart = adult(rng).visit(DAY, height=160, weight=60)
    return chart.visit(DAY + days(90), height=rng.randint(165, 190), weight=60), "height_leaps"


def weight_of_someone_else(rng: Draw) -> Planted:
    chart = adult(rng).visit(DAY, weight=70)
    return chart.visit(DAY + days(rng.randint(1, 30)), weight=rng.choice((38, 45, 96))), (
        "weight_leaps"
    )


def weight_of_another_visit(rng: Draw) -> Planted:
    chart = adult(rng).visit(DAY, weight=60)
    return chart.visit(DAY + days(rng.randint(3, 25)), weight=rng.choice((51, 69.5))), (
        "weight_leaps_adult"
    )


def shrivelled(rng: Draw) -> Planted:
    chart = child(rng, 6, 50).visit(DAY, weight=10)
    return chart.visit(DAY + days(rng.randint(2, 28)), weight=rng.uniform(6, 8)), "weight_falls"


def pressure_upside_down(rng: Draw) -> Planted:
    sbp = rng.randint(84, 100)
    return adult(rng).visit(DAY, sbp=sbp, dbp=sbp + rng.randint(-5, 20)), "pressure_crossed"
