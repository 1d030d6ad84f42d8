"""What a server has for codes, and that it is kept whole."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bridge.age_limits import Span
from bridge.chart import FREQUENCY_SYSTEM, Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM, SNOMED_SYSTEM
from bridge.mapping.equivalence import EQUIVALENCES
from bridge.mapping.terms import (
    ROLES,
    Meaning,
    ServerConcept,
    ServerDrug,
    ServerProgram,
    Terms,
    key_of,
)

MALARIA = ServerConcept("116128AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "Malaria", "N/A", "Diagnosis")

WORDS = st.text(min_size=1, max_size=8)
NUMBERS = st.none() | st.floats(-1e6, 1e6)
MONTHS = st.integers(0, 1440)
SPANS = st.builds(Span, WORDS, MONTHS, MONTHS, NUMBERS, NUMBERS, st.sampled_from(["today", "then"]))
CONCEPTS = st.builds(
    ServerConcept,
    *(WORDS, WORDS, WORDS, WORDS, st.none() | WORDS, st.booleans(), NUMBERS, NUMBERS),
    st.lists(SPANS, max_size=2).map(tuple),
)
MEANINGS = st.builds(Meaning, WORDS, st.sampled_from(EQUIVALENCES))
BY_WORDS = st.dictionaries(WORDS, WORDS, max_size=3)
TERMS = st.builds(
    Terms,
    concepts=st.lists(CONCEPTS, max_size=4).map(lambda some: {one.uuid: one for one in some}),
    meanings=st.dictionaries(
        st.sampled_from(ROLES),
        st.dictionaries(
            WORDS, st.builds(Meaning, WORDS, st.sampled_from(EQUIVALENCES)), max_size=3
        ),
        max_size=3,
    ),
    drugs=st.dictionaries(WORDS, st.builds(ServerDrug, WORDS, WORDS, WORDS), max_size=3),
    dose_units=BY_WORDS,
    duration_units=BY_WORDS,
    routes=BY_WORDS,
    frequencies=BY_WORDS,
    times_a_day=BY_WORDS,
    programs=st.dictionaries(WORDS, st.builds(ServerProgram, WORDS, WORDS, BY_WORDS), max_size=2),
    services=BY_WORDS,
)


@given(TERMS)
def test_terms_are_saved_and_read_again(terms: Terms) -> None:
    """A run that is resumed sends what it would have sent."""
    assert Terms.from_json(json.loads(json.dumps(terms.to_json()))) == terms


def test_a_code_is_found_by_its_role_the_best_code_first() -> None:
    """A second code helps where the first has no home."""
    terms = Terms(
        concepts={MALARIA.uuid: MALARIA},
        meanings={"condition": {f"{SNOMED_SYSTEM}|61462000": Meaning(MALARIA.uuid)}},
    )
    what = CodeableConcept((Code("urn:mine", "1"), Code(SNOMED_SYSTEM, "61462000")))
    assert terms.concept(what, "condition") == MALARIA
    assert terms.concept(what, "answer") is None


def test_a_ciel_concept_is_one_under_every_name() -> None:
    """By CIEL's number, by its uuid, and by a uuid under any system, as demo bundles have it."""
    keys = {
        key_of(Code(CIEL_SYSTEM, "116128")),
        key_of(Code("", MALARIA.uuid)),
        key_of(Code(SNOMED_SYSTEM, MALARIA.uuid)),
        key_of(Code("https://openconceptlab.org/orgs/CIEL/sources/CIEL", "116128")),
    }
    assert len(keys) == 1


def test_a_prescriptions_words_are_the_servers() -> None:
    """UCUM codes, SNOMED CT's routes and Latin abbreviations find the order entry's names."""
    terms = Terms(
        dose_units={"milligram": "mg", "tablet": "tab", "ampule(s)": "amp"},
        duration_units={"days": "days"},
        routes={"oral": "oral"},
        frequencies={"twice daily": "bid"},
        times_a_day={"2": "bid", "1": "od", "0.143": "weekly"},
    )
    assert [terms.dose_unit(words) for words in ("mg", "Tablets", "ampule", "MG", "{tbl}")] == [
        "mg",
        "tab",
        "amp",
        None,
        "tab",
    ]
    assert terms.duration_unit("d") == terms.duration_unit("Days") == "days"
    assert terms.route(CodeableConcept((Code(SNOMED_SYSTEM, "26643006"),))) == "oral"
    assert terms.route(CodeableConcept(text="By mouth")) == "oral"
    assert terms.frequency(CodeableConcept((Code(FREQUENCY_SYSTEM, "2"),))) == "bid"
    assert terms.frequency(CodeableConcept(text="Twice  daily")) == "bid"
    assert terms.frequency(CodeableConcept(text="QD")) == "od"
    assert terms.frequency(CodeableConcept((Code(FREQUENCY_SYSTEM, "0.142857"),))) == "weekly"
    assert terms.frequency(CodeableConcept(text="at full moon")) is None


def test_a_state_is_found_by_its_name_or_code() -> None:
    """A program's states are the server's own."""
    program = ServerProgram("p", "HIV", {"on treatment": "s1", "160119".ljust(36, "a"): "s1"})
    assert program.state(CodeableConcept(text="On Treatment")) == "s1"
    assert program.state(CodeableConcept((Code(CIEL_SYSTEM, "160119"),))) == "s1"
    assert program.state(CodeableConcept(text="dead")) is None
