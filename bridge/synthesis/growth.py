"""How a country's children under five lie beside the survey's: the solved moves, growth.json.

A move is a shift and a stretch of the length's and the weight's coordinate in the flow's base
space, by sex and age (`base_space.Line`). `growth_solving` finds them; a calibration joins them to
those of the adults. Arms follow the weight and heads both, as far as the flow says that they do.
"""

import json
from functools import cache
from typing import Final, NamedTuple

from bridge.errors import InputError
from bridge.synthesis.base_space import BirthSize, Line, packed, unpacked
from bridge.synthesis.population import FOLDER
from bridge.synthesis.population_children import PublishedChildren
from bridge.yaml_files import nearest

SOLVED: Final = FOLDER / "growth.json"


class SolvedGrowth(NamedTuple):
    """The moves by country, and the flow that they were found with."""

    model: str
    moves: dict[str, tuple[Line, ...]]


@cache
def solved_growth() -> SolvedGrowth:
    """Return the moves that come with bridge."""
    if not SOLVED.exists():
        return SolvedGrowth("", {})
    stored = json.loads(SOLVED.read_text(encoding="utf-8"))
    moves = {name: tuple(map(unpacked, lines)) for name, lines in stored["moves"].items()}
    return SolvedGrowth(stored["model"], moves)


def growth_of(name: str) -> tuple[Line, ...]:
    """Return the moves of a country's children; raise InputError where none are known."""
    moves = solved_growth().moves
    if name not in moves:
        raise InputError(
            f"growth: no moves of children are known for {name!r}{nearest(name, moves)}; "
            f"known are {', '.join(moves)}"
        )
    return moves[name]


def birth_size(children: PublishedChildren) -> BirthSize:
    """Return the published birth weight in kg."""
    return BirthSize(children.birth_weight_g.mean / 1000, children.birth_weight_g.sd / 1000)


def save_growth(model: str, moves: dict[str, tuple[Line, ...]]) -> None:
    """Store the moves, a country a line."""
    entries = ",\n".join(
        f"{json.dumps(name)}: {json.dumps([packed(line) for line in lines])}"
        for name, lines in moves.items()
    )
    SOLVED.write_text(
        f'{{"model": {json.dumps(model)}, "moves": {{\n{entries}\n}}}}\n', encoding="utf-8"
    )
    solved_growth.cache_clear()
