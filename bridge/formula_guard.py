"""Cells of a table that no spreadsheet takes for a formula."""

import re
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would reckon out, also behind the ' that prevents it."""


def is_formula(word: str | None) -> bool:
    """Tell whether a spreadsheet would reckon a word out."""
    return word is not None and _FORMULA.match(word) is not None


def guarded(word: str) -> str:
    """Return a word as a cell that no spreadsheet takes for a formula: behind one more '."""
    return f"'{word}" if is_formula(word) else word


def unguarded(cell: str) -> str:
    """Return the word of a cell that `guarded` wrote."""
    return cell[1:] if cell.startswith("'") and is_formula(cell) else cell
