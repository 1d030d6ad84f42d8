"""What codes an input uses, and how much of them has a home."""

from datetime import UTC, date, datetime

import pytest

from bridge.chart import (
    Allergy,
    Code,
    CodeableConcept,
    Condition,
    Death,
    DrugOrder,
    Encounter,
    Enrollment,
    Finding,
    Patient,
    ProgramState,
    Quantity,
    Result,
    Visit,
)
from bridge.codes import LOINC_SYSTEM, SNOMED_SYSTEM
from bridge.mapping import vocabulary as vocabularies
from bridge.mapping.coverage import Homeless, coverage
from bridge.mapping.terms import Meaning, ServerConcept, ServerDrug, ServerProgram, Terms, key_of
from bridge.mapping.vocabulary import vocabulary_of

NOON = datetime(2025, 3, 4, 12, tzinfo=UTC)
ASTHMA = CodeableConcept((Code(SNOMED_SYSTEM, "195967001", "Asthma"),), "Asthma of this child")
RARE = CodeableConcept((Code(SNOMED_SYSTEM, "1", "Rare"),))
PANEL = CodeableConcept((Code(LOINC_SYSTEM, "85354-9"),))
PULSE = CodeableConcept((Code(LOINC_SYSTEM, "8867-4"),))
PILL = CodeableConcept(text="A pill")
TWICE = CodeableConcept(text="Twice daily")
HIV = CodeableConcept(text="HIV")
ACTIVE = CodeableConcept(text="Active")


def patient(number: int) -> Patient:
    """Return a patient with something of most roles."""
    entries = (
        Finding(
            uuid="f",
            what=PANEL,
            members=(Finding(uuid="m", what=PULSE, value=Quantity(72, "/min")),),
        ),
        Result(uuid="r", what=RARE, value=True),
        DrugOrder(uuid="d", drug=PILL, start=NOON, frequency=TWICE, reason=ASTHMA),
    )
    encounter = Encounter(uuid="e", time=NOON, entries=entries)
    return Patient(
        number=number,
        uuid=f"p{number}",
        sex="F",
        birthdate=date(2000, 1, 1),
        given_name="A",
        family_name="B",
        address=None,
        visits=(Visit(uuid="v", start=NOON, stop=NOON, encounters=(encounter,)),),
        entries=(
            Condition(uuid="c1", what=ASTHMA),
            Condition(uuid="c2", what=RARE),
            Allergy(uuid="a", allergen=RARE, reactions=(RARE, ASTHMA)),
            Enrollment(
                uuid="n",
                program=HIV,
                enrolled=NOON.date(),
                states=(ProgramState(state=ACTIVE, start=NOON.date()),),
            ),
        ),
        death=Death(time=NOON, cause=ASTHMA),
    )


def test_a_vocabulary_counts_the_codes_of_all_patients_by_role() -> None:
    """Also those within panels, and a yes as the answer it will be."""
    vocabulary = vocabulary_of([patient(1), patient(2)])
    used = {role: sum(counts.values()) for role, counts in vocabulary.counts.items() if counts}
    assert used == {
        "finding": 4,
        "result": 2,
        "answer": 2,
        "condition": 4,
        "allergen": 2,
        "reaction": 4,
        "drug": 2,
        "reason": 2,
        "cause": 2,
        "frequency": 2,
        "program": 2,
        "state": 2,
    }
    assert [code.code for code in vocabulary.codes("condition")] == ["195967001", "1"]


def test_words_beside_a_code_make_no_new_meaning() -> None:
    """They may differ by patient, and the memory must not."""
    vocabulary = vocabulary_of([patient(1)])
    (asthma, _) = vocabulary.meanings("condition")
    assert asthma == CodeableConcept(ASTHMA.codes)


def test_what_comes_after_too_many_meanings_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input whose codes are no vocabulary cannot fill the memory, and loses none in silence."""
    monkeypatch.setattr(vocabularies, "MOST_DISTINCT", 1)
    vocabulary = vocabulary_of([patient(1), patient(2)])
    assert vocabulary.unlisted["condition"] == 2
    (conditions,) = [one for one in coverage(vocabulary, Terms()).kinds if one.role == "condition"]
    assert conditions.total == 4


def test_coverage_says_what_is_mapped_goes_as_text_or_is_left_out() -> None:
    """With the commonest codes that have no home; a panel is lost only with its parts."""
    asthma = ServerConcept("a" * 36, "Asthma", "N/A", "Diagnosis")
    program = ServerProgram("p", "HIV", {"active": "s"})
    terms = Terms(
        concepts={asthma.uuid: asthma},
        meanings={
            "condition": {key_of(ASTHMA.codes[0]): Meaning(asthma.uuid, "wider")},
            "cause": {key_of(ASTHMA.codes[0]): Meaning(asthma.uuid)},
        },
        drugs={"words|a pill": ServerDrug("d", "A pill", "c")},
        frequencies={"twice daily": "bid"},
        programs={"words|hiv": program},
    )
    vocabulary = vocabulary_of([patient(1), patient(2)])
    kinds = {kind.role: kind for kind in coverage(vocabulary, terms).kinds}
    condition = kinds["condition"]
    counted = (condition.mapped, condition.inexact, condition.free_text, condition.left_out)
    assert counted == (2, 2, 2, 0)
    assert condition.commonest == (Homeless("Rare", f"{SNOMED_SYSTEM}|1", 2),)
    assert (kinds["cause"].mapped, kinds["cause"].inexact) == (2, 0)
    assert (kinds["finding"].left_out, kinds["result"].left_out) == (2, 2)
    for role in ("drug", "frequency", "program", "state"):
        assert kinds[role].mapped == 2, role
    given = coverage(vocabulary, terms).as_json()
    assert given["condition"]["free_text"] == 2
    assert given["condition"]["commonest"][0]["label"] == "Rare"
