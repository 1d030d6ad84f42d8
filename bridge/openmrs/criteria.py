"""For whom a concept's reference range is: OpenMRS's criteria, read for ages and sexes. Pure.

A criterion is an expression of Spring's or Velocity's language, as
`$patient.getAgeInMonths() >= 3 && $patient.getAge() < 2 && $patient.getGender() == "F"`. What asks
for more than age and sex (a pregnancy, the hour, another observation) is neither true nor false
here: the range may apply, and its limits are kept to.

Source: ConceptServiceImpl.getConceptReferenceRange and ConceptReferenceRangeUtility of openmrs-core
2.8.7: the ranges whose criteria are met replace the concept's own limits, the strictest of them
counts; where none is met, the concept's own do.
"""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from math import ceil, floor
from typing import Any, Final, NamedTuple

from bridge.age_limits import EVER, Bounds, Clock, Span, strictest

SEXES: Final = "FMOU"
LONGEST: Final = 10_000
"""Characters of a criterion that are read; a longer one may be met by anybody."""
MOST_AGES: Final = 2_000
_DEEPEST: Final = 50
_DAYS_A_MONTH: Final = 30.436875


class ReferenceRange(NamedTuple):
    """One of a concept's ranges: for whom, and the absolute limits."""

    criteria: str
    low: float | None
    high: float | None


class _Person(NamedTuple):
    """Of whom a criterion is asked."""

    sex: str
    months: int
    days: int


class _Unknown:
    """Neither true nor false: it depends on what is not known here."""


class _Thing:
    """Something that is there, of which nothing else is asked."""


UNKNOWN: Final = _Unknown()
_THING: Final = _Thing()

Read = Callable[[_Person], Any]


def _unknown(person: _Person) -> _Unknown:
    return UNKNOWN


class Criterion:
    """A criterion that has been read."""

    def __init__(self, text: str) -> None:
        self.clocks: set[Clock] = set()
        self.uses_days = self.uses_sex = False
        self.numbers: list[float] = []
        self._read: Read = _unknown
        plain = html.unescape(text or "")
        if plain.strip() and len(plain) <= LONGEST:
            try:
                self._read = _Parser(plain, self).whole()
            except (_Unreadable, RecursionError):
                self.clocks, self.numbers = set(), []

    @property
    def clock(self) -> Clock:
        """At which moment it asks for the age."""
        return "then" if self.clocks == {"then"} else "today"

    def holds(self, person: _Person) -> bool | _Unknown:
        """Tell whether it holds for a person; UNKNOWN where that cannot be told."""
        found = self._read(person)
        return found if isinstance(found, bool) else UNKNOWN


def spans_of(ranges: Sequence[ReferenceRange], own: Bounds) -> tuple[Span, ...]:
    """Return the limits by age and sex that some ranges of a concept set; `own` are its own.

    Neighbours that are alike are one span, and sexes that are alike share theirs.
    """
    read = [(Criterion(one.criteria), (one.low, one.high)) for one in ranges]
    spans: list[Span] = []
    clocks: tuple[Clock, ...] = ("today", "then")
    for clock in clocks:
        if mine := [one for one in read if one[0].clock == clock]:
            spans += _of_clock(mine, own, clock)
    return tuple(spans)


def _of_clock(read: list[tuple[Criterion, Bounds]], own: Bounds, clock: Clock) -> Iterator[Span]:
    criteria = [criterion for criterion, _ in read]
    ages, days = _ages(criteria), _days(criteria)
    groups = tuple(SEXES) if any(criterion.uses_sex for criterion in criteria) else (SEXES,)
    by_sex: dict[tuple[tuple[int, int, Bounds], ...], str] = {}
    for sexes in groups:
        found = [_bounds(read, own, _people(sexes[0], months, days)) for months in ages]
        pieces = tuple(_merged(ages, found))
        by_sex[pieces] = by_sex.get(pieces, "") + sexes
    for pieces, sexes in by_sex.items():
        for first, last, (low, high) in pieces:
            yield Span(sexes, first, last, low, high, clock)


def _merged(ages: list[int], found: list[Bounds]) -> Iterator[tuple[int, int, Bounds]]:
    ends = [*(following - 1 for following in ages[1:]), EVER]
    for bounds, pieces in groupby(zip(ages, ends, found, strict=True), key=lambda one: one[2]):
        listed = list(pieces)
        yield listed[0][0], listed[-1][1], bounds


