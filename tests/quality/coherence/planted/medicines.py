"""Faults of medicines: whom they harm, how much, and what for."""

from dataclasses import replace
from datetime import date
from typing import Any

from bridge.chart import (
    DrugOrder,
)
from tests.quality.coherence import lives
from tests.quality.coherence.chart import (
    Chart,
    ciel,
    diagnosis,
    drug,
    note,
    result,
    vaccine,
)
from tests.quality.coherence.lives import DAILY, DAY, THRICE, TWICE, days
from tests.quality.coherence.planting import (
    Draw,
    Planted,
    adult,
    changed,
    child,
    dosed,
    measured,
)

# --- pregnancy and drug ---


BAD_IN_PREGNANCY = (
    ("Enalapril Co 10mg", "ace_inhibitor_in_pregnancy"),
    ("Losartan 50mg", "ace_inhibitor_in_pregnancy"),
    ("Lisinopril 10 mg", "ace_inhibitor_in_pregnancy"),
    ("Simvastatin Co 20mg", "statin_in_pregnancy"),
    ("Sodium valproate 200mg", "valproate_in_pregnancy"),
    ("Doxycycline 100mg", "tetracycline_in_pregnancy"),
    ("Warfarin 5mg", "warfarin_in_pregnancy"),
    ("Methotrexate 2.5mg", "cell_poison_in_pregnancy"),
    ("Primaquine Co 7.5mg", "primaquine_in_pregnancy"),
)


def bad_drug_in_pregnancy(rng: Draw) -> Planted:
    label, rule = rng.pick(BAD_IN_PREGNANCY)
    day = DAY + days(rng.randint(5, 150))
    return lives.mother().visit(day, drug(label, 1, "Tablet", DAILY, 10)), rule


def nsaid_late(rng: Draw) -> Planted:
    made = drug("Ibuprofen Co 400mg", 1, "Tablet", THRICE, 5, code=77897)
    return lives.mother().visit(DAY + days(rng.randint(130, 190)), made), "nsaid_late_in_pregnancy"


def sp_early(rng: Draw) -> Planted:
    chart = Chart("F", born=date(2000, 1, 1), name="early")
    made = drug("Sulfadoxine / Pyrimethamine 500mg/25mg", 3, "Tablet", "One time", 1)
    text = f"{rng.randint(5, 11)} weeks pregnant."
    return chart.visit(DAY, note(text), diagnosis(132678, "Normal pregnancy"), made), (
        "sp_early_in_pregnancy"
    )


def deworming_early(rng: Draw) -> Planted:
    chart = Chart("F", born=date(2000, 1, 1), name="worms")
    made = drug("Albendazole Co 400mg", 1, "Tablet", "One time", 1, code=70439)
    text = f"Gestation {rng.randint(5, 11)} weeks."
    entries = (note(text), diagnosis(132678, "Normal pregnancy"), made)
    return chart.visit(DAY, *entries), "albendazole_early_in_pregnancy"


def vaccine_in_pregnancy(rng: Draw) -> Planted:
    some = ((162586, "Measles-Rubella vaccine"), (168017, "HPV vaccine"))
    day = DAY + days(rng.randint(3, 180))
    return lives.mother().visit(day, vaccine(*rng.choice(some), 1)), "live_vaccine_in_pregnancy"


def injection_in_pregnancy(rng: Draw) -> Planted:
    made = drug("Depo Provera", 1, "Vial", "One time", 90, route="Intramuscular")
    day = DAY + days(rng.randint(3, 180))
    return lives.mother().visit(day, made), "contraceptive_in_pregnancy"


# --- allergy and drug ---


ALLERGIES = (
    (162297, "Penicillins", "Amoxicillin 500mg", "allergy_penicillins"),
    (162297, "Penicillins", "Augmentin Co 625mg", "allergy_penicillins"),
    (162297, "Penicillins", "Cloxacilline Co 500mg", "allergy_penicillins"),
    (162170, "Sulfonamides", "Cotrim Co 960mg", "allergy_sulfonamides"),
    (162170, "Sulfonamides", "Co-trimoxazole 480mg", "allergy_sulfonamides"),
    (162306, "NSAIDs", "Advil 400mg", "allergy_nsaids"),
    (162306, "NSAIDs", "Diclofenac 50mg", "allergy_nsaids"),
    (71617, "Aspirin", "Aspirine Co 81mg", "allergy_nsaids"),
    (162298, "ACE inhibitors", "Captopril 25mg", "allergy_ace_inhibitors"),
    (162307, "Statins", "Simvastatin Co 20mg", "allergy_statins"),
    (162299, "ARBs (angiotensin II receptor blockers)", "Losartan 50mg", "allergy_arbs"),
    (162302, "Erythromycins", "Azithromycin 500mg", "allergy_macrolides"),
    (162301, "Cephalosporins", "Ceftriaxone 1g", "allergy_cephalosporins"),
    (73667, "Codeine", "Ultram 50mg", "allergy_opioids"),
    (80586, "Nevirapine", "Efavirenz 600mg", "allergy_nnrti"),
)


