"""Milligrams a day, out of what an order says."""

from datetime import UTC, datetime

import pytest

from bridge.chart import FREQUENCY_SYSTEM, Code, CodeableConcept, DrugOrder, Quantity
from bridge.quality.coherence import vocabulary
from bridge.quality.coherence.prescribed import Products, is_local, milligrams, times_a_day
from tests.quality.coherence.chart import words

PRODUCTS = Products(vocabulary())


def order(label: str, value: float, unit: str, route: str = "") -> DrugOrder:
    """Return an order of a product."""
    return DrugOrder(
        uuid="o",
        drug=words(label),
        start=datetime(2026, 1, 1, tzinfo=UTC),
        dose=Quantity(value, unit),
        route=words(route) if route else None,
    )


@pytest.mark.parametrize(
    ("label", "value", "unit", "given"),
    [
        ("Amoxicillin 250 mg", 2, "Tablet", {"amoxicillin": 500}),
        ("Amoxicillin Dispersible Tablet 250mg", 1.5, "{tbl}", {"amoxicillin": 375}),
        ("Amoxicillin 125mg/5ml", 5, "Milliliter", {"amoxicillin": 125}),
        ("Amoxicillin 125mg/5ml", 10, "mL", {"amoxicillin": 250}),
        ("Nevirapine Syrup 10mg/ml", 1.5, "Milliliter", {"nevirapine": 15}),
        ("Motrin Infant's 50mg/1.25ml", 1.25, "mL", {"ibuprofen": 50}),
        ("Ceftriaxone 1g", 1, "Vial", {"ceftriaxone": 1000}),
        ("Artesunate Injection 60mg", 31, "Milligram", {"artesunate": 31}),
        ("Artemether / Lumefantrine 20mg/120mg", 2, "Tablet", {"artemether_lumefantrine": 40}),
        ("Co-trimoxazole 480mg", 1, "Tablet", {"cotrimoxazole": 480}),
        ("Metformin 500 mg", 1, "g", {"metformin": 1000}),
        ("Insuline R 100UI/1ml", 10, "International units", {"insulin": 10}),
        ("Abacavir / Lamivudine 120mg/60mg", 2, "Tablet", {"abacavir": 240, "lamivudine": 120}),
        (
            "Tenofovir / Lamivudine / Dolutegravir (TLD) 300mg/300mg/50mg",
            1,
            "Tablet",
            {"tenofovir": 300, "lamivudine": 300, "dolutegravir": 50},
        ),
        (
            "RHEZ",
            2,
            "Tablet",
            {"rifampicin": 300, "isoniazid": 150, "pyrazinamide": 800, "ethambutol": 550},
        ),
        (
            "Isoniazid / Pyrazinamide / Rifampicin (HRZ) 50mg/150mg/75mg",
            2,
            "Tablet",
            {"isoniazid": 100, "pyrazinamide": 300, "rifampicin": 150},
        ),
        ("Salbutamol Pompe", 2, "Puff", {}),
        ("Fer Folate Co", 1, "Tablet", {}),
    ],
)
def test_a_dose_in_milligrams(label: str, value: float, unit: str, given: dict[str, float]) -> None:
    """Tablets by the strength in the name, syrup by the millilitre, grams as they are."""
    made = order(label, value, unit)
    assert milligrams(made, PRODUCTS.of(made.drug)) == pytest.approx(given)


@pytest.mark.parametrize(
    ("frequency", "times"),
    [
        (words("Twice daily"), 2),
        (words("Every six hours"), 4),
        (words("bid"), 2),
        (words("One time"), 1),
        (CodeableConcept((Code(FREQUENCY_SYSTEM, "0.5"),)), 0.5),
        (words("when the moon is full"), None),
        (None, None),
    ],
)
def test_how_often_a_day(frequency: CodeableConcept | None, times: float | None) -> None:
    """What nobody can read is not judged."""
    assert times_a_day(frequency) == times


@pytest.mark.parametrize(
    ("label", "route", "local"),
    [
        ("Hydrocortisone creme 1%", "", True),
        ("Tetracycline Ophtalmique", "", True),
        ("Salbutamol Pompe", "", True),
        ("Gentamicin 0.3%", "", True),
        ("Gentamicin Injection 80mg/2ml", "", False),
        ("MGSO4 25%", "", False),
        ("Doxycycline 100mg", "Oral", False),
        ("Metronidazole et Nystatin Ovules Vaginales 500mg+100000UI", "Vaginally", True),
        ("Prednisone 20mg", "Inhalation", True),
    ],
)
def test_what_is_put_on_the_skin_is_not_swallowed(label: str, route: str, local: bool) -> None:
    """A cream harms no unborn child."""
    made = order(label, 1, "Application", route)
    assert is_local(made, PRODUCTS.of(made.drug)) == local
