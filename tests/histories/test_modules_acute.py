"""The acute modules, their formulary, laboratory and figures: whole, and right for everybody."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.care import care
from bridge.content.package import Content, load_content
from bridge.histories.care import check_reasons
from bridge.histories.care.allergies import allergen_keys, allergens
from bridge.histories.care.check import faults_of, formulary_faults
from bridge.histories.care.check_doses import dose_of, is_ruled_out
from bridge.histories.care.model import Module
from bridge.histories.care.package import MODULES, drugs, load_module, modules
from bridge.histories.care.package import tests as laboratory
from bridge.histories.care.people_like import COUNTRIES, Person, people
from bridge.histories.care.reasons import attendance, reasons
from bridge.histories.care.vaccines import by_key, schedule, tetanus
from bridge.yaml_files import parse_yaml

ACUTE = [
    "anaemia",
    "child_welfare",
    "childhood_infections",
    "cough",
    "dental",
    "diarrhoea",
    "ear",
    "eye",
    "feeding",
    "fever",
    "injury",
    "malaria",
    "malnutrition",
    "newborn",
    "pain",
    "pneumonia",
    "skin",
    "urinary",
    "worms",
]
LARGEST_DOSE = {  # mg/kg at once, and mg at once of grown-ups: above it, it would be a mistake
    "paracetamol": (20.5, 1000),
    "ibuprofen": (10.5, 400),
    "artesunate": (4.1, 282),
    "ceftriaxone": (67, 2000),
    "gentamicin": (8.4, 480),
    "azithromycin": (13.5, 500),
    "azithromycin_typhoid": (25.5, 1000),
    "cefixime": (10.5, 400),
    "ampicillin": (67, 2000),
    "amoxicillin": (63, 750),
    "cloxacillin": (21, 750),
    "ciprofloxacin": (21, 500),
    "metronidazole": (12.6, 500),
    "iron_syrup": (3.4, 100),
    "praziquantel": (57, 3300),
    "griseofulvin": (20.1, 500),
}


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content()


@pytest.mark.parametrize("name", ACUTE)
def test_nothing_is_wrong_with_a_module(name: str) -> None:
    """Names exist, sources are used, everybody gets a dose, shares add up."""
    assert [str(fault) for fault in faults_of(load_module(MODULES / f"{name}.yaml"))] == []


def test_nothing_is_wrong_with_the_formulary() -> None:
    """Substitutes and allergens exist."""
    assert [str(fault) for fault in formulary_faults()] == []


def test_every_reason_has_a_home_for_whoever_comes_for_it() -> None:
    """A lasting illness in the chronic module of its name."""
    assert [str(fault) for fault in check_reasons.faults(modules().values())] == []


def test_a_reason_without_a_home_is_told() -> None:
    """Without the skin module, its reasons are named."""
    others = [module for name, module in modules().items() if name != "skin"]
    assert ("scabies",) in {fault.path for fault in check_reasons.faults(others)}


@pytest.mark.parametrize("name", ACUTE)
def test_notes_have_five_phrases_or_more(name: str) -> None:
    """So that forty charts do not read alike."""
    for state_name, state in modules()[name].states.items():
        assert state.notes is not None, state_name
        for part in ("complaint", "history", "finding", "plan"):
            assert len(getattr(state.notes, part)) >= 5, (state_name, part)


@pytest.mark.parametrize("name", ACUTE)
def test_diagnoses_are_of_the_content_package(name: str, content: Content) -> None:
    """With CIEL's code, the concept's own name, and of class Diagnosis, so that O3 shows them."""
    known = {concept.code: concept for concept in content.concepts if concept.code}
    for state_name, state in modules()[name].states.items():
        for diagnosis in state.diagnoses:
            code, _, text = diagnosis.code.removeprefix("CIEL:").partition(" ")
            assert code in known, (state_name, diagnosis.code)
            assert (known[code].name, known[code].concept_class) == (text, "Diagnosis")


def test_drugs_are_of_the_content_package(content: Content) -> None:
    """A product by name, or a substance by its concept; with a known frequency and route."""
    products = {drug.name for drug in content.drugs}
    names = {concept.name for concept in content.concepts}
    frequencies = {content.by_uuid[one.concept].name for one in content.frequencies}
    for key, drug in drugs().items():
        assert drug.name in products | names, key
        assert drug.frequency in frequencies, key
        assert {drug.unit.removesuffix("s"), drug.unit} & names or drug.unit in names, key
        assert drug.route in names, key


def test_tests_and_answers_are_of_the_content_package(content: Content) -> None:
    """With the names that the concepts have."""
    by_code = {concept.code: concept for concept in content.concepts if concept.code}
    for key, test in laboratory().items():
        assert by_code[test.concept].name == test.name, key
        for answer in test.answers.values():
            code, _, name = answer.partition(" ")
            if code.isdecimal():
                assert by_code[code].name == name, key


def test_programs_and_services_are_of_the_content_package(content: Content) -> None:
    """Enrolments and appointments need them."""
    programs = {one.name for one in content.programs}
    states = {content.by_uuid[one.concept].name for one in content.states}
    services = {one.name for one in content.services}
    for name in ACUTE:
        module = modules()[name]
        assert module.program is None or module.program.name in programs
        assert module.service in services
        told = {state.program_state for state in module.states.values()}
        assert told - {None} <= states


def milligrams(key: str, person: Person) -> float | None:
    """Return how much of the substance one dose is; None: not given to that person."""
    if not (found := dose_of(key, person)):
        return None
    drug, dose = found
    strength = re.search(r"([\d.]+) ?mg(?:/([\d.]+) ?ml)?", drug.name)
    if drug.unit == "Milligram" or not strength:
        return dose
    return dose * float(strength[1]) / float(strength[2] or 1)


@pytest.mark.parametrize("key", LARGEST_DOSE)
def test_no_dose_is_too_large_for_the_weight(key: str) -> None:
    """At any weight from 2 to 120 kg; how much is the limits' own table, not the formulary's."""
    per_kg, most = LARGEST_DOSE[key]
    for person in people(("kenya",)):
        amount = milligrams(key, person)
        if amount is not None and not is_ruled_out(key, person):
            assert amount <= most
            assert amount / person.kg <= per_kg or amount == most == 1000, str(person)


def test_a_small_child_gets_the_syrup_and_a_woman_the_tablets() -> None:
    """`otherwise` leads to the product of those of whom no dose holds."""
    child = Person(months=14, kg=9.8, sex="F", country="kenya")
    woman = replace(child, months=400, kg=62)
    given = [dose_of(key, who) for who in (child, woman) for key in ("paracetamol", "amoxicillin")]
    assert [found and (found[0].unit, found[1]) for found in given] == [
        ("Milliliter", 4),
        ("Tablet", 1),
        ("Tablet", 2),
        ("Capsule", 1),
    ]
    assert is_ruled_out("ibuprofen", replace(woman, pregnant_weeks=24))


SMALL = """
module: small
title: Small
about: for a test
kind: acute
sources: {one: {text: a book, verified: "yes"}}
who: {reasons: [{reason: common_cold, state: ill}]}
states:
  ill:
    tests: [{test: haemoglobin, share: 0.5, number: {function: haemoglobin}, source: one}]
    drugs: [{drug: paracetamol, source: one}]
    notes:
      complaint: [Cough., Coughs., A cough., Still coughs.]
      history: [Drinks., Eats., Sleeps., Walks.]
      finding: ["T {temperature}.", Well., Alert., Chest clear.]
      plan: ["{drugs}. Rest.", "{drugs}. Fluids.", "{drugs}. Back if worse.", "Home. {drugs}"]
    next: [{to: cured, share: 1, source: one}]
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("drug: paracetamol", "drug: paracetamole"), "no drug of the formulary"),
        (("drug: paracetamol", "drug: paracetamol, unless: ors"), "ors is not among the drugs"),
        (("test: haemoglobin", "test: haemoglobine"), "no test of the laboratory"),
        (("T {temperature}.", "Hb {haemoglobin}."), "{haemoglobin} is not made at each visit"),
        (("T {temperature}.", "T {temp}."), "nothing fills in {temp}"),
        (("state: ill}", "state: ill}, {reason: a_cold, state: ill}"), "nobody comes for a_cold"),
        (("to: cured", "to: ill"), None),
        (("drug: paracetamol", "drug: cetirizine"), "no dose for F, 0.1 months, 2.2 kg, kenya"),
        (("  ill:", "  well: {}\n  ill:"), "nobody comes into this state"),
        (("text: a book", 'text: b, verified: "yes"}, two: {text: c'), "two: is cited nowhere"),
        (("drugs: [", "vaccines: [bgc]\n    drugs: ["), "no vaccine is called bgc"),
        (
            ("source: one}]\n    notes", "when: {has: [pox]}, source: one}]\n    notes"),
            "called pox",
        ),
        (
            ("number: {function: haemoglobin}", "answers: {positive: 1}"),
            "haemoglobin has no answer positive",
        ),
    ],
)
def test_a_planted_fault_is_found(change: tuple[str, str], told: str | None) -> None:
    """And where nothing is wrong, nothing is said."""
    assert change[0] in SMALL
    module = parse_yaml(SMALL.replace(*change), Module, place="small")
    found = [str(fault) for fault in faults_of(module)]
    assert any(told in fault for fault in found) if told else found == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_reasons_of_an_age_add_to_one_and_are_sensible(country: str) -> None:
    """No toothache before teeth, no menses of men."""
    totals: dict[tuple[float, float], float] = {}
    for row in reasons(country):
        totals[row.years] = totals.get(row.years, 0) + row.share
        if row.reason in ("dental_caries", "headache", "depression"):
            assert row.years[0] >= 1
        if row.reason in ("menstrual_disorder", "vaginitis", "pelvic_inflammatory_disease"):
            assert (row.sex, row.years[1] > 10) == ("F", True)
    assert totals.values() == pytest.approx([1.0] * len(totals), abs=1e-3)
    assert sorted(totals)[0][0] == 0
    assert all(one[1] == two[0] for one, two in pairwise(sorted(totals)))


