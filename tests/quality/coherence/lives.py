"""Twelve typical patients of the care modules, each a chart that holds together."""

from collections.abc import Callable
from datetime import date, timedelta

from bridge.chart import Patient
from tests.quality.coherence.chart import (
    NEGATIVE,
    POSITIVE,
    Chart,
    ciel,
    diagnosis,
    drug,
    note,
    order,
    result,
    vaccine,
    words,
)

DAY = date(2026, 5, 4)
AL = "Artemether / Lumefantrine 20mg/120mg"
AMOXICILLIN = "Amoxicillin Dispersible Tablet 250mg"
TLD = "Tenofovir / Lamivudine / Dolutegravir (TLD) 300mg/300mg/50mg"
RDT, SMEAR, HB = (1643, "Rapid test for malaria"), (32, "Malarial smear"), (21, "Haemoglobin")
HIV_TEST, VIRAL_LOAD = (163722, "Rapid test for HIV"), (856, "HIV viral load")
XPERT = (162202, "Tuberculosis polymerase chain reaction with rifampin resistance checking")
AFB, CD4 = (307, "Sputum for acid fast bacilli"), (5497, "CD4 count")
HBA1C, GLUCOSE = (159644, "HbA1c"), (160912, "Fasting blood glucose measurement (mg/dL)")
CREATININE = (790, "Serum creatinine (umol/L)")
DAILY, TWICE, THRICE, FOUR = "Once daily", "Twice daily", "Thrice daily", "Every six hours"


def days(count: float) -> timedelta:
    """Return a number of days."""
    return timedelta(count)


def malaria() -> Chart:
    """A boy of 26 months with fever, a positive test and tablets by weight; seen again on day 3."""
    chart = Chart("M", born=DAY - days(800), name="malaria")
    chart.visit(
        DAY,
        note("Hotness of body for 2 days. Temperature 38.9, chest clear. Return if worse."),
        order(*RDT),
        result(*RDT, POSITIVE),
        result(*HB, 9.8, "g/dL"),
        diagnosis(116128, "Malaria"),
        drug(AL, 1, "Tablet", TWICE, 3, code="2d272e37-4115-5f31-8030-deb50987b5dd"),
        drug("Paracetamol 500mg", 0.25, "Tablet", FOUR, 3, code=70116),
        temp=38.9,
        pulse=132,
        breaths=32,
        spo2=98,
        weight=11.6,
        height=86.0,
    )
    return chart.visit(
        DAY + days(3),
        note("Better, drinks and plays. Afebrile."),
        result(*SMEAR, NEGATIVE),
        diagnosis(116128, "Malaria"),
        temp=36.7,
        weight=11.6,
    )


def pneumonia() -> Chart:
    """A girl of 9 months with severe pneumonia, referred, and back with amoxicillin."""
    chart = Chart("F", born=DAY - days(280), name="pneumonia")
    chart.visit(
        DAY,
        note("Cough and difficult breathing. Severe pneumonia: chest indrawing, SpO2 88."),
        diagnosis(114100, "Pneumonia"),
        drug("Ampiciline Injection vial 1g", 350, "Milligram", FOUR, 1, route="Intramuscular"),
        drug("Gentamicin Injection 80mg/2ml", 52, "Milligram", DAILY, 1, route="Intramuscular"),
        temp=38.4,
        breaths=62,
        spo2=88,
        weight=7.2,
    )
    return chart.visit(
        DAY + days(6),
        note("Back from the ward, feeds well."),
        diagnosis(114100, "Pneumonia"),
        drug(AMOXICILLIN, 1, "Tablet", TWICE, 5, code=71160),
        temp=36.9,
        breaths=38,
        spo2=97,
        weight=7.1,
    )


