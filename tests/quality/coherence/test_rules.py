"""The rule file and its vocabulary: what they may say, and what they name."""

import csv
import os
from pathlib import Path

import pytest

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM, SNOMED_SYSTEM
from bridge.errors import InputError
from bridge.quality.coherence import Judge, load_rules, parse_rules, vocabulary
from bridge.quality.coherence.model import Dose, Vaccines

SHARED = Path(os.environ.get("BRIDGE_TEST_SHARED", Path(__file__).parents[4] / "shared"))
CONCEPTS = SHARED / "data" / "clinical" / "refapp_concepts.csv"
CONTENT = Path(__file__).parents[3] / "mappings" / "content"

NOT_IN_THE_CONTENT = {"1438", "dfdc6d40-2f2f-463d-ba90-cc97350441a8"}
"""Weeks of gestation in CIEL (recalled), and KenyaEMR's program of HIV care (programs.csv)."""

RULE = """
rules:
- {{kind: only, name: men, says: "Only men have this one", severity: impossible, source: biology,
   verified: "yes", of: {{condition: [{key}]}}, sex: M}}
"""


def test_every_figure_has_a_source() -> None:
    """A guideline with its page, or the word that it is a choice."""
    for rule in load_rules().rules:
        assert rule.source
        if isinstance(rule, Dose):
            assert all(limit.source for limit in rule.limits)
        if isinstance(rule, Vaccines):
            assert all(schedule.source for schedule in rule.schedules)
        if rule.source.startswith("a choice"):
            assert rule.verified == "choice", rule.name


def test_a_key_that_the_vocabulary_lacks_is_said_with_the_nearest() -> None:
    """A rule about nothing would find nothing, for ever."""
    with pytest.raises(InputError, match=r"no condition is called menz, did you mean 'mens'\?"):
        Judge(parse_rules(RULE.format(key="menz")), vocabulary())
    Judge(parse_rules(RULE.format(key="mens")), vocabulary())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [{kind: onli}]", "rules"),
        (RULE.format(key="mens").replace("severity: impossible", "severity: bad"), "severity"),
        (RULE.format(key="mens") * 2, "stands twice|two rules"),
        (RULE.format(key="mens").replace("sex: M", "sex: M, years: 3"), "years"),
    ],
)
def test_a_fault_in_a_rule_file_is_said_with_its_place(text: str, said: str) -> None:
    """The file is meant to be added to."""
    with pytest.raises(InputError, match=said):
        parse_rules(text)


def test_every_code_of_the_vocabulary_is_in_the_content() -> None:
    """A mistyped number would be another disease, or none."""
    if not CONCEPTS.exists():
        pytest.skip("needs ../shared/data/clinical")
    known: set[str] = set()
    for path in (CONCEPTS, CONTENT / "concepts.csv", CONTENT / "programs.csv"):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                known |= {row.get("ciel", ""), row.get("code", "")}
                known |= {row.get("uuid", ""), row.get("concept_uuid", "")}
    words = vocabulary().words
    kinds = (words.conditions, words.programs, words.tests, words.answers)
    named = {
        str(code)
        for kind in (*kinds, words.allergens, words.drugs, words.vaccines)
        for meaning in kind.values()
        for code in meaning.codes
        if ":" not in str(code)
    }
    assert named - known == NOT_IN_THE_CONTENT


def test_a_concept_is_known_by_ciel_by_its_uuid_and_by_others_codes() -> None:
    """Charts of files speak SNOMED, bridge's own CIEL, and a server uuids."""
    dictionary = vocabulary().conditions
    for system, code in (
        (CIEL_SYSTEM, "117399"),
        (CIEL_SYSTEM, "117399".ljust(36, "A")),
        (SNOMED_SYSTEM, "38341003"),
    ):
        assert "hypertension" in dictionary.keys(CodeableConcept((Code(system, code),)))
    assert "hypertension" not in dictionary.keys(CodeableConcept((Code(SNOMED_SYSTEM, "117399"),)))


@pytest.mark.parametrize(
    ("label", "drugs"),
    [
        ("Amoxicillin 250mg", {"amoxicillin"}),
        ("Augmentin 250mg+62.5mg/5ml", {"amoxicillin"}),
        ("RHEZ", {"rifampicin", "isoniazid", "ethambutol", "pyrazinamide"}),
        ("RH", {"rifampicin", "isoniazid"}),
        ("Nystatin Sirop 100000UI", set()),
        ("24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet", {"metformin"}),
        ("Hydroxychloroquine 200mg", set()),
        ("Acetaminophen 300 MG / Hydrocodone Bitartrate 5 MG Oral Tablet", {"paracetamol"}),
    ],
)
def test_drugs_are_known_by_their_names(label: str, drugs: set[str]) -> None:
    """Whole words: nystatin is no statin, and RH is no hour."""
    assert vocabulary().drugs.keys(CodeableConcept((), label)) == drugs