def allergic(rng: Draw) -> Planted:
    code, allergen, label, rule = rng.pick(ALLERGIES)
    chart = adult(rng).allergic(code, allergen)
    return chart.visit(DAY, drug(label, 1, "Tablet", TWICE, 5), weight=60), rule


# --- drug and drug, drug and disease ---


PAIRS = (
    ("Ibuprofen Co 400mg", "Diclofenac 50mg", "two_nsaids"),
    ("Diclofenac 50mg", "Naproxen 250mg", "two_nsaids_other"),
    ("Ibuprofen Co 400mg", "Warfarin 5mg", "nsaid_with_warfarin"),
    ("Enalapril Co 10mg", "Losartan 50mg", "ace_inhibitor_with_arb"),
    ("Potassium chloride 600mg", "Lisinopril 10 mg", "ace_inhibitor_with_potassium"),
    ("Simvastatin Co 20mg", "Clarithromycine Co 500mg", "simvastatin_with_inhibitor"),
    ("Methotrexate 2.5mg", "Cotrim Co 960mg", "methotrexate_with_antifolate"),
    ("Atazanavir / Ritonavir 300mg/100mg", "RH", "rifampicin_with_protease_inhibitor"),
)


def interaction(rng: Draw) -> Planted:
    first, second, rule = rng.pick(PAIRS)
    later = DAY + days(rng.randint(0, 20))
    chart = adult(rng).visit(DAY, drug(first, 1, "Tablet", DAILY, 30))
    if later == DAY:
        return adult(rng).visit(
            DAY, drug(first, 1, "Tablet", DAILY, 30), drug(second, 1, "Tablet", DAILY, 30)
        ), rule
    return chart.visit(later, drug(second, 1, "Tablet", DAILY, 30)), rule


def dolutegravir_once_with_rifampicin(rng: Draw) -> Planted:
    patient = lives.hiv_and_tb().patient()

    def without_second(entry: Any) -> Any:
        is_second = isinstance(entry, DrugOrder) and entry.drug.label == "Dolutegravir 50mg"
        return replace(entry, drug=ciel(71137, "Amlodipine 5mg")) if is_second else entry

    return changed(patient, without_second), "rifampicin_with_dolutegravir_once"


def sp_on_cotrimoxazole(rng: Draw) -> Planted:
    made = drug("Cotrim Co 960mg", 1, "Tablet", DAILY, 90)
    return lives.mother().visit(DAY + days(rng.randint(40, 100)), made), "sp_with_cotrimoxazole"


def metformin_in_kidney_failure(rng: Draw) -> Planted:
    chart = lives.chronic()
    if rng.random() < 0.5:
        return chart.has(120577, "CKD, stage 5", date(2024, 1, 1)), "metformin_in_kidney_failure"
    gfr = result(161133, "Glomerular filtration rate", rng.randint(8, 27), "mL/min")
    return chart.visit(date(2024, 6, 1), gfr), "metformin_in_kidney_failure"


def harmful_to_kidneys(rng: Draw) -> Planted:
    some = (
        ("Ibuprofen Co 400mg", "nsaid_in_kidney_failure"),
        ("Nitrofurantoin 100mg", "nitrofurantoin_in_kidney_failure"),
    )
    label, rule = rng.pick(some)
    chart = adult(rng).has(120578, "Chronic kidney disease, stage IV", date(2024, 1, 1))
    return chart.visit(DAY, drug(label, 1, "Tablet", TWICE, 5)), rule


def propranolol_in_asthma(rng: Draw) -> Planted:
    chart = adult(rng).has(121375, "Asthma", date(2020, 1, 1))
    return chart.visit(DAY, drug("Inderal IR 40mg", 1, "Tablet", TWICE, 30)), (
        "beta_blocker_in_asthma"
    )


# --- doses ---


OVERDOSED = (
    (lives.malaria, "Artemether", (2, 3, 4)),
    (lives.malaria, "Paracetamol", (2, 4, 0.25)),
    (lives.pneumonia, "Amoxicillin", (0.25, 3, 4)),
    (lives.pneumonia, "Gentamicin", (3, 10, 0.2)),
    (lives.diarrhoea, "Zinc", (2, 5)),
    (lives.hiv_and_tb, "RHEZ", (0.25, 2, 3)),
    (lives.hiv_and_tb, "TLD", (2, 3)),
    (lives.hiv_and_tb, "Cotrim", (4, 0.25)),
    (lives.chronic, "Amlodipine", (4, 6)),
    (lives.chronic, "Metformin", (3, 5)),
    (lives.chronic, "Losartan", (4, 0.1)),
    (lives.asthma, "Deltasone", (3, 5)),
    (lives.epilepsy, "Carbamazepine", (4, 0.1)),
    (lives.epilepsy, "Fluoxetine", (5, 10)),
    (lives.sickle_cell, "Hydroxyurea", (3, 4)),
    (lives.sickle_cell, "Folique", (4, 10)),
    (lives.young_woman, "Cipro", (4, 0.25)),
    (lives.young_woman, "Paracetamol", (3, 4)),
    (lives.mother, "Albendazole", (2, 0.25)),
    (lives.mother, "Oxytocin", (10,)),
)


