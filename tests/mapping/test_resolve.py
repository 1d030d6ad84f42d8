"""Findings and results in a server's own concepts."""

from dataclasses import replace
from datetime import date

import pytest

from bridge.chart import Code, CodeableConcept, Finding, LeftOut, Quantity, Result, Value
from bridge.codes import LOINC_SYSTEM, SNOMED_SYSTEM
from bridge.mapping.resolve import (
    CONVERTED,
    NO_CONCEPT,
    ROUNDED,
    UNIT_TAKEN,
    observations,
)
from bridge.mapping.room import TEXT_TOO_LONG, too_long
from bridge.mapping.terms import Meaning, ServerConcept, Terms, key_of

POSITIVE = "703AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
YES = "1065AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

CONCEPTS = {
    "weight": ServerConcept("w" * 36, "Weight (kg)", "Numeric", "Test", "kg", True, 0, 250),
    "pulse": ServerConcept("p" * 36, "Pulse", "Numeric", "Finding", "beats/min", False, 0, 230),
    "smear": ServerConcept("s" * 36, "Malarial smear", "Coded", "Test"),
    "note": ServerConcept("t" * 36, "Remark", "Text", "Misc"),
    "smokes": ServerConcept("b" * 36, "Smokes", "Boolean", "Question"),
    "due": ServerConcept("d" * 36, "Due date", "Date", "Question"),
    "panel": ServerConcept("g" * 36, "Vital signs", "N/A", "ConvSet"),
}
UNKNOWN = CodeableConcept((Code(SNOMED_SYSTEM, "1"),))


def code(name: str) -> CodeableConcept:
    """Return a meaning of this name."""
    return CodeableConcept((Code(LOINC_SYSTEM, name, name.title()),))


def terms() -> Terms:
    """Return what a small server has."""
    known = {f"{LOINC_SYSTEM}|{name}": Meaning(one.uuid) for name, one in CONCEPTS.items()}
    answers = {
        f"{SNOMED_SYSTEM}|10828004": Meaning(POSITIVE),
        key_of(Code("", YES)): Meaning(YES),
    }
    concepts = [
        *CONCEPTS.values(),
        ServerConcept(POSITIVE, "Positive", "N/A", "Misc"),
        ServerConcept(YES, "Yes", "N/A", "Misc"),
    ]
    return Terms(
        concepts={concept.uuid: concept for concept in concepts},
        meanings={"finding": known, "result": known, "answer": answers},
    )


def finding(name: str, value: Value | None) -> Finding:
    """Return a finding of `name`."""
    return Finding(uuid=f"{name}-1", what=code(name), value=value, source=f"Observation/{name}")


@pytest.mark.parametrize(
    ("name", "value", "stated"),
    [
        ("weight", Quantity(61.5, "kg"), 61.5),
        ("pulse", Quantity(72.0, "/min"), 72),
        ("smear", CodeableConcept((Code(SNOMED_SYSTEM, "10828004"),)), POSITIVE),
        ("smear", True, YES),
        ("note", "walks with a stick", "walks with a stick"),
        ("note", CodeableConcept(text="Never"), "Never"),
        ("smokes", False, False),
        ("smokes", CodeableConcept((Code(SNOMED_SYSTEM, "373066001"),)), True),
        ("due", date(2025, 3, 4), date(2025, 3, 4)),
    ],
)
def test_a_value_is_stated_as_its_concept_takes_it(name: str, value: Value, stated: object) -> None:
    """Numeric, coded, text, boolean and date alike."""
    found = observations(finding(name, value), terms())
    assert found.left_out == () and found.changes == ()
    (statement,) = found.statements
    assert statement.value == stated and type(statement.value) is type(stated)
    assert (statement.uuid, statement.concept) == (f"{name}-1", CONCEPTS[name])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("unheard", Quantity(1.0, "kg"), "no concept on the server"),
        ("weight", Quantity(61.5, "mmol/L"), "unit cannot be converted"),
        ("weight", Quantity(251.0, "kg"), "outside what the server takes"),
        (
            "smear",
            CodeableConcept((Code(SNOMED_SYSTEM, "1"),)),
            "answer has no concept on the server",
        ),
        ("weight", "heavy", "value is not of the concept's type"),
        ("panel", Quantity(1.0, ""), "value is not of the concept's type"),
        ("note", "", "value is not of the concept's type"),
        ("weight", None, "has no value"),
    ],
)
def test_what_the_server_cannot_hold_is_left_out_with_the_reason(
    name: str, value: Value | None, reason: str
) -> None:
    """Nothing is lost in silence."""
    found = observations(finding(name, value), terms())
    assert found.statements == ()
    assert [(one.source, one.reason) for one in found.left_out] == [(f"Observation/{name}", reason)]


