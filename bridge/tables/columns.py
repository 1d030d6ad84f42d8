"""What the cells of a column are: numbers, ages, pressures or words; nothing changed unsaid.

A column is of numbers where nearly all its cells are; the others are named. In a column of words
or codes each cell stays as it is written: None, NA, 0012 and 1E2 among them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bridge.tables.ages import parse_age
from bridge.tables.column_names import words_of
from bridge.tables.numbers import Number, is_code, is_missing, parse_number
from bridge.tables.reading import TextTable
from bridge.unit_words import in_ucum

MOSTLY: Final = 0.8
"""The share of a column's known cells from which on it is of numbers, and the others are faults."""

FEW_NUMBERS: Final = 10
"""Whole numbers of no more distinct values are codes or grades, which words may stand among."""

_PRESSURE: Final = re.compile(r"(\d{2,3})\s*/\s*(\d{2,3})(?:\s*mm\s?hg)?", re.IGNORECASE)
_PRESSURES: Final = frozenset(["bp", "pressure", "nibp", "ta", "rr", "blood", "bloodpressure"])
_AGES: Final = frozenset(["age", "ages", "âge", "alter", "edad", "idade", "umur", "umri"])
_AGE_UNITS: Final = {
    **dict.fromkeys(["months", "month", "mo", "mos", "mths", "m"], 1.0),
    **dict.fromkeys(["days", "day", "d"], 1 / 30.4375),
    **dict.fromkeys(["weeks", "week", "wk", "wks", "w"], 7 / 30.4375),
}
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as it was read: numbers (NaN where not known) or words ("" where empty).

    `unit` is the unit that the cells name, `oldest` the age that `> 89` and `90+` stand for.
    """

    name: str
    numbers: Sequence[float] | None = None
    words: Sequence[str] = ()
    unit: str = ""
    oldest: float | None = None


class Columns(NamedTuple):
    """The columns of a table, and what was made of their cells."""

    columns: tuple[Column, ...]
    notes: tuple[str, ...]


class _Decimals(NamedTuple):
    """Whether any number of a table has plainly a decimal comma, or a decimal point."""

    comma: bool
    point: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """The cells of a column, how often each stands there, and which number it is.

    `known` are those that are not empty and no word for "not known".
    """

    name: str
    cells: Sequence[str]
    lines: Sequence[int]
    counts: Counter[str]
    known: Mapping[str, int]
    numbers: Mapping[str, Number]

    def rows(self, cells: Iterable[str]) -> int:
        return sum(self.counts[cell] for cell in cells)

    def named(self, cells: Iterable[str]) -> str:
        """Name some cells with count and lines: 'not taken' (4 cells; lines 5, 7, 9, ...)."""
        said = []
        wanted = sorted(cells, key=lambda cell: -self.counts[cell])
        for cell in wanted[:_MOST_NAMED]:
            where = [
                str(line) for line, own in zip(self.lines, self.cells, strict=True) if own == cell
            ]
            many = f"{len(where)} cells; lines" if len(where) > 1 else "line"
            more = ", ..." if len(where) > _MOST_NAMED else ""
            said.append(f"'{cell[:30]}' ({many} {', '.join(where[:_MOST_NAMED])}{more})")
        more = f" and {len(wanted) - _MOST_NAMED} others" if len(wanted) > _MOST_NAMED else ""
        return ", ".join(said) + more


def parse_columns(table: TextTable) -> Columns:
    """Read the columns of a table."""
    looked = [_look(name, cells, table.lines) for name, cells in table.columns.items()]
    decimals = _decimals([cells for cells in looked if _mostly_numbers(cells)])
    notes: list[str] = []
    columns: list[Column] = []
    taken = set(table.columns)
    for cells in looked:
        found = _parse(cells, decimals, table.separator, taken, notes)
        taken |= {column.name for column in found}
        columns += found
    return Columns(tuple(columns), tuple(notes))


def _look(name: str, cells: Sequence[str], lines: Sequence[int]) -> _Cells:
    counts = Counter(cells)
    numbers = {cell: number for cell in counts if cell and (number := parse_number(cell))}
    known = {c: n for c, n in counts.items() if c and not is_missing(c)}
    return _Cells(name=name, cells=cells, lines=lines, counts=counts, known=known, numbers=numbers)


def _mostly_numbers(cells: _Cells) -> bool:
    known = cells.known
    plain = [cell for cell, number in cells.numbers.items() if not number.compared]
    return bool(known) and cells.rows(plain) >= MOSTLY * sum(known.values())


def _decimals(numeric: Sequence[_Cells]) -> _Decimals:
    numbers = [number for cells in numeric for number in cells.numbers.values()]
    return _Decimals(
        comma=any(number.comma == "decimal" for number in numbers),
        point=any(number.point for number in numbers),
    )


def _parse(
    cells: _Cells, decimals: _Decimals, separator: str, taken: set[str], notes: list[str]
) -> list[Column]:
    """Return the column, or the two that pressures make."""
    if set(words_of(cells.name)) & _AGES and (age := _ages(cells, taken, notes)):
        return [age]
    if pressures := _pressures(cells, taken, notes):
        return pressures
    if not _mostly_numbers(cells) or _is_of_codes(cells):
        return [_words(cells, notes)]
    if fault := _mixed_units(cells):
        notes.append(f"{cells.name}: {fault}")
        return [_words(cells, notes)]
    numbers = _resolved(cells, decimals, separator)
    if isinstance(numbers, str):
        notes.append(f"{cells.name}: {numbers}; it is read as words")
        return [_words(cells, notes)]
    return [_numbers(cells, numbers, notes)]


def _words(cells: _Cells, notes: list[str]) -> Column:
    known = cells.known
    unknown = {c: n for c, n in cells.counts.items() if c and c not in known}
    if unknown and known:
        notes.append(
            f"{cells.name}: {_counted(unknown)} stays a word; if it says that nothing is known, "
            "leave such cells empty"
        )
    number = cells.rows(cells.numbers)
    strays = [cell for cell in known if cell not in cells.numbers]
    if number >= sum(known.values()) / 2 and strays and not _is_of_codes(cells):
        notes.append(
            f"{cells.name}: {number} of {sum(known.values())} cells are numbers, others are not: "
            f"{cells.named(strays)}; it is read as words"
        )
    return Column(name=cells.name, words=cells.cells)


def _counted(cells: Mapping[str, int]) -> str:
    return ", ".join(f"'{cell}' ({many})" for cell, many in list(cells.items())[:_MOST_NAMED])


def _is_of_codes(cells: _Cells) -> bool:
    """Tell whether cells are written as codes (0012, 1E2), or words stand among few grades."""
    known = cells.known
    codes = cells.rows(cell for cell in known if is_code(cell))
    if codes >= max(2, 0.01 * sum(known.values())):
        return True
    strays = [cell for cell in known if cell not in cells.numbers]
    values = {number.value for number in cells.numbers.values()}
    few = len(values) <= FEW_NUMBERS and all(value == round(value) for value in values)
    return bool(strays) and few


def _mixed_units(cells: _Cells) -> str:
    """Say which units a column mixes, "" where it is one."""
    units: Counter[str] = Counter()
    for cell, number in cells.numbers.items():
        if number.unit:
            units[in_ucum(number.unit)] += cells.counts[cell]
    if len(units) < 2:
        return ""
    said = " and ".join(f"{unit} ({many})" for unit, many in units.most_common())
    return f"cells are in {said}: write all in one unit; it is read as words"


def _resolved(cells: _Cells, decimals: _Decimals, separator: str) -> dict[str, Number] | str:
    """Return each cell's number with its comma understood; or say why it cannot be."""
    numbers = dict(cells.numbers)
    of = list(numbers.values())
    either = [cell for cell, number in numbers.items() if number.comma == "either"]
    comma = any(number.comma == "decimal" for number in of)
    point = any(number.point for number in of)
    grouped = any(number.comma == "thousands" for number in of)
    if comma and grouped:
        return "has decimal commas and commas for thousands"
    if either:
        plain = [number.value for number in of if not number.comma]
        small = bool(plain) and max(map(abs, plain)) < 1000
        thousands = grouped or (
            not comma
            and (
                point
                or (decimals.point and not decimals.comma)
                or (small and separator == "," and not decimals.comma)
            )
        )
        decimal = comma or (not thousands and decimals.comma and not decimals.point)
        if thousands == decimal or (comma and point):
            cell = either[0]
            return f"{cell} may be {cell.replace(',', '.')} or {cell.replace(',', '')}"
        if thousands:
            numbers |= {cell: numbers[cell].with_thousands() for cell in either}
    thirds = [c for c, n in numbers.items() if not n.comma and not n.point and "." in c]
    if thirds and not point and decimals.comma and not decimals.point:
        cell = thirds[0]
        return f"{cell} may be {cell} or {cell.replace('.', '')}"
    return numbers