def dose(rng: Draw) -> Planted:
    life, label, factors = rng.pick(OVERDOSED)
    return dosed(life().patient(), label, rng.choice(factors)), "dose"


def syrup(rng: Draw) -> Planted:
    """5 mL of 125 mg/5 mL become 50."""
    made = drug("Amoxicillin 125mg/5ml", rng.choice((1, 40, 60)), "Milliliter", TWICE, 5)
    return child(rng, 8, 20).visit(DAY, made, weight=9.5), "dose"


def adult_dose_for_a_child(rng: Draw) -> Planted:
    some = (("Amoxicillin 500mg", 2), ("Paracetamol 500mg", 2), ("Ibuprofen Co 400mg", 1))
    label, count = rng.choice(some)
    return child(rng, 8, 30).visit(DAY, drug(label, count, "Tablet", THRICE, 5), weight=9), "dose"


def too_often(rng: Draw) -> Planted:
    def hourly(entry: Any) -> Any:
        is_it = isinstance(entry, DrugOrder) and "Paracetamol" in entry.drug.label
        return replace(entry, frequency=ciel(162244, "Every hour")) if is_it else entry

    life = rng.choice((lives.malaria, lives.young_woman))
    return changed(life().patient(), hourly), "dose"


def weight_of_another(rng: Draw) -> Planted:
    """The dose fits a child twice as heavy."""
    return measured(lives.malaria().patient(), "weight_kg", lambda kg: kg * 2), "dose"


# --- treatment without what it is for ---


UNEXPLAINED = (
    ("Artemether / Lumefantrine 20mg/120mg", 4, TWICE, "antimalarial_without_malaria"),
    ("Artesunate Injection 60mg", 2, DAILY, "antimalarial_without_malaria"),
    ("Tenofovir / Lamivudine / Dolutegravir (TLD) 300mg/300mg/50mg", 1, DAILY, "art_without_hiv"),
    ("Efavirenz / Lamivudine / Tenofovir 600mg/300mg/300mg", 1, DAILY, "art_without_hiv"),
    ("RHEZ", 4, DAILY, "tb_drugs_without_tb"),
    ("Isoniazid 300mg", 1, DAILY, "isoniazid_without_reason"),
    ("Metformin Co 500mg", 1, TWICE, "glucose_lowering_without_diabetes"),
    ("Glybenclamide Co 5mg", 1, DAILY, "glucose_lowering_without_diabetes"),
    ("Amlodipine 5mg", 1, DAILY, "antihypertensive_without_reason"),
    ("Losartan 50mg", 1, DAILY, "antihypertensive_without_reason"),
    ("Carbamazepine 200mg", 1, TWICE, "antiepileptic_without_reason"),
    ("Phenobarbital 30mg", 2, DAILY, "antiepileptic_without_reason"),
    ("Fluoxetine 20mg", 1, DAILY, "antidepressant_without_reason"),
    ("Hydroxyurea 500mg", 2, DAILY, "hydroxyurea_without_sickle_cell"),
    ("MGSO4 25%", 10, DAILY, "birth_drugs_without_birth"),
)


def unexplained(rng: Draw) -> Planted:
    label, count, often, rule = rng.pick(UNEXPLAINED)
    chart = adult(rng).visit(
        DAY, diagnosis(112770, "Sprain"), drug(label, count, "Tablet", often, 7), weight=62
    )
    return chart, rule


def zinc_for_nothing(rng: Draw) -> Planted:
    made = drug("Zinc Sulphate 20mg", 1, "Tablet", DAILY, 10)
    return child(rng, 8, 50).visit(DAY, diagnosis(106, "Acute Coryza"), made), (
        "zinc_without_diarrhoea"
    )


def food_for_nothing(rng: Draw) -> Planted:
    made = drug("Ready-to-use Therapeutic Food 92g sachet", 18, "Packets", "Weekly", 7)
    return child(rng, 8, 50).visit(DAY, made, muac=14.8), "rutf_without_malnutrition"


def sp_for_a_man(rng: Draw) -> Planted:
    made = drug("Sulfadoxine / Pyrimethamine 500mg/25mg", 3, "Tablet", "One time", 1)
    return adult(rng, "M").visit(DAY, made), "sp_without_reason"
