"""The modules of long-term care, pregnancy and family planning are whole, and right in doses."""

import random
from functools import cache

import pytest

from bridge.content.package import load_content
from bridge.histories.care.check import faults_of
from bridge.histories.care.model import Drug, Formulary, Module, State
from bridge.histories.care.package import FORMULARY, drugs, modules
from bridge.histories.care.phrases import phrase_faults
from bridge.yaml_files import load_yaml
from tests.lib.care_patients import Person, people

MINE = (
    *("antenatal", "asthma", "ckd", "copd", "depression", "diabetes", "epilepsy"),
    *("family_planning", "heart_failure", "hiv", "hypertension", "sickle_cell", "stroke_followup"),
    *("thyroid", "tuberculosis"),
)


@pytest.fixture(params=MINE)
def module(request: pytest.FixtureRequest) -> Module:
    """One module after the other."""
    return modules()[request.param]


@cache
def crowd() -> tuple[Person, ...]:
    """Return a thousand people."""
    return tuple(people(random.Random(1), 1000))


def whom(module: Module) -> list[Person]:
    """Return the people of the crowd who may be in a module."""
    adult = module.module not in ("hiv", "tuberculosis", "asthma", "epilepsy", "sickle_cell")
    chosen = [p for p in crowd() if p.years >= (18 if adult else 1)]
    if module.anchor == "pregnancy":
        return [p for p in chosen if p.weeks is not None]
    if module.module == "family_planning":
        return [p for p in chosen if p.sex == "F"]
    return chosen


def test_a_module_names_only_what_there_is(module: Module) -> None:
    """Drugs, tests, answers, other modules; every state can be reached."""
    assert list(faults_of(module)) == []


def test_each_source_is_cited(module: Module) -> None:
    """And nothing cites another."""
    cited = set()
    for state in module.states.values():
        cited |= {c.source for c in (*state.vitals, *state.tests, *state.drugs, *state.next)}
    cited |= {c.source for c in (*module.contacts, *module.standing, *module.who.groups)}
    cited |= {c.source for c in (*module.who.in_care, *module.who.attends)}
    cited |= {module.onset.source} if module.onset else set()
    assert cited == set(module.sources)


def test_phrases_can_be_filled_in(module: Module) -> None:
    """With what the visit has, and without standing twice."""
    assert list(phrase_faults(module)) == []


def test_every_visit_of_long_care_leads_somewhere(module: Module) -> None:
    """The shares that hold for a person are one in all, or, in a series of contacts, at most."""
    for name, state in module.states.items():
        for person in whom(module):
            share = sum(n.share for n in state.next if person.meets(n.when))
            assert share <= 1 + 1e-9, (name, person)
            if module.kind == "chronic":
                assert share == pytest.approx(1), (name, person)


def test_shares_of_answers_are_one(module: Module) -> None:
    """Of each coded test."""
    for name, state in module.states.items():
        for test in state.tests:
            if test.answers:
                assert sum(test.answers.values()) == pytest.approx(1), (name, test.test)


def test_codes_programs_states_and_services_are_of_the_package(module: Module) -> None:
    """With the name that the code has there."""
    content = load_content()
    by_code = {c.code: c for c in content.concepts if c.code}
    programs = {p.name: p for p in content.programs}
    for state in module.states.values():
        for diagnosed in state.diagnoses:
            code, _, name = diagnosed.code.removeprefix("CIEL:").partition(" ")
            assert by_code[code].name == name
            assert by_code[code].concept_class == "Diagnosis", name
        if state.program_state:
            assert state.program_state in {c.name for c in content.concepts}
    for program in (module.program, *module.more_programs):
        assert program is None or program.name in programs
    assert module.service in {s.name for s in content.services}


def shipped() -> dict[str, Drug]:
    """Return the drugs of chronic.yaml."""
    return load_yaml(FORMULARY / "chronic.yaml", Formulary).drugs


def test_products_are_of_the_package() -> None:
    """By the name and the concept it has there, its unit, route and frequency too."""
    content = load_content()
    concepts = {c.uuid: c for c in content.concepts} | {
        c.code: c for c in content.concepts if c.code
    }
    names = {c.name for c in content.concepts}
    products = {drug.name: concepts[drug.concept] for drug in content.drugs}
    frequencies = {concepts[frequency.concept].name for frequency in content.frequencies}
    for key, drug in shipped().items():
        concept = concepts[drug.concept]
        assert concept.concept_class == "Drug", key
        assert products.get(drug.name, concept) == concept, key
        assert drug.name in products or drug.name == concept.name, key
        assert {drug.unit, drug.route} <= names, key
        assert drug.frequency in frequencies, key