def test_a_converted_and_rounded_value_is_said_to_be_so() -> None:
    """Nothing is changed in silence."""
    found = observations(finding("weight", Quantity(100.0, "[lb_av]")), terms())
    assert found.statements[0].value == 45.359237
    assert [change.what for change in found.changes] == [CONVERTED]
    found = observations(finding("pulse", Quantity(71.6, "/min")), terms())
    assert (found.statements[0].value, found.changes[0].what) == (72, ROUNDED)


def test_a_value_without_a_unit_is_taken_where_its_code_is_the_concept() -> None:
    """Its unit is part of what the concept is; under any other code it may be any unit."""
    weight = CONCEPTS["weight"]
    own = CodeableConcept((Code("", weight.uuid),))
    known = terms()
    known.meanings["finding"][key_of(own.codes[0])] = Meaning(weight.uuid)
    said = Finding(uuid="u", what=own, value=Quantity(61.5), source="Observation/1")
    found = observations(said, known)
    assert [one.value for one in found.statements] == [61.5]
    assert [change.what for change in found.changes] == [UNIT_TAKEN]
    (left_out,) = observations(finding("weight", Quantity(61.5)), known).left_out
    assert left_out.reason == "unit cannot be converted"


def test_a_panel_keeps_what_of_it_the_server_has() -> None:
    """A part without a home costs that part."""
    members = (finding("pulse", Quantity(72, "/min")), finding("unheard", "x"))
    panel = Finding(uuid="panel-1", what=code("panel"), members=members, source="Observation/panel")
    found = observations(panel, terms())
    (group,) = found.statements
    assert (group.concept, group.value) == (CONCEPTS["panel"], None)
    assert [member.concept for member in group.members] == [CONCEPTS["pulse"]]
    assert found.left_out == (
        LeftOut("Observation/unheard", "no concept on the server", "Unheard"),
    )


def test_the_parts_of_a_panel_without_a_concept_stand_alone() -> None:
    """A blood pressure of others is a panel that OpenMRS has not got, of values that it has."""
    parts = (
        Finding(
            uuid="a", what=code("pulse"), value=Quantity(72, "/min"), source="Observation/1#Pulse"
        ),
    )
    panel = Finding(uuid="b", what=code("unheard"), members=parts, source="Observation/1")
    found = observations(panel, terms())
    assert [statement.uuid for statement in found.statements] == ["a"]
    assert found.left_out == ()


def test_a_panel_without_a_concept_is_counted_where_its_parts_are_resources_too() -> None:
    """Each of them is counted as sent, and the panel as what it is: left out."""
    parts = (
        Result(uuid="a", what=code("pulse"), value=Quantity(72, "/min"), source="Observation/2"),
    )
    panel = Result(uuid="b", what=code("unheard"), members=parts, source="DiagnosticReport/1")
    found = observations(panel, terms())
    assert [statement.uuid for statement in found.statements] == ["a"]
    assert [(one.source, one.reason) for one in found.left_out] == [
        ("DiagnosticReport/1", "no concept on the server")
    ]


def test_the_limits_themselves_are_taken() -> None:
    """OpenMRS compares strictly."""
    assert observations(finding("weight", Quantity(250.0, "kg")), terms()).statements


def test_a_comment_is_as_long_as_openmrs_takes_it_and_the_rest_is_counted() -> None:
    """OpenMRS refuses a longer one, and with it all of the visit."""
    said = replace(finding("pulse", Quantity(72, "/min")), comment="x" * 260)
    found = observations(said, terms())
    assert found.statements[0].comment == "x" * 255
    assert found.left_out == (LeftOut("Observation/pulse#comment", too_long(255), "x" * 5),)
    fits = observations(replace(said, comment="x" * 255), terms())
    assert (fits.statements[0].comment, fits.left_out) == ("x" * 255, ())


def test_a_value_in_words_is_as_long_as_openmrs_takes_it_and_the_rest_is_counted() -> None:
    """In bytes; of a concept that is coded the words are not sent at all."""
    found = observations(finding("note", "\u0639" * 40_000), terms())
    assert found.statements[0].value == "\u0639" * 32_767
    (rest,) = found.left_out
    assert (rest.source, rest.reason) == ("Observation/note#value", TEXT_TOO_LONG)
    assert rest.detail == "\u0639" * 200


def test_the_comment_of_a_panel_that_is_sent_in_parts_is_a_part_left_out() -> None:
    """None of its parts said it."""
    part = replace(finding("pulse", Quantity(72, "/min")), source="Observation/1#Pulse")
    panel = Finding(
        uuid="b", what=code("unheard"), members=(part,), comment="lying", source="Observation/1"
    )
    assert observations(panel, terms()).left_out == (
        LeftOut("Observation/1#comment", NO_CONCEPT, "lying"),
    )
