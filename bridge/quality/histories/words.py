"""The words of event tables: a type and a code, lab codes that come together being one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import EVENT_TYPES, TEST, EventTable

Word = tuple[str, str]

ALIKE: Final = 0.8
"""Codes of tests whose visits overlap by that share (Jaccard's) are one panel (histories study)."""

OFTEN: Final = 20
"""Visits that a code of a test must have for that to be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of some tables, in an order that tells nothing of the people."""

    listed: tuple[Word, ...]
    number: Mapping[Word, int]
    panel: Mapping[str, str]
    """The code that stands for a test's panel, by code; a test that is absent is its own."""
    display: Mapping[Word, str]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.listed)

    def of_type(self, kind: str) -> NDArray[np.int64]:
        """Return the numbers of the words of one event type."""
        return np.array(
            [k for k, word in enumerate(self.listed) if word[0] == kind], dtype=np.int64
        )

    def shown(self, number: int) -> str:
        """Return what a reader calls a word."""
        kind, code = self.listed[number]
        return self.display.get((kind, code)) or code


def words_of(tables: Sequence[EventTable]) -> Words:
    """Number the words of all tables; the panels are those of the first, the largest real one."""
    panel = panels(tables[0])
    found: set[Word] = set()
    display: dict[Word, str] = {}
    for table in reversed(tables):
        found |= {(kind, _of_panel(kind, code, panel)) for kind, code in _distinct(table)}
        display |= table.display
    ordered = tuple(sorted(found, key=lambda word: (EVENT_TYPES.index(word[0]), word[1])))
    number = {word: k for k, word in enumerate(ordered)}
    return Words(listed=ordered, number=number, panel=panel, display=display)


def numbered(table: EventTable, words: Words) -> NDArray[np.int64]:
    """Return the number of each event's word, (m,)."""
    pairs = zip(table.kind, table.code, strict=True)
    known = {pair: words.number[pair[0], _of_panel(*pair, words.panel)] for pair in set(pairs)}
    found = [known[pair] for pair in zip(table.kind, table.code, strict=True)]
    return np.array(found, dtype=np.int64)


def panels(table: EventTable) -> dict[str, str]:
    """Return for each code of a test the code that stands for its panel."""
    at: dict[str, set[tuple[int, int]]] = defaultdict(set)
    rows = np.flatnonzero(table.kind == TEST)
    for owner, visit, code in zip(
        table.owner[rows].tolist(), table.visit[rows].tolist(), table.code[rows], strict=True
    ):
        at[code].add((owner, visit))
    leader = {code: code for code in at}

    def top(code: str) -> str:
        while leader[code] != code:
            code = leader[code]
        return code

    for one, other in combinations(sorted(c for c in at if len(at[c]) >= OFTEN), 2):
        if _jaccard(at[one], at[other]) >= ALIKE:
            leader[top(other)] = top(one)
    return {code: top(code) for code in at}


def _jaccard(one: set[tuple[int, int]], other: set[tuple[int, int]]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _distinct(table: EventTable) -> Iterable[Word]:
    return set(zip(table.kind, table.code, strict=True))


def _of_panel(kind: str, code: str, panel: Mapping[str, str]) -> str:
    return panel.get(code, code) if kind == TEST else code
