"""Columns and figures as a reader sees them: names with units, numbers without false digits."""

import math
from typing import Final

NOTHING: Final = "n/a"

_UNITS: Final = {
    "cm": "cm",
    "kg": "kg",
    "mmhg": "mmHg",
    "bpm": "/min",
    "pct": "%",
    "c": "°C",
    "months": "months",
    "years": "years",
    "mgdl": "mg/dL",
    "gdl": "g/dL",
}
_WORDS: Final = {"sbp": "SBP", "dbp": "DBP", "muac": "MUAC", "bmi": "BMI", "spo2": "SpO2"}


def label(column: str) -> str:
    """Return the name of a column in words."""
    parts = column.split("_")
    if len(parts) > 1 and parts[-1] in _UNITS:
        parts = parts[:-1]
    return " ".join(_WORDS.get(part, part) for part in parts)


def with_unit(column: str) -> str:
    """Return the name of a column in words, with its unit where its name says one."""
    unit = _UNITS.get(column.rsplit("_", 1)[-1]) if "_" in column else None
    return f"{label(column)} ({unit})" if unit else label(column)


def plain(value: float, digits: int = 3) -> str:
    """Write a figure with that many decimals."""
    return f"{value:,.{digits}f}" if math.isfinite(value) else NOTHING


def signed(value: float, digits: int = 3) -> str:
    """Write a figure with its sign."""
    value = round(value, digits) + 0.0  # no -0.00
    return f"{value:+.{digits}f}" if math.isfinite(value) else NOTHING


def short(value: float) -> str:
    """Write a measured value with four digits that count."""
    if not math.isfinite(value):
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(share: float, digits: int = 0) -> str:
    """Write a share as a percentage."""
    return f"{100 * share:.{digits}f} %" if math.isfinite(share) else NOTHING
