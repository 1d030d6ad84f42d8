"""Numbers as people write them: which number a cell plainly is, if it is one.

36.6  36,6  1,234  1 234,5  +3  1.2e-05  98%  36.6 °C  > 89. Never read as numbers: codes such as
0012 or 1E2, and digits too long for a measurement.
"""

import re
from math import isinf
from typing import Final, Literal, NamedTuple

LONGEST: Final = 15
"""Digits that a double holds exactly; what has more is a code."""

Comma = Literal["", "decimal", "thousands", "either"]
"""What the comma of a cell is: there is none, one thing plainly, or 1,234 and none can tell."""

_SPACES: Final = re.compile(r"[ \u00a0\u2007\u2009\u202f]+")
_NUMBER: Final = re.compile(
    r"""(?P<sign>[+-]?)
    (?:(?P<power>\d+(?:\.\d+)?[eE][+-]\d{1,3}|\d+\.\d+[eE]\d{1,3})
    |(?P<grouped>[1-9]\d{0,2}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,}))
    |(?P<pointed>[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,}))
    |(?P<spaced>[1-9]\d{0,2}(?:[ '\u2019]\d{3})+(?:[.,]\d+)?)
    |(?P<comma>\d+,\d+)
    |(?P<point>\d*\.\d+|\d+\.)
    |(?P<whole>\d+))
    """,
    re.VERBOSE | re.ASCII,
)
_UNIT: Final = re.compile(
    r"""\s?(?P<unit>%|°\s?[CF]|deg(?:rees)?\.?\s?[CF]|celsius|fahrenheit|kgs?|lbs?|mmHg|mm\[Hg\]
    |cms?|mm|inch(?:es)?|in|ft|bpm|beats?/min|breaths?/min|/min|g/d?L|mg/d?L|[mµu]mol/L|I?U/L
    |kg/m[2²]|cells/[µum]m?[L3³]|/[µu]L)""",
    re.VERBOSE | re.IGNORECASE,
)
"""Words that follow a number and can only be its unit; a ward's 2B or 3A has none."""

_LETTER: Final = re.compile(r"\s?(?P<unit>[gmCF])")
"""One letter is a unit after decimals or a space only: 1.65 m, 37 C; 3C may be a ward."""

_COMPARED: Final = re.compile(
    r"""(?P<sign>>=|<=|=>|=<|[<>≥≤])\s*(?P<rest>.+)|(?P<plus>.+?)\s*\+
    |(?:(?P<over>over|above|more\ than|older\ than)|under|below|less\ than|younger\ than)
    \ (?P<limit>.+)
    |(?P<least>.+?)\ (?:and|or|&)\ (?:over|above|older|more|up)""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS: Final = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<="}


class Number(NamedTuple):
    """What a cell is as a number.

    `unit` is as written. `compared` is >, <, >= or <= where the cell says only that much.
    `comma` says what its comma is; of "either" the value is with a decimal comma. `point` says
    that it has a decimal point that could be no mark of thousands.
    """

    value: float
    unit: str = ""
    compared: str = ""
    comma: Comma = ""
    point: bool = False

    def with_thousands(self) -> "Number":
        """Return the number with its comma as a mark of thousands."""
        return self._replace(value=round(self.value * 1000), comma="thousands")


def parse_number(cell: str) -> Number | None:
    """Return the number that a cell (stripped) plainly is; None where it is none, or a code."""
    text = _SPACES.sub(" ", cell).replace("−", "-")  # noqa: RUF001, the minus sign
    compared = ""
    if told := _COMPARED.fullmatch(text):
        if told["limit"]:
            compared, text = (">" if told["over"] else "<"), told["limit"]
        else:
            compared = _SIGNS.get(told["sign"], told["sign"]) or ">="
            text = (told["rest"] or told["plus"] or told["least"]).strip()
    found = _NUMBER.match(text)
    number = _value(found) if found else None
    if not found or number is None or isinf(number.value):
        return None
    unit = ""
    if rest := text[found.end() :]:
        named = _UNIT.fullmatch(rest)
        if not named and (rest[0] == " " or "." in found[0] or "," in found[0]):
            named = _LETTER.fullmatch(rest)
        if not named:
            return None
        unit = re.sub(r"\s", "", named["unit"])
    return number._replace(unit=unit, compared=compared)


def _value(found: re.Match[str]) -> Number | None:
    sign = -1.0 if found["sign"] == "-" else 1.0
    form = next(name for name in _FORMS if found[name] is not None)
    text = found[form]
    whole = re.split(r"[.,](?=\d*$)", text)[0] if form in _WITH_DECIMALS else text
    if form != "power" and (sum(map(str.isdigit, whole)) > LONGEST or is_code(text)):
        return None
    if form in ("whole", "power"):
        return Number(sign * float(text))
    if form == "point":
        after = text.partition(".")[2]
        return Number(sign * float(text), point=len(after) != 3 or text.startswith(("0", ".")))
    if form == "comma":
        before, _, after = text.partition(",")
        either = len(after) == 3 and before != "0" and len(before) <= 3
        return Number(sign * float(f"{before}.{after}"), comma="either" if either else "decimal")
    if form == "grouped":
        return Number(sign * float(text.replace(",", "")), comma="thousands", point="." in text)
    if form == "pointed":
        return Number(sign * float(text.replace(".", "").replace(",", ".")), comma="decimal")
    plain = re.sub("[ '\u2019]", "", text)
    comma: Comma = "decimal" if "," in plain else ""
    return Number(sign * float(plain.replace(",", ".")), comma=comma, point="." in plain)


_FORMS: Final = ("whole", "point", "power", "comma", "grouped", "pointed", "spaced")


_WITH_DECIMALS: Final = ("point", "comma", "pointed")

_CODE: Final = re.compile(r"0\d+(?:[.,]\d+)?|\d+[eE]\d+|\d{16,}", re.ASCII)


def is_code(cell: str) -> bool:
    """Tell whether digits are written as a code, not as a number: 0012, 1E2, 16 digits."""
    return _CODE.fullmatch(cell) is not None


_MISSING: Final = re.compile(
    r"n/?a|n\.a\.|nan|null|none|nil|<na>|-{1,3}|\.{1,2}|\?{1,3}"
    r"|#(?:n/a|null!|div/0!|value!|ref!|num!|name\?)",
    re.IGNORECASE,
)


def is_missing(cell: str) -> bool:
    """Tell whether a word stands for a number that is not known; among words it is a word."""
    return _MISSING.fullmatch(cell) is not None
