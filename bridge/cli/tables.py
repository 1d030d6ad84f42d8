"""What was made of a table, and what is odd about it, on the screen."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.screen import Screen

if TYPE_CHECKING:
    from bridge.flows.spec import Condition, Output
    from bridge.flows.table import Gap, Table
    from bridge.tables.doubts import Doubt


def show_notes(path: Path, notes: Sequence[str], screen: Screen) -> None:
    """Say what was made of a file and its cells."""
    for note in notes:
        screen.say(f"  {path.name}: {note}")


def show_doubts(doubts: "Sequence[Doubt]", screen: Screen) -> None:
    """Show what is odd about a table, before it is used."""
    if doubts:
        screen.say("doubts:", style="yellow")
        screen.table(
            ["column", "what is odd", "what to do"],
            ([doubt.column, doubt.what, doubt.advice] for doubt in doubts),
        )


def show_columns(table: "Table", screen: Screen) -> None:
    """Show what each column is taken for, and how many rows lack it."""
    spec = table.spec
    screen.table(
        ["column", "taken for", "values", "missing"],
        [
            *(
                [name, f"given: {of.kind}", _given(name, of), ""]
                for name, of in spec.conditions.items()
            ),
            *(
                [name, of.kind, _made(of), _lacking(table.gaps.get(name), len(table))]
                for name, of in spec.outputs.items()
            ),
        ],
    )


def _lacking(gap: "Gap | None", rows: int) -> str:
    """Say what share of rows lacks an output; a spec that leaves them out keeps none."""
    if gap is None:
        return "none"
    share = f"{sum(gap) / max(1, rows):.0%}"
    return f"{share} ({gap.outside:,} outside its bounds)" if gap.outside else share


def _given(name: str, of: "Condition") -> str:
    if of.kind == "category":
        return _levels(list(of.levels))
    if of.kind == "age":
        return f"in {of.unit(name)}s, {of.oldest:g} years and over are one"
    return f"{of.low:g} to {of.high:g}"


def _made(of: "Output") -> str:
    if of.kind == "category":
        return _levels(list(of.levels))
    bounds = [f"{bound:g}" for bound in (of.low, of.high) if bound is not None]
    return f"{' to '.join(bounds)} {of.unit or '(no unit)'}, in steps of {of.step:g}"


def _levels(levels: Sequence[str]) -> str:
    return ", ".join(levels[:6]) + (f", ... ({len(levels)})" if len(levels) > 6 else "")
