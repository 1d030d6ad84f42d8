"""What modules write as `CIEL:116128 Malaria`, and names, as a chart has them."""

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


def test_code(test: Test) -> CodeableConcept:
    """Return the meaning of a test."""
    return coded(f"{test.concept} {test.name}")


def vaccine_code(vaccine: Vaccine) -> CodeableConcept:
    """Return the meaning of a vaccine."""
    return coded(f"{vaccine.concept} {vaccine.name}")


test_code.__test__ = False  # type: ignore[attr-defined]
