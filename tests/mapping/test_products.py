"""A medicine's ingredients, strength and form, out of its name."""

import pytest

from bridge.mapping.products import is_same_drug, product_of, without_salt


@pytest.mark.parametrize(
    ("name", "ingredients", "form"),
    [
        ("lisinopril 10 MG Oral Tablet", ("lisinopril",), "tablet"),
        ("24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet",
         ("metformin hydrochloride",), "modified tablet"),
        ("Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet [Augmentin]",
         ("amoxicillin", "clavulanate"), "tablet"),
        ("NDA020503 200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler",
         ("albuterol",), "inhaler"),
        ("1 ML Epinephrine 1 MG/ML Prefilled Syringe", ("epinephrine",), "syringe"),
        ("Penicillin V", ("penicillin v",), ""),
    ],
)  # fmt: skip
def test_a_name_of_rxnorms_is_read(name: str, ingredients: tuple[str, ...], form: str) -> None:
    """Without what stands before the ingredient, and without the brand."""
    product = product_of(name)
    assert (product.ingredients, product.form) == (ingredients, form)


@pytest.mark.parametrize(
    ("name", "strength", "form", "same"),
    [
        ("lisinopril 10 MG Oral Tablet", "10mg", "Tablet", True),
        ("lisinopril 10 MG Oral Tablet", "20mg", "Tablet", False),
        ("lisinopril 10 MG Oral Tablet", "10mg", "", False),
        ("Amoxicillin 500 MG / Clavulanate 125 MG Oral Tablet", "125mg+500mg", "Tablet", True),
        ("Ceftriaxone 1000 MG Injection", "1g", "Injection", True),
        ("Levothyroxine 0.075 MG Oral Tablet", "75mcg", "Tablet", True),
        ("Amoxicillin 25 MG/ML Oral Suspension", "125mg/5ml", "Suspension", True),
        ("Amoxicillin 250 MG Oral Capsule", "250mg", "Tablet", False),
        ("24 HR Metformin 500 MG Extended Release Oral Tablet", "500mg", "Tablet", False),
        ("Verapamil Hydrochloride 40 MG", "40mg", "Tablet", True),
        ("Acetaminophen", "", "Tablet", False),
    ],
)
def test_a_drug_is_the_same_by_strength_and_form(
    name: str, strength: str, form: str, same: bool
) -> None:
    """A tablet is no capsule, and one that is released slowly is none that is not."""
    assert is_same_drug(product_of(name), strength, form, "") is same


def test_a_salt_is_left_out_where_it_is_not_the_medicine() -> None:
    """Ferrous sulfate stays what it is."""
    assert without_salt("losartan potassium") == "losartan"
    assert without_salt("ferrous sulfate") == "ferrous sulfate"
    assert without_salt("potassium") == "potassium"
