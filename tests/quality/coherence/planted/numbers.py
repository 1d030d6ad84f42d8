"""Diagnoses that their own numbers contradict."""

from dataclasses import replace
from typing import Any

from bridge.chart import (
    Result,
)
from tests.quality.coherence import lives
from tests.quality.coherence.chart import (
    NEGATIVE,
    ciel,
    diagnosis,
    note,
    result,
)
from tests.quality.coherence.lives import DAY, days
from tests.quality.coherence.planting import (
    Draw,
    Planted,
    adult,
    changed,
    child,
    measured,
)

# --- a diagnosis against its numbers ---


def severe_pneumonia_with_normal_numbers(rng: Draw) -> Planted:
    chart = child(rng, 3, 58).visit(
        DAY,
        note(rng.choice(("Severe pneumonia. Referred.", "Assessment: severe pneumonia, admit."))),
        diagnosis(114100, "Pneumonia"),
        spo2=rng.randint(96, 99),
        breaths=rng.randint(26, 34),
        temp=36.8,
    )
    return chart, "severe_pneumonia_numbers"


def severe_pneumonia_by_name(rng: Draw) -> Planted:
    made = diagnosis(114100, "Severe pneumonia")
    chart = adult(rng).visit(DAY, made, spo2=98, breaths=rng.randint(14, 20))
    return chart, "severe_pneumonia_numbers_adult"


def pneumonia_with_normal_numbers(rng: Draw) -> Planted:
    made = diagnosis(114100, "Pneumonia")
    chart = child(rng, 3, 58).visit(DAY, made, spo2=98, breaths=rng.randint(24, 36), temp=37.0)
    return chart, "pneumonia_numbers"


def malaria_with_negative_tests(rng: Draw) -> Planted:
    def negative(entry: Any) -> Any:
        is_it = isinstance(entry, Result) and "malaria" in entry.what.label
        return replace(entry, value=ciel(*NEGATIVE)) if is_it else entry

    return changed(lives.malaria().patient(), negative), "malaria_tests"


def fever_without_fever(rng: Draw) -> Planted:
    made = adult(rng).visit(DAY, diagnosis(140238, "Fever"), temp=rng.uniform(36.1, 37.1))
    return made, "fever_numbers"


def hypertension_with_normal_pressure(rng: Draw) -> Planted:
    patient = measured(lives.chronic().patient(), "sbp_mmhg", lambda _: rng.randint(108, 128))
    return measured(patient, "dbp_mmhg", lambda _: rng.randint(62, 80)), "hypertension_numbers"


def emergency_with_normal_pressure(rng: Draw) -> Planted:
    chart = adult(rng).visit(DAY, diagnosis(161644, "Hypertensive crisis"), sbp=142, dbp=88)
    return chart, "hypertensive_emergency_numbers"


def pre_eclampsia_with_normal_pressure(rng: Draw) -> Planted:
    code, label = rng.choice(((129251, "Pre-eclampsia"), (113006, "Severe pre-eclampsia")))
    chart = lives.mother().visit(DAY + days(130), diagnosis(code, label), sbp=114, dbp=70)
    return chart, "pre_eclampsia_numbers"


def severe_pre_eclampsia_that_is_mild(rng: Draw) -> Planted:
    made = diagnosis(113006, "Severe pre-eclampsia")
    chart = lives.mother().visit(DAY + days(130), made, sbp=rng.randint(141, 155), dbp=94)
    return chart, "severe_pre_eclampsia_numbers"


def malnutrition_with_a_thick_arm(rng: Draw) -> Planted:
    made = diagnosis(163302, "Severe acute malnutrition")
    chart = child(rng, 8, 50).visit(DAY, made, muac=round(rng.uniform(13.2, 16), 1))
    return chart, "severe_malnutrition_numbers"


def moderate_malnutrition_that_is_not(rng: Draw) -> Planted:
    made = diagnosis(163303, "Moderate acute malnutrition")
    chart = child(rng, 8, 50).visit(DAY, made, muac=rng.choice((10.4, 11.0, 13.6, 15.2)))
    return chart, "moderate_malnutrition_numbers"


def anaemia_with_normal_blood(rng: Draw) -> Planted:
    code, label = rng.choice(((121629, "Anaemia"), (162043, "Moderate anemia")))
    chart = adult(rng, "F").visit(
        DAY, result(21, "Haemoglobin", rng.uniform(12.6, 15), "g/dL"), diagnosis(code, label)
    )
    return chart, "anaemia_numbers"


def severe_anaemia_that_is_mild(rng: Draw) -> Planted:
    blood = result(21, "Haemoglobin", rng.uniform(8.6, 10.8), "g/dL")
    chart = child(rng, 8, 100).visit(DAY, blood, diagnosis(162044, "Severe anaemia"))
    return chart, "severe_anaemia_numbers"


def diabetes_with_normal_glucose(rng: Draw) -> Planted:
    made = rng.choice(
        (
            result(159644, "HbA1c", rng.uniform(4.8, 5.9), "%"),
            result(160912, "Fasting glucose", rng.randint(74, 104), "mg/dL"),
            result(1458, "Serum glucose (mmol)", rng.uniform(4.2, 6.0), "mmol/L"),
        )
    )
    chart = adult(rng).visit(DAY, made, diagnosis(142473, "Diabetes mellitus, type 2"))
    return chart, "diabetes_numbers"


def pregnant_with_a_negative_test(rng: Draw) -> Planted:
    def negative(entry: Any) -> Any:
        is_it = isinstance(entry, Result) and "pregnancy" in entry.what.label
        return replace(entry, value=ciel(*NEGATIVE)) if is_it else entry

    return changed(lives.mother().patient(), negative), "pregnancy_test"


def hiv_with_negative_tests(rng: Draw) -> Planted:
    def negative(entry: Any) -> Any:
        is_it = isinstance(entry, Result) and "HIV" in entry.what.label
        return replace(entry, value=ciel(*NEGATIVE)) if is_it else entry

    return changed(lives.hiv_and_tb().patient(), negative), "hiv_tests"


def tuberculosis_with_a_negative_test(rng: Draw) -> Planted:
    test = rng.choice(((162202, "Xpert"), (307, "Sputum for acid fast bacilli")))
    made = adult(rng).visit(DAY, result(*test, NEGATIVE), diagnosis(112141, "Tuberculosis"))
    return made, "tuberculosis_tests"


def sickle_cell_with_a_negative_test(rng: Draw) -> Planted:
    def negative(entry: Any) -> Any:
        is_it = isinstance(entry, Result) and "Sickle" in entry.what.label
        return replace(entry, value=ciel(*NEGATIVE)) if is_it else entry

    return changed(lives.sickle_cell().patient(), negative), "sickle_cell_test"


def distress_with_normal_breaths(rng: Draw) -> Planted:
    made = diagnosis(127639, "Respiratory Distress")
    chart = adult(rng).visit(DAY, made, spo2=rng.randint(96, 99), breaths=rng.randint(12, 20))
    return chart, "respiratory_failure_numbers"


def obesity_of_a_thin_one(rng: Draw) -> Planted:
    made = diagnosis(115115, "Obesity")
    return adult(rng).visit(DAY, made, weight=rng.randint(48, 60), height=168), "obesity_numbers"


def kidney_failure_with_good_kidneys(rng: Draw) -> Planted:
    blood = result(790, "Serum creatinine (umol/L)", rng.randint(60, 95), "umol/L")
    made = adult(rng).visit(DAY, blood, diagnosis(120577, "CKD, stage 5"))
    return made, "kidney_failure_numbers"
