"""Codes that cannot be wrong."""

import pytest
from pydantic import TypeAdapter, ValidationError

from bridge.codes import Ciel, Loinc, OpenmrsUuid, Ucum


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (Loinc, "8480-6"),
        (Loinc, "59408-5"),
        (Ciel, "5085"),
        (Ucum, "mm[Hg]"),
        (OpenmrsUuid, "5085" + "A" * 32),
        (OpenmrsUuid, "67a71486-1a54-468f-ac3e-7091a9a79584"),
    ],
)
def test_real_codes_pass(kind: object, good: str) -> None:
    """As they stand in the dictionaries."""
    assert TypeAdapter(kind).validate_python(good) == good


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (Loinc, "8480-7"),
        (Loinc, "84806"),
        (Loinc, ""),
        (Ciel, "CIEL:5085"),
        (Ucum, "mm Hg"),
        (Ucum, "°C"),
        (OpenmrsUuid, "5085"),
        (OpenmrsUuid, "../../../../../../../../../../../../x"),
    ],
)
def test_a_mistyped_code_is_refused(kind: object, bad: str) -> None:
    """At the file, not at the server."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(bad)