@pytest.mark.parametrize("country", COUNTRIES)
def test_small_children_and_women_come_most(country: str) -> None:
    """And somebody of every age comes."""
    rows = attendance(country)
    often = {(row.years[0], row.sex): row.visits_a_year for row in rows}
    assert often[0, "F"] > often[5, "F"]
    assert often[15, "F"] > often[15, "M"]
    assert min(often.values()) > 0


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_schedule_keeps_its_own_limits(country: str) -> None:
    """Each dose is due within its ages, and late enough after the one before."""
    before: dict[str, int] = {}
    for dose in schedule(country):
        assert dose.age is not None
        assert dose.min_age <= dose.age <= dose.max_age, dose
        if dose.key in before:
            assert dose.age - before[dose.key] >= dose.min_interval, dose
        before[dose.key] = dose.age
        assert 0 < dose.coverage <= 1
    assert {"penta", "dtp"} & before.keys()


def test_oral_polio_at_birth_has_a_number_that_a_server_takes() -> None:
    """O3 knows no dose 0: the birth dose is its first where a country has one."""
    numbers = {c: [d.number_o3 for d in by_key(c)["opv"]] for c in ("kenya", "nepal", "india")}
    assert numbers == {"kenya": [1, 2, 3, 4], "nepal": [1, 2, 3], "india": [1, 2, 3, 4, 11]}


