"""What one server has for the codes of one load; saved with the run. Pure."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from bridge.chart import CodeableConcept

Role = Literal[
    "finding",
    "result",
    "diagnosis",
    "condition",
    "answer",
    "drug",
    "test",
    "reason",
    "allergen",
    "reaction",
    "vaccine",
    "cause",
]


class ServerConcept(NamedTuple):
    uuid: str
    display: str
    datatype: str
    concept_class: str
    units: str | None = None
    allow_decimal: bool = False
    low: float | None = None
    high: float | None = None


class ServerDrug(NamedTuple):
    uuid: str
    display: str
    concept: str


class ServerProgram(NamedTuple):
    uuid: str
    display: str
    states: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    def concept(self, what: CodeableConcept, role: Role) -> ServerConcept | None:
        return None

    def drug(self, what: CodeableConcept) -> ServerDrug | None:
        return None

    def dose_unit(self, words: str) -> str | None:
        return None

    def duration_unit(self, ucum: str) -> str | None:
        return None

    def route(self, what: CodeableConcept) -> str | None:
        return None

    def frequency(self, what: CodeableConcept) -> str | None:
        return None

    def program(self, what: CodeableConcept) -> ServerProgram | None:
        return None

    def service(self, what: CodeableConcept) -> str | None:
        return None
