"""A chart as inline SVG whose colours are the page's, so that it follows light, dark and print."""

import io
import re
from html import escape
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

REAL: Final = "#0072b2"
SYNTHETIC: Final = "#d55e00"
FLOOR: Final = "#7a7a7b"
INK: Final = "#010203"
FAINT: Final = "#040506"
"""Blue and vermilion of Okabe and Ito's palette, told apart by colour-blind readers too."""

_VARIABLES = {
    REAL: "var(--real)",
    SYNTHETIC: "var(--synthetic)",
    FLOOR: "var(--floor)",
    INK: "var(--ink)",
    FAINT: "var(--faint)",
}
_STYLE: Final[dict[Any, Any]] = {
    "text.parse_math": False,  # a column may have a dollar sign in its name
    "svg.fonttype": "none",
    "svg.hashsalt": "bridge",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "grid.alpha": 0.5,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.linewidth": 1.6,
    "savefig.transparent": True,
}
_FONT = re.compile(r"font-family: [^;\"]+")
_ID = re.compile(r' id="([^"]*)"')
_USED_ID = re.compile(r'[("]#([^")]*)')


class Chart:
    """One figure of axes, drawn inside `with` and then turned into SVG by `svg`."""

    def __init__(self, width: float = 3.6, height: float = 2.5) -> None:
        """Open a figure of that many inches."""
        self._style = rc_context(_STYLE)
        self._size = (width, height)

    def __enter__(self) -> Figure:
        """Return the figure to draw on."""
        self._style.__enter__()
        self._figure = Figure(figsize=self._size, layout="constrained", dpi=110)
        return self._figure

    def __exit__(self, *error: object) -> None:
        """Keep the picture."""
        text = io.StringIO()
        try:
            if error[0] is None:
                self._figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            self._style.__exit__(None, None, None)
        self._text = text.getvalue()

    def svg(self, description: str) -> str:
        """Return the picture as an element that says in words what it shows."""
        return inline(self._text, description)


def inline(text: str, description: str) -> str:
    """Turn matplotlib's SVG document into an element of a page."""
    text = text[text.index("<svg") :]
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = _FONT.sub("font-family: inherit", text)
    used = set(_USED_ID.findall(text))
    text = _ID.sub(lambda found: found[0] if found[1] in used else "", text)
    text = re.sub(r'^<svg ([^>]*?) width="[^"]*" height="[^"]*"', r"<svg \1", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)


def single(figure: Figure) -> Axes:
    """Return the one plot of a figure."""
    return figure.add_subplot()