def test_vaccines_are_of_the_content_package(content: Content) -> None:
    """Under their concepts' names."""
    known = {c.code: c.name for c in content.concepts} | {
        uuid: c.name for uuid, c in content.by_uuid.items()
    }
    for country in COUNTRIES:
        for dose in (*schedule(country), *tetanus()):
            assert known[dose.concept] == dose.name, dose.key


@pytest.mark.parametrize("country", COUNTRIES)
def test_few_charts_carry_an_allergy(country: str, content: Content) -> None:
    """With reactions that are concepts, and shares that are shares."""
    codes = {c.code: c.name for c in content.concepts}
    general = 0.0
    for allergen in allergens(country):
        assert codes[allergen.concept] == allergen.name
        assert sum(allergen.reactions.values()) <= 1.001, allergen.key
        assert sum(allergen.severity.values()) == pytest.approx(1, abs=0.011), allergen.key
        for reaction in allergen.reactions:
            code, _, name = reaction.partition(" ")
            assert codes[code] == name
        if not allergen.has and allergen.years[0] <= 30 < allergen.years[1]:
            general += allergen.prevalence
    assert 0.05 < general < 0.2
    assert {"penicillins", "sulfonamides", "nsaids"} <= allergen_keys()


def test_list_shows_every_module() -> None:
    """With how far its figures are known."""
    said = CliRunner().invoke(care, ["list"]).output
    assert all(name in said for name in ACUTE)
    assert "recalled" in said


def test_show_prints_states_and_sources() -> None:
    """Readable without the file."""
    said = CliRunner().invoke(care, ["show", "ear"]).output
    assert "amoxicillin, else azithromycin" in said
    assert "WHO EmCare/IMCI" in said


def test_check_names_file_and_line(tmp_path: Path) -> None:
    """Of a fault that only the whole shows, too."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL.replace("drug: paracetamol", "drug: paracetamole"))
    run = CliRunner().invoke(care, ["check", str(file)], standalone_mode=False)
    assert run.return_value == 2
    assert f"{file}:11: states: ill: drugs: 0: no drug" in run.output
    file.write_text(SMALL)
    run = CliRunner().invoke(care, ["check", str(file)], standalone_mode=False)
    assert (run.return_value, "is a care module" in run.output) == (0, True)
