"""Yes and no, as codes: OpenMRS asks for a concept where others have a boolean, and the reverse."""

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM

YES = CodeableConcept((Code(CIEL_SYSTEM, "1065", "Yes"),))
NO = CodeableConcept((Code(CIEL_SYSTEM, "1066", "No"),))

_YES = {"1065", "1065AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "373066001", "LA33-6", "Y"}
_NO = {"1066", "1066AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "373067005", "LA32-8", "N"}
"""Of CIEL, SNOMED CT, LOINC and HL7's table 0136."""


def as_yes_or_no(value: CodeableConcept | bool) -> CodeableConcept:
    """Return a boolean as CIEL's answer; any other answer as it is."""
    if isinstance(value, CodeableConcept):
        return value
    return YES if value else NO


def yes_or_no(value: CodeableConcept) -> bool | None:
    """Return what an answer means where a boolean is asked for; None: neither yes nor no."""
    codes = {code.code for code in value.codes}
    if codes & _YES:
        return None if codes & _NO else True
    return False if codes & _NO else None
