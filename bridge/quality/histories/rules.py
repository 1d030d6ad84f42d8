"""The rules of what cannot be in a history, as data (`impossible.yaml`)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from bridge.yaml_files import YamlModel, load_yaml

FILE: Final = Path(__file__).with_name("impossible.yaml")


class OneSex(YamlModel):
    """Words of codes that one sex alone can have."""

    source: str
    words: tuple[str, ...]
    unless: tuple[str, ...] = Field(default=(), alias="except")

    def holds(self, name: str) -> bool:
        """Tell whether a code of this name is of that sex alone."""
        return _has(name, self.words) and not _has(name, self.unless)


class VaccineAge(YamlModel):
    """From which to which age in years a vaccine is given."""

    words: tuple[str, ...]
    unless: tuple[str, ...] = Field(default=(), alias="except")
    youngest: float = Field(default=0.0, alias="from", ge=0)
    oldest: float = Field(default=130.0, alias="to", gt=0)

    def holds(self, name: str) -> bool:
        """Tell whether a vaccine of this name is meant."""
        return _has(name, self.words) and not _has(name, self.unless)


class VaccineAges(YamlModel):
    """The ages of vaccines, and whose figures they are."""

    source: str
    verified: Literal["yes", "recalled"]
    vaccines: tuple[VaccineAge, ...]


class Rules(YamlModel):
    """All rules of the file."""

    one_sex: dict[Literal["female", "male"], OneSex]
    vaccine_ages: VaccineAges


@cache
def load_rules() -> Rules:
    """Read the rules."""
    return load_yaml(FILE, Rules)


def _has(name: str, words: Sequence[str]) -> bool:
    plain = name.casefold()
    return any(word in plain for word in words)