def diarrhoea() -> Chart:
    """A boy of 14 months with some dehydration, salts and zinc."""
    return Chart("M", born=DAY - days(430), name="diarrhoea").visit(
        DAY,
        note("Loose stools for 3 days, no blood. Drinks eagerly."),
        diagnosis(142412, "Diarrhoea"),
        drug("Zinc Sulphate 20mg", 1, "Tablet", DAILY, 10),
        drug("Oral Rehydration Salts, sachet for 1 litre", 2, "Packets", DAILY, 2),
        temp=37.2,
        weight=9.4,
        breaths=30,
    )


def malnutrition() -> Chart:
    """A girl with severe acute malnutrition who recovers over eight weeks."""
    chart = Chart("F", born=DAY - days(420), name="malnutrition")
    chart.enrolled("Nutrition (outpatient therapeutic)", DAY, DAY + days(56))
    for week in range(9):
        entries = [diagnosis(163302, "Severe acute malnutrition")] if week < 8 else []
        if week == 0:
            entries.append(drug(AMOXICILLIN, 1, "Tablet", TWICE, 5, code=71160))
        if week < 8:
            entries.append(
                drug("Ready-to-use Therapeutic Food 92g sachet", 18, "Packets", "Weekly", 7)
            )
        chart.visit(
            DAY + days(7 * week),
            *entries,
            muac=round(11.1 + 0.2 * week, 1),
            weight=round(6.4 + 0.15 * week, 1),
            temp=36.8,
        )
    return chart


def hiv_and_tb() -> Chart:
    """A man found with HIV and tuberculosis: TLD, and dolutegravir twice a day with rifampicin."""
    chart = Chart("M", born=date(1988, 3, 1), name="hiv")
    chart.has(138405, "Human immunodeficiency virus (HIV) disease", DAY)
    chart.has(112141, "Tuberculosis", DAY)
    chart.enrolled("HIV Care and Treatment", DAY).enrolled("Tuberculosis", DAY)
    chart.visit(
        DAY,
        note("Cough for a month, night sweats, lost 6 kg. HIV test reactive."),
        result(*HIV_TEST, POSITIVE),
        result(*XPERT, (162204, "MTB detected without rifampin resistance")),
        result(*CD4, 142, "cells/uL"),
        diagnosis(163324, "Co-infection with HIV and tuberculosis"),
        drug("RHEZ", 4, "Tablet", DAILY, 56),
        drug("Cotrim Co 960mg", 1, "Tablet", DAILY, 90),
        weight=52,
        height=171,
        temp=37.6,
    )
    chart.visit(
        DAY + days(14),
        diagnosis(138405, "HIV disease"),
        drug(TLD, 1, "Tablet", DAILY, 90),
        drug("Dolutegravir 50mg", 1, "Tablet", DAILY, 90),
        weight=52.6,
    )
    chart.visit(
        DAY + days(56),
        result(*AFB, NEGATIVE),
        diagnosis(112141, "Tuberculosis"),
        drug("RH", 4, "Tablet", DAILY, 112),
        weight=54.8,
    )
    return chart.visit(
        DAY + days(180),
        result(*VIRAL_LOAD, 20, "copies/ml"),
        diagnosis(138405, "HIV disease"),
        drug(TLD, 1, "Tablet", DAILY, 90),
        weight=58.2,
    )