def _bounds(read: list[tuple[Criterion, Bounds]], own: Bounds, people: list[_Person]) -> Bounds:
    """Return what is taken of all of these people, whatever of the unknown is so."""
    kept: list[Bounds] = []
    for person in people:
        answers = [(criterion.holds(person), bounds) for criterion, bounds in read]
        kept += [bounds for answer, bounds in answers if answer is not False]
        if not any(answer is True for answer, _ in answers):
            kept.append(own)
    return strictest(kept)


def _people(sex: str, months: int, days: list[int]) -> list[_Person]:
    """Return people who are so many months old, on each day of that month that may matter."""
    first = max(0, floor(months * _DAYS_A_MONTH) - 2)
    of_month = range(first, first + 35)
    near = [day for day in days if day in of_month]
    return [_Person(sex, months, day) for day in {first, *near, first + 34}]


def _ages(criteria: list[Criterion]) -> list[int]:
    """Return the ages in months, ascending from 0, between which nothing changes."""
    ages = {0}
    for whole in _whole(criteria):
        ages |= {whole, whole + 1, 12 * whole, 12 * (whole + 1)}
    for day in _days(criteria):
        month = floor(day / _DAYS_A_MONTH)
        ages.update(range(month - 1, month + 3))
    return sorted(age for age in ages if 0 <= age < EVER)[:MOST_AGES]


def _days(criteria: list[Criterion]) -> list[int]:
    """Return the ages in days at which something may change."""
    return [
        day
        for whole in _whole([criterion for criterion in criteria if criterion.uses_days])
        for of in (whole, 7 * whole, 7 * (whole + 1))
        for day in (of - 1, of, of + 1)
        if day >= 0
    ]


def _whole(criteria: list[Criterion]) -> set[int]:
    """Return the numbers that criteria compare with, as whole ones on either side."""
    numbers = {number for criterion in criteria for number in criterion.numbers}
    return {whole for number in numbers for whole in (floor(number), ceil(number))}


class _Unreadable(Exception):
    """A criterion asks for what is not read here."""


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)[lLdDfF]?|(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<name>[$\#]?[A-Za-z_]\w*)|(?P<sign>&&|\|\||[=!<>]=|[<>!().,])|(?P<other>\S))""",
    re.VERBOSE,
)
_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
_CONSTANTS = {"true": True, "false": False, "null": None}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: bool(one == other),
    "!=": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}
_OF_THE_DAY = re.compile(
    r"\$(date|context\.(get)?[dD]ate|obs\.(get)?[oO]bsDatetime"
    r"|encounter\.(get)?[eE]ncounterDatetime)"
)
_AGES: dict[str, Callable[[_Person], int]] = {
    "age": lambda person: person.months // 12,
    "ageInYears": lambda person: person.months // 12,
    "ageInMonths": lambda person: person.months,
    "ageInWeeks": lambda person: person.days // 7,
    "ageInDays": lambda person: person.days,
}


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    found, place = [], 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.end() == place:
            raise _Unreadable
        kind = match.lastgroup or ""
        said = match[kind]
        if kind == "name" and said.casefold() in _WORDS:
            kind, said = "sign", _WORDS[said.casefold()]
        found.append(_Token(kind, said))
        place = match.end()
    return found