def _numbers(cells: _Cells, numbers: Mapping[str, Number], notes: list[str]) -> Column:
    known = cells.known
    values = {cell: number.value for cell, number in numbers.items() if not number.compared}
    strays = [cell for cell in known if cell not in values]
    if strays:
        many = f"{cells.rows(strays)} of {sum(known.values())}"
        notes.append(
            f"{cells.name}: {many} cells are no numbers and stay empty: {cells.named(strays)}"
        )
    unknown = {c: n for c, n in cells.counts.items() if c and c not in known}
    if unknown:
        notes.append(f"{cells.name}: {_counted(unknown)} read as not known")
    unit = next((in_ucum(number.unit) for number in numbers.values() if number.unit), "")
    if unit:
        bare = cells.rows(cell for cell in values if not numbers[cell].unit)
        others = f"; {bare} cells without a unit are taken for the same" if bare else ""
        notes.append(f"{cells.name}: in {unit}, as its cells say{others}")
    commas = next((c for c, n in numbers.items() if n.comma), "")
    if commas:
        notes.append(f"{cells.name}: {commas} is {values.get(commas, numbers[commas].value):.15g}")
    nan = float("nan")
    return Column(
        name=cells.name, numbers=[values.get(cell, nan) for cell in cells.cells], unit=unit
    )