def mother(name: str = "mother") -> Chart:
    """A woman from her first antenatal contact to the visit after birth."""
    chart = Chart("F", born=date(2001, 7, 2), name=name)
    birth = DAY + days(196)
    chart.has(132678, "Normal pregnancy", DAY, end=birth, is_active=False)
    chart.enrolled("Antenatal care", DAY, birth).enrolled("Postnatal care", birth)
    for number, (week, weight) in enumerate(((12, 58), (20, 60), (30, 63.5), (36, 66))):
        entries = [
            note(
                f"{week} weeks of gestation. Fetal heart heard."
                if week > 12
                else "12 weeks pregnant."
            ),
            diagnosis(132678, "Normal pregnancy"),
            drug("Fer Folate Co", 1, "Tablet", DAILY, 50),
        ]
        if number == 0:
            entries += [result(45, "Urine pregnancy test", POSITIVE), result(*HIV_TEST, NEGATIVE)]
            entries += [result(*HB, 11.4, "g/dL"), vaccine(84879, "Tetanus toxoid", 1)]
        else:
            entries.append(
                drug("Sulfadoxine / Pyrimethamine 500mg/25mg", 3, "Tablet", "One time", 1)
            )
        if number == 1:
            entries += [vaccine(84879, "Tetanus toxoid", 2)]
            entries += [drug("Albendazole Co 400mg", 1, "Tablet", "One time", 1)]
        chart.visit(
            DAY + days(7 * (week - 12)), *entries, sbp=108 + number, dbp=66, weight=weight, pulse=84
        )
    chart.visit(
        birth,
        diagnosis(126449, "Outcome of delivery, single liveborn"),
        drug("Oxytocin Injection 10 IU/ml", 1, "Milliliter", "One time", 1, route="Intramuscular"),
        sbp=118,
        dbp=72,
        temp=37.0,
    )
    return chart.visit(birth + days(42), note("Feels well, breastfeeding."), weight=59)


def newborn() -> Chart:
    """A girl from birth to her second year with all vaccines."""
    chart = Chart("F", born=date(2024, 6, 3), name="newborn")
    chart.enrolled("Child welfare and immunisation", chart.born)
    polio, penta, pcv = (783, "OPV"), (162339, "Penta"), (82215, "Pneumococcal vaccine")
    rota, rts = (83531, "Rotavirus vaccine, live"), (166703, "RTS,S/AS01 vaccine")
    visits = (
        (0, 3.2, 49.5, [(886, "BCG", 1), (*polio, 1)]),
        (43, 4.6, 55, [(*polio, 2), (*penta, 1), (*pcv, 1), (*rota, 1)]),
        (72, 5.5, 58.5, [(*polio, 3), (*penta, 2), (*pcv, 2), (*rota, 2)]),
        (101, 6.2, 61, [(*polio, 4), (*penta, 3), (*pcv, 3), (1422, "IPV", 1)]),
        (184, 7.4, 66, [(*rts, 1)]),
        (214, 7.7, 67.5, [(*rts, 2)]),
        (276, 8.3, 70.5, [(162586, "Measles-Rubella vaccine", 1), (*rts, 3)]),
        (550, 10.2, 80, [(162586, "Measles-Rubella vaccine", 2)]),
        (732, 11.6, 86, [(*rts, 4)]),
    )
    for day, weight, length, given in visits:
        made = [vaccine(code, label, dose) for code, label, dose in given]
        chart.visit(chart.born + days(day), *made, weight=weight, height=length)
    return chart


def chronic() -> Chart:
    """A woman with hypertension and diabetes over two years."""
    chart = Chart("F", born=date(1968, 1, 20), name="chronic")
    begin = date(2024, 3, 4)
    chart.has(117399, "Hypertension", begin).has(142473, "Diabetes mellitus, type 2", begin)
    chart.enrolled("Outpatient Diabetes Education Program", begin, begin + days(200))
    chart.enrolled("NCD: hypertension", begin)
    for index in range(8):
        metformin = 1 if index < 3 else 2
        entries = [
            diagnosis(117399, "Hypertension"),
            diagnosis(142473, "Diabetes mellitus, type 2"),
            drug("Amlodipine 5mg", 1 if index < 2 else 2, "Tablet", DAILY, 90, code=71137),
            drug("Metformin Co 500mg", metformin, "Tablet", TWICE, 90, code=79651),
            result(*GLUCOSE, 178 - 8 * index, "mg/dL"),
        ]
        if index % 2 == 0:
            entries += [result(*HBA1C, 9.1 - 0.3 * index, "%")]
            entries += [result(*CREATININE, 78 + index, "umol/L")]
        if index > 3:
            entries.append(drug("Losartan 50mg", 1, "Tablet", DAILY, 90))
        sbp = 162 - 4 * index
        if index == 2:
            entries.append(note(f"Blood pressure {sbp}/92, still raised. Takes her tablets."))
        chart.visit(begin + days(91 * index), *entries, sbp=sbp, dbp=92, weight=81 - 0.4 * index)
    return chart


