"""The clinical figures that the project keeps outside of the repository, for tests against them."""

import csv

import pytest

from tests.conftest import SHARED


def clinical_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of `shared/data/clinical`; skip the test where it is not there."""
    path = SHARED / "data" / "clinical" / name
    if not path.exists():
        pytest.skip(f"needs {name} in {SHARED}/data/clinical")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