def _ages(cells: _Cells, taken: set[str], notes: list[str]) -> Column | None:
    """Read ages with their units in months, and `> 89` as all ages from there on."""
    months = {c: age for c in cells.known if (age := parse_age(c)) is not None}
    compared = {c: n for c, n in cells.numbers.items() if n.compared}
    if not months and not compared:
        return None
    own = next((_AGE_UNITS[w] for w in words_of(cells.name) if w in _AGE_UNITS), 12.0)
    factor = own if months else 1.0
    values: dict[str, float] = {cell: float(age) for cell, age in months.items()}
    oldest = [_first_age(number) for number in compared.values() if ">" in number.compared]
    for cell, number in cells.numbers.items():
        below_one = number.compared == "<" and number.value == 1
        known_age = not number.compared or ">" in number.compared or below_one
        if cell not in months and not number.unit and known_age:
            values[cell] = _first_age(number) * factor
    known = cells.known
    if cells.rows(values) < MOSTLY * sum(known.values()):
        return None
    name = cells.name
    if months:
        name = _free("age_months", taken - {cells.name})
        example = max(months, key=lambda cell: cells.counts[cell])
        notes.append(f"{cells.name}: written like '{example}', read as {name}, in completed months")
    if oldest:
        said = _counted({c: cells.counts[c] for c in compared})
        notes.append(f"{cells.name}: {said} read as {min(oldest):g} and over")
    strays = [cell for cell in known if cell not in values]
    if strays:
        notes.append(
            f"{cells.name}: {cells.rows(strays)} of {sum(known.values())} cells are no ages and "
            f"stay empty: {cells.named(strays)}"
        )
    nan = float("nan")
    return Column(
        name=name,
        numbers=[values.get(cell, nan) for cell in cells.cells],
        oldest=min(oldest) * factor if oldest else None,
    )


def _first_age(number: Number) -> float:
    """Return the least whole age of `> 89` or `90+`; `< 1` is 0."""
    if number.compared == "<":
        return 0.0
    return number.value + (number.compared == ">")


def _pressures(cells: _Cells, taken: set[str], notes: list[str]) -> list[Column]:
    """Read 120/80 as two columns, where a column's cells are plainly pressures."""
    pairs = {
        cell: (float(found[1]), float(found[2]))
        for cell in cells.known
        if (found := _PRESSURE.fullmatch(cell))
    }
    known = cells.known
    if not pairs or cells.rows(pairs) < MOSTLY * sum(known.values()):
        return []
    falling = cells.rows(cell for cell, (upper, lower) in pairs.items() if upper > lower)
    named = bool(set(words_of(cells.name)) & _PRESSURES)
    if not named and falling < 0.95 * cells.rows(pairs):
        return []
    both = []
    for place, which in enumerate(("systolic", "diastolic")):
        nan = (float("nan"), float("nan"))
        both.append(
            Column(
                name=_free(f"{cells.name}_{which}", taken),
                numbers=[pairs.get(cell, nan)[place] for cell in cells.cells],
                unit="mm[Hg]",
            )
        )
    notes.append(f"{cells.name}: {next(iter(pairs))} is read as {both[0].name} and {both[1].name}")
    if strays := [cell for cell in known if cell not in pairs]:
        notes.append(
            f"{cells.name}: {cells.rows(strays)} of {sum(known.values())} cells are no pressures "
            f"and stay empty: {cells.named(strays)}"
        )
    return both


def _free(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name
