"""In words: how coarsely a model draws the people that rows are made for."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.flows.coarseness import Spread
    from bridge.flows.model import Model

MUCH_NOISE = 4
"""With more noise than a quarter of a group sexes and ages are told from the table's by far."""

TOO_MANY_LEFT_OUT = 0.01
"""The share of rows in no group from which on a model fitted by an earlier bridge is told of."""


def coarse(model: "Model", strays: Mapping[str, int] | None = None) -> Iterator[str]:
    """Yield lines: what share of the rows stands behind how coarse a group; `strays` if known."""
    from bridge.flows.coarseness import coarseness

    if not model.spec.conditions or not model.groups.boxes:
        return
    found = coarseness(model.spec, model.groups)
    names = " and ".join(model.spec.conditions)
    how = f"in {found.boxes:,} groups of {found.fewest:,} to {found.largest:,}"
    if found.boxes == 1:
        how = "each by itself: no two go together more than chance does"
    if len(model.spec.conditions) == 1:
        how = "as one group" if found.boxes == 1 else how
    yield f"people are drawn by {names} like {how_many(found.people, 'row')}, {how}"
    if "privacy" in model.provenance:
        yield _noise_of(model, found.people)
    elif not found.spreads:
        yield from _left_out(found.people, model.provenance.get("rows", found.people))
    for spread in found.spreads:
        yield f"  {spread.name}: {_told(spread)}"
    for name, rows in (strays or {}).items():
        yield f"  {name} of {how_many(rows, 'row')} is like hardly anybody's: the nearest is drawn"


def _noise_of(model: "Model", people: int) -> str:
    noise = model.provenance["privacy"]["looks"]["groups"]["noise"]
    each = people / prod(cells.size for cells in model.groups.cells)
    said = f"  counted with noise of ±{noise:.1f} rows on each; a group holds {each:.1f} on average"
    much = noise * MUCH_NOISE > each
    return said + ("; whom few are like is lost in it: give people (--like)" if much else "")


def _left_out(grouped: int, rows: int) -> Iterator[str]:
    if rows - grouped > TOO_MANY_LEFT_OUT * rows:
        missing = f"{100 * (rows - grouped) / rows:.0f} %"
        yield (
            f"  {missing} of the {how_many(rows, 'row')} it was fitted to are "
            "in no group and nobody like them is drawn: fit the model anew, or give people (--like)"
        )


def _told(spread: "Spread") -> str:
    if spread.kind == "category":
        if not spread.alike:
            return "each level by itself"
        levels = ", ".join(level or "unknown" for level in spread.alike)
        share = f"{100 * spread.share:.0f} % of the rows"
        return f"each level by itself, but {share}, drawn alike: {levels}"
    half, most, widest = (
        _width(width, spread.kind) for width in (spread.half, spread.most, spread.widest)
    )
    if half == widest:
        return f"evenly within {widest}"
    return f"half of the rows evenly within {half} or less, 90 % within {most}, all within {widest}"


def _width(width: float, kind: str) -> str:
    if kind != "age":
        return f"{width:.3g}"
    if width < 1:
        return how_many(max(1, round(width * 365.25 / 12)), "day")
    return how_many(round(width), "month") if width < 24 else f"{width / 12:.0f} years"
