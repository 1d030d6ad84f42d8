"""Codes as the tables have them: `CIEL:116128`, the uuid of a concept, or nothing."""

from collections.abc import Sequence

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM
from bridge.files.tables import Coded
from bridge.patient_arrays import Whole

_CIEL = "CIEL:"


def concepts(which: Whole, of: Sequence[CodeableConcept]) -> tuple[Coded, Coded]:
    """Return the columns `code` and `name` of rows (k,): `which` of some concepts each has."""
    return Coded(which, list(map(code_text, of))), Coded(which, [one.text for one in of])


def code_text(concept: CodeableConcept) -> str:
    """Return how a concept's code is written."""
    if not concept.codes:
        return ""
    first = concept.codes[0]
    return f"{_CIEL}{first.code}" if first.system == CIEL_SYSTEM else first.code


def concept_of(code: str, name: str, *, has_display: bool = True) -> CodeableConcept:
    """Return the concept that was written as `code` and `name`."""
    if not code:
        return CodeableConcept(text=name)
    is_ciel = code.startswith(_CIEL)
    system = CIEL_SYSTEM if is_ciel else ""
    display = name if has_display else ""
    return CodeableConcept(
        codes=(Code(system, code.removeprefix(_CIEL), display),),
        text=name,
    )
