"""How a scenario's file writes codes, ages and values: one short text each, checked."""

import re
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM

_CONCEPT = re.compile(r"(\d{1,6}) (\S.*)")
_AGE = re.compile(r"(\d{1,4}) (day|week|month|year)s?")

OLDEST = {"day": 3660, "week": 520, "month": 240, "year": 110}
"""An age is written in a unit that it is usual in."""


class Concept(NamedTuple):
    """One of CIEL's codes with its name: `160155 Severe malaria`."""

    code: str
    """Empty where CIEL has none, and the words are all there is."""
    name: str

    @property
    def meaning(self) -> CodeableConcept:
        """The same as a chart has it."""
        codes = (Code(CIEL_SYSTEM, self.code, self.name),) if self.code else ()
        return CodeableConcept(codes, self.name)

    @property
    def key(self) -> str:
        """What it is told apart by."""
        return self.code or self.name


class Age(NamedTuple):
    """A completed age: `26 months`."""

    number: int
    unit: Literal["day", "week", "month", "year"]

    def birthdate(self, day: date) -> date:
        """Return a birthdate of somebody of this age on `day`.

        Days and weeks are counted. Who is so many months or years old had the last birthday some
        time ago: ten days, or a hundred.
        """
        if self.unit in ("day", "week"):
            return day - timedelta(self.number * (7 if self.unit == "week" else 1))
        months = self.number * (12 if self.unit == "year" else 1)
        return before(day, months) - timedelta(100 if self.unit == "year" else 10)

    def reached(self, birthdate: date) -> date:
        """Return the first day on which somebody is of this age."""
        if self.unit in ("day", "week"):
            return birthdate + timedelta(self.number * (7 if self.unit == "week" else 1))
        return before(birthdate, -self.number * (12 if self.unit == "year" else 1))

    def __str__(self) -> str:
        return f"{self.number} {self.unit}" + ("" if self.number == 1 else "s")


def before(day: date, months: int) -> date:
    """Return the day so many months before (after, where negative); the 31st becomes the 28th."""
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, min(day.day, 28))


def _concept(text: object) -> object:
    if isinstance(text, Concept):
        return text
    found = _CONCEPT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(
            "one of CIEL's codes with its name is expected, like 160155 Severe malaria"
        )
    return Concept(found[1], found[2])


def _problem(text: object) -> object:
    """Return one of CIEL's codes with its name, or a problem that has words alone."""
    if isinstance(text, str) and text.strip() and not text[0].isdigit():
        return Concept("", text.strip())
    return _concept(text)


def _age(text: object) -> object:
    if isinstance(text, Age):
        return text
    found = _AGE.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError("an age is expected, like 3 days, 6 weeks, 26 months or 11 years")
    number, unit = int(found[1]), found[2]
    if number > OLDEST[unit]:
        raise ValueError(f"nobody is {text} old, or it is written in another unit")
    return Age(number, unit)  # type: ignore[arg-type]  # the expression names no other


ConceptText = Annotated[Concept, BeforeValidator(_concept)]
ProblemText = Annotated[Concept, BeforeValidator(_problem)]
AgeText = Annotated[Age, BeforeValidator(_age)]
Line = Annotated[str, Field(min_length=1, max_length=400)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