def test_each_product_is_given_somewhere() -> None:
    """A formulary holds no drug that no module gives."""
    states: list[State] = [s for m in modules().values() for s in m.states.values()]
    given = {key for s in states for g in s.drugs for key in (g.drug, g.instead) if key}
    given |= {d.otherwise for d in drugs().values() if d.otherwise}
    assert set(shipped()) <= given


def given(person: Person, module: str, state: str) -> dict[str, float]:
    """Return what a person gets at a visit, and how much at a time."""
    doses = person.gets(modules()[module].states[state].drugs, drugs())
    return {key: dose.dose for key, dose in doses.items()}


def test_everybody_with_hiv_gets_one_regimen_with_dolutegravir() -> None:
    """TLD from ten years and 30 kg, the children's tablets by weight before."""
    for person in crowd():
        got = set(given(person, "hiv", "started"))
        regimens = got & {"tld", "abc_3tc_dtg", "abacavir_lamivudine"}
        assert len(regimens) == 1, person
        assert ("dolutegravir" in got) == ("abacavir_lamivudine" in got), person
        assert ("tld" in got) == (person.years >= 10 and person.kg >= 30), person


def test_everybody_with_tuberculosis_gets_one_regimen_by_weight() -> None:
    """Rifampicin 8 to 19 mg/kg: 10 for adults, 15 for children, give or take the bands."""
    for person in (p for p in crowd() if p.kg >= 4):
        for state, adult, child in (
            ("intensive", "rhze", "rhz_child"),
            ("continuation", "rh", "rh_child"),
        ):
            got = given(person, "tuberculosis", state)
            assert len(got.keys() & {adult, child}) == 1, person
            doubled = got.keys() & {"dolutegravir_evening", "dolutegravir_child_evening"}
            assert len(doubled) == ("hiv" in person.has), person
            rifampicin = 150 * got.get(adult, 0) + 75 * got.get(child, 0)
            assert (6 if person.kg > 90 else 8) <= rifampicin / person.kg <= 19, person


@pytest.mark.parametrize(
    ("drug", "milligrams", "least", "most"),
    [
        ("isoniazid", 300, 2.4, 12.1),
        ("isoniazid_child", 100, 7, 14.5),
        ("phenobarbital", 30, 0.5, 4),
        ("phenobarbital_more", 30, 1, 6),
        ("carbamazepine", 200, 1.5, 10),
        ("carbamazepine_more", 200, 3, 15.1),
        ("hydroxyurea", 500, 12, 31),
        ("hydroxyurea_child", 1, 14, 25),
        ("cotrimoxazole_prophylaxis_child", 480, 15, 42),
        ("prednisone_course", 20, 0.3, 1.3),
    ],
)
def test_a_dose_fits_the_weight(drug: str, milligrams: float, least: float, most: float) -> None:
    """In milligrams per kilogram at one time."""
    for person in crowd():
        dose = person.dose_of(drugs()[drug])
        assert dose is None or least <= dose.dose * milligrams / person.kg <= most, person


def test_no_pregnant_woman_gets_what_harms_the_child() -> None:
    """Whatever illness she is treated for."""
    harm = {"losartan", "losartan_100", "enalapril", "simvastatin", "hydrochlorothiazide", "depo"}
    harm |= {"hydrochlorothiazide_25", "hydroxyurea", "glibenclamide", "pills_combined"}
    for module in (modules()[name] for name in MINE):
        for state in module.states.values():
            for person in (p for p in crowd() if p.weeks is not None):
                assert not harm & person.gets(state.drugs, drugs()).keys(), module.module


def test_pressure_goes_with_the_diagnosis() -> None:
    """Found and uncontrolled: 140 or more; controlled: under 140/90."""
    states = modules()["hypertension"].states
    for name in ("found", "confirmed", "raised", "lapsed"):
        assert all(
            e.at_least and e.at_least >= 140 for e in states[name].vitals if e.measure == "sbp_mmhg"
        )
    assert {e.at_most for e in states["controlled"].vitals} == {139, 89}
