"""Codes as the tables have them: `CIEL:116128`, the uuid of a concept, or nothing."""

from collections.abc import Sequence

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM
from bridge.files.tables import Coded
from bridge.patient_arrays import Whole

_CIEL = "CIEL:"
_NEXT = " | "


def concepts(which: Whole, of: Sequence[CodeableConcept]) -> tuple[Coded, Coded]:
    """Return the columns `code` and `name` of rows (k,): `which` of some concepts each has."""
    return Coded(which, list(map(code_text, of))), Coded(which, [one.text for one in of])


def code_text(concept: CodeableConcept) -> str:
    """Return how a concept's codes are written: the first one, and others with their words."""
    if not concept.codes:
        return ""
    first, *others = concept.codes
    return _NEXT.join([_code(first), *(f"{_code(one)} {one.display}".strip() for one in others)])


def concept_of(code: str, name: str, *, has_display: bool = True) -> CodeableConcept:
    """Return the concept that was written as `code` and `name`."""
    if not code:
        return CodeableConcept(text=name)
    first, *others = code.split(_NEXT)
    codes = [_read(first, name if has_display else "")]
    codes += [_read(*one.partition(" ")[::2]) for one in others]
    return CodeableConcept(codes=tuple(codes), text=name)


def _code(code: Code) -> str:
    return f"{_CIEL}{code.code}" if code.system == CIEL_SYSTEM else code.code


def _read(code: str, display: str) -> Code:
    system = CIEL_SYSTEM if code.startswith(_CIEL) else ""
    return Code(system, code.removeprefix(_CIEL), display)
