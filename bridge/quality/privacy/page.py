"""The privacy figures and the GDPR sheet as HTML fragments for a report, and the sheet as text."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from jinja2 import Environment

from bridge.pages import templates_of
from bridge.quality.privacy.membership import GOAL
from bridge.quality.privacy.rates import interval, percent
from bridge.quality.privacy.results import Attack, Privacy
from bridge.quality.privacy.sheet import Section

LEFT: Final = 210
RIGHT: Final = 610
ROW: Final = 22
"""Pixels: where the axis of the risks begins and ends, and the height of a row."""

STEPS: Final = (0.05, 0.1, 0.2, 0.5)
MOST_TICKS: Final = 8


class Bar(NamedTuple):
    """An attack's place in the plot of risks: its row, its interval's ends and its middle."""

    attack: Attack
    y: int
    low: float
    value: float
    high: float


class Risks(NamedTuple):
    """The plot of risks: bars, the place of no risk, and labelled ticks."""

    bars: tuple[Bar, ...]
    zero: float
    ticks: tuple[tuple[float, str], ...]
    height: int


def privacy_html(privacy: Privacy) -> str:
    """Return the privacy section as an HTML fragment without its heading."""
    page = _templates().get_template("privacy.html")
    return page.render(p=privacy, goal=GOAL, risks=_place(privacy.attacks))


def sheet_html(sheet: Sequence[Section]) -> str:
    """Return the GDPR sheet as an HTML fragment without its heading."""
    return _templates().get_template("gdpr.html").render(sheet=sheet)


def sheet_text(sheet: Sequence[Section]) -> str:
    """Return the GDPR sheet as Markdown, which reads as plain text too."""
    parts = (f"## {title}\n" + "".join(f"- {line}\n" for line in lines) for title, lines in sheet)
    return "# GDPR sheet\n\n" + "\n".join(parts)


def _place(attacks: Sequence[Attack]) -> Risks:
    """Lay the risks out on an axis that holds all intervals, in steps of whole tenths."""
    low = math.floor(10 * min((attack.risk.low for attack in attacks), default=0.0)) / 10
    high = math.ceil(10 * max((attack.risk.high for attack in attacks), default=0.1)) / 10
    low, high = max(min(low, 0.0), -1.0), max(high, low + 0.1, 0.1)

    def x(risk: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (min(max(risk, low), high) - low) / (high - low), 1)

    step = next(step for step in STEPS if (high - low) / step < MOST_TICKS)
    marks = [k * step for k in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]
    return Risks(
        bars=tuple(
            Bar(attack, ROW * (k + 1), *(x(end) for end in _in_order(attack)))
            for k, attack in enumerate(attacks)
        ),
        zero=x(0.0),
        ticks=tuple((x(mark), f"{100 * mark:.0f} %") for mark in marks),
        height=ROW * (len(attacks) + 2),
    )


def _in_order(attack: Attack) -> tuple[float, float, float]:
    return attack.risk.low, attack.risk.value, attack.risk.high


def _templates() -> Environment:
    return templates_of("bridge.quality.privacy", {"percent": percent, "interval": interval})
