"""What modules write as `CIEL:116128 Malaria`, and names, as a chart has them."""

import math
from functools import cache

from bridge.chart import Code, CodeableConcept
from bridge.histories.care.model import Drug, Test
from bridge.histories.care.vaccines import Vaccine

CIEL = "https://cielterminology.org"


@cache
def coded(text: str) -> CodeableConcept:
    """Return the meaning of `CIEL:703 Positive`, `703 Positive` or `<uuid> Positive`."""
    number, _, display = " ".join(text.removeprefix("CIEL:").split()).partition(" ")
    system = CIEL if number.isdecimal() else ""
    return CodeableConcept(codes=(Code(system, number, display),), text=display)


@cache
def named(name: str) -> CodeableConcept:
    """Return what is known by its name: a program, service, route or frequency."""
    return CodeableConcept(text=name)


def drug_code(drug: Drug) -> CodeableConcept:
    """Return a product: its name tells it from others of the concept."""
    return _product(drug.concept, drug.name)


@cache
def _product(concept: str, name: str) -> CodeableConcept:
    system = CIEL if concept.isdecimal() else ""
    return CodeableConcept(codes=(Code(system, concept),), text=name)


TIMES_A_DAY = {
    "One time": 0.0,
    "Once daily": 1.0,
    "Once daily, in the morning": 1.0,
    "Once daily, in the evening": 1.0,
    "Once daily, at bedtime": 1.0,
    "Twice daily": 2.0,
    "Every twelve hours": 2.0,
    "Thrice daily": 3.0,
    "Every eight hours": 3.0,
    "Four times daily": 4.0,
    "Every six hours": 4.0,
    "Every four hours": 6.0,
    "Weekly": 1 / 7,
    "Monthly": 1 / 30,
}
"""How often a frequency of the formulary is; what is taken one time is counted once."""


def times_a_day(drug: Drug) -> float:
    """Return how often a drug is taken, NaN where that is not told."""
    return TIMES_A_DAY.get(drug.frequency, math.nan)


def test_code(test: Test) -> CodeableConcept:
    """Return the meaning of a test."""
    return coded(f"{test.concept} {test.name}")


def vaccine_code(vaccine: Vaccine) -> CodeableConcept:
    """Return the meaning of a vaccine, with what a server may have in its place."""
    found = coded(f"{vaccine.concept} {vaccine.name}")
    if vaccine.key in WIDER_VACCINES:
        wider = coded(WIDER_VACCINES[vaccine.key])
        found = CodeableConcept(codes=(*found.codes, *wider.codes), text=found.text)
    return found


WIDER_VACCINES = {"penta": "781 Diphtheria tetanus and pertussis vaccination"}
"""The Reference Application has retired CIEL's pentavalent concept; of its list this is nearest."""


test_code.__test__ = False  # type: ignore[attr-defined]