def asthma() -> Chart:
    """A girl of 8 years with an attack, and her inhaler."""
    return Chart("F", born=DAY - days(3000), name="asthma").visit(
        DAY,
        note("Wheeze since the morning, speaks in sentences. SpO2 94."),
        diagnosis(4, "Asthma exacerbation"),
        drug("Salbutamol Pompe", 4, "Puff", "Every four hours", 2, route="Inhalation"),
        drug("Deltasone 20mg", 1, "Tablet", TWICE, 4),
        spo2=94,
        breaths=32,
        pulse=118,
        weight=24,
        temp=36.9,
    )


def epilepsy() -> Chart:
    """A man with epilepsy and depression."""
    chart = Chart("M", born=date(1990, 2, 2), name="epilepsy")
    chart.has(155, "Epilepsy", date(2019, 5, 1)).has(119537, "Depression", date(2025, 1, 5))
    for index in range(4):
        chart.visit(
            date(2025, 1, 6) + days(60 * index),
            diagnosis(155, "Epilepsy"),
            drug("Carbamazepine 200mg", 1.5, "Tablet", TWICE, 60, code=72822),
            drug("Fluoxetine 20mg", 1, "Capsule", DAILY, 60, code=76552),
            weight=66,
            sbp=124,
            dbp=78,
        )
    return chart


def sickle_cell() -> Chart:
    """A boy of four years with sickle cell disease: folate, penicillin, hydroxyurea."""
    chart = Chart("M", born=DAY - days(1500), name="sickle")
    chart.has(117703, "Sickle-cell anemia", DAY - days(700))
    for index in range(3):
        chart.visit(
            DAY + days(30 * index),
            result(*HB, 7.4 + 0.1 * index, "g/dL"),
            result(160225, "Sickle cell screening test", POSITIVE),
            diagnosis(117703, "Sickle-cell anemia"),
            drug("Acide Folique Co 5mg", 1, "Tablet", DAILY, 30),
            drug("Phenoxymethylpenicillin 250mg", 1, "Tablet", TWICE, 30),
            drug("Hydroxyurea 500mg", 0.5, "Capsule", DAILY, 30),
            weight=15.5,
            temp=36.8,
            spo2=96,
        )
    return chart


def young_woman() -> Chart:
    """A woman with family planning, prevention of HIV, and a urinary infection."""
    chart = Chart("F", born=date(1999, 9, 9), name="young")
    chart.allergic(162297, "Penicillins")
    chart.enrolled("Family planning", DAY)
    chart.enrolled("HIV Preventative Services (PEP/PrEP)", DAY)
    chart.visit(
        DAY,
        result(*HIV_TEST, NEGATIVE),
        result(45, "Urine pregnancy test", NEGATIVE),
        drug("Depo Provera", 1, "Vial", "One time", 90, route="Intramuscular"),
        drug("Emtricitabine / Tenofovir 200mg/300mg", 1, "Tablet", DAILY, 90),
        sbp=112,
        dbp=70,
        weight=61,
    )
    return chart.visit(
        DAY + days(40),
        note("Burning on urination, no fever, no flank pain."),
        diagnosis(111633, "Urinary tract infection"),
        drug("Ciprofloxacin Co 500mg", 1, "Tablet", TWICE, 3, code=73449, reason=words("UTI")),
        drug("Paracetamol 500mg", 2, "Tablet", THRICE, 3, reason=ciel(114403, "Pain")),
        temp=36.9,
        weight=61.2,
    )


LIVES: tuple[Callable[[], Chart], ...] = (
    malaria,
    pneumonia,
    diarrhoea,
    malnutrition,
    hiv_and_tb,
    mother,
    newborn,
    chronic,
    asthma,
    epilepsy,
    sickle_cell,
    young_woman,
)


def patients() -> list[Patient]:
    """Return all of them."""
    return [life().patient() for life in LIVES]
