"""What something is called in the field's code systems, as FHIR has it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a system (its FHIR URI, as in `bridge.codes`), with its display if known."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class CodeableConcept:
    """One meaning: its codes, the best first, and the words of whoever wrote it."""

    codes: tuple[Code, ...] = ()
    text: str = ""

    @property
    def label(self) -> str:
        """The words for a person: its text, else a display, else a code."""
        words = (self.text, *(code.display for code in self.codes))
        return next(filter(None, words), self.codes[0].code if self.codes else "")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as UCUM writes it; `unit` is empty where it has none."""

    value: float
    unit: str = ""