class _Parser:
    """Reads an expression; what is not known stands in it as UNKNOWN."""

    def __init__(self, text: str, criterion: Criterion) -> None:
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0
        self._criterion = criterion

    def whole(self) -> Read:
        read = self._any()
        if self._place != len(self._tokens):
            raise _Unreadable
        return read

    def _any(self) -> Read:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Unreadable
        parts = [self._all()]
        while self._takes("||"):
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else lambda person: _any_of(parts, person)

    def _all(self) -> Read:
        parts = [self._not()]
        while self._takes("&&"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda person: _all_of(parts, person)

    def _not(self) -> Read:
        turns = 0
        while self._takes("!"):
            turns += 1
        read = self._comparison()
        return (lambda person: _negated(read(person))) if turns % 2 else read

    def _comparison(self) -> Read:
        left = self._sum()
        for sign, compare in _COMPARE.items():
            if self._takes(sign):
                right = self._sum()
                return lambda person: _compared(compare, left(person), right(person))
        return left

    def _sum(self) -> Read:
        """Read an operand; what is reckoned from several is not known."""
        read = self._operand()
        while self._place < len(self._tokens) and self._tokens[self._place].kind == "other":
            self._place += 1
            self._operand()
            read = _unknown
        return read

    def _operand(self) -> Read:
        token = self._next()
        if token == _Token("other", "-"):
            self._operand()
            return _unknown
        if token.kind == "number":
            number = float(token.text)
            self._criterion.numbers.append(number)
            return lambda person: number
        if token.kind == "text":
            text = token.text[1:-1]
            return lambda person: text
        if token == _Token("sign", "("):
            inner = self._any()
            self._expect(")")
            return inner
        if token.kind != "name":
            raise _Unreadable
        if token.text.casefold() in _CONSTANTS:
            constant = _CONSTANTS[token.text.casefold()]
            return lambda person: constant
        return self._chain(token.text)

    def _chain(self, name: str) -> Read:
        """Read `$patient.getAge()` and the like; what follows that is known belongs to it."""
        steps: list[tuple[str, str | None]] = []
        while self._takes("."):
            step = self._next()
            if step.kind != "name":
                raise _Unreadable
            steps.append((step.text, self._arguments() if self._takes("(") else None))
        if name.lstrip("$#") != "patient":
            return _unknown
        return self._of_patient(steps)

    def _arguments(self) -> str:
        """Read up to the bracket that closes, whatever stands there."""
        begun, open_ = self._place, 1
        while open_:
            token = self._next()
            if token.kind == "sign":
                open_ += (token.text == "(") - (token.text == ")")
        inner = self._tokens[begun : self._place - 1]
        return "".join(token.text for token in inner)

    def _of_patient(self, steps: list[tuple[str, str | None]]) -> Read:
        if not steps:
            return lambda person: _THING
        (asked, given), *more = steps
        name = _property(asked)
        if name in _AGES and not more:
            return self._age(name, given or "")
        if name == "gender" and not given:
            self._criterion.uses_sex = True
            return _of_gender(more)
        if name in ("birthdate", "birthDate", "uuid", "id") and not given and not more:
            return lambda person: _THING
        return _unknown

    def _age(self, name: str, given: str) -> Read:
        if given and not _OF_THE_DAY.fullmatch(given.removesuffix("()")):
            return _unknown
        criterion, age = self._criterion, _AGES[name]
        clock: Clock = "then" if given else "today"
        criterion.clocks.add(clock)
        criterion.uses_days |= name in ("ageInWeeks", "ageInDays")
        # where one criterion asks at both moments, the age of the day is not known
        return lambda person: age(person) if clock == criterion.clock else UNKNOWN

    def _takes(self, sign: str) -> bool:
        found = self._place < len(self._tokens) and self._tokens[self._place] == ("sign", sign)
        self._place += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise _Unreadable

    def _next(self) -> _Token:
        if self._place >= len(self._tokens):
            raise _Unreadable
        self._place += 1
        return self._tokens[self._place - 1]


def _property(asked: str) -> str:
    """Return the property that a getter gives, as `age` for getAge."""
    if asked.startswith("get") and len(asked) > 3:
        return asked[3].lower() + asked[4:]
    return asked


def _of_gender(more: list[tuple[str, str | None]]) -> Read:
    if not more:
        return lambda person: person.sex
    ((asked, given),) = more if len(more) == 1 else (("", None),)
    text = (given or "").strip("'\"")
    if asked == "equals" and given:
        return lambda person: person.sex == text
    if asked == "equalsIgnoreCase" and given:
        return lambda person: person.sex == text.upper()
    return _unknown


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> Any:
    if isinstance(left, _Unknown) or isinstance(right, _Unknown):
        return UNKNOWN
    try:
        return compare(left, right)
    except TypeError:
        return UNKNOWN


def _negated(value: Any) -> Any:
    return not value if isinstance(value, bool) else UNKNOWN


def _any_of(parts: list[Read], person: _Person) -> Any:
    answers = [part(person) for part in parts]
    if any(answer is True for answer in answers):
        return True
    return False if all(answer is False for answer in answers) else UNKNOWN


def _all_of(parts: list[Read], person: _Person) -> Any:
    answers = [part(person) for part in parts]
    if any(answer is False for answer in answers):
        return False
    return True if all(answer is True for answer in answers) else UNKNOWN
