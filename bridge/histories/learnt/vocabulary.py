"""The words of a model: kinds of visit, and codes, of which each stands in its fixed place.

A code that fewer than five people have names them, so it is none (`LEAST`). Tests that come
together are one word, a panel, taken apart again when histories are written.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np

from bridge.histories.events import (
    CONDITION,
    DRUG,
    IMMUNIZATION,
    PROCEDURE,
    TEST,
    VISIT,
    EventTable,
)

LEAST: Final = 5
"""People who have a code, at least."""

ORDER: Final = (CONDITION, PROCEDURE, TEST, DRUG, IMMUNIZATION)
"""In which order the codes of a visit are drawn: each type may follow from those before."""

Token = tuple[str, str]
"""A type and a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of a model, in order.

    `kinds` are the codes of visits. `codes` are the others by type and how common they are, so a
    visit has one spelling. A panel stands under its most common code; `members` has its codes.
    """

    kinds: tuple[str, ...]
    codes: tuple[Token, ...]
    members: Mapping[Token, tuple[str, ...]] = field(default_factory=dict)
    display: Mapping[Token, str] = field(default_factory=dict)

    def place(self) -> dict[Token, int]:
        """Return where each code stands; those of a panel at the panel's."""
        places = {token: k for k, token in enumerate(self.codes)}
        of_panels = {
            (kind, code): places[kind, name]
            for (kind, name), codes in self.members.items()
            for code in codes
        }
        return places | of_panels

    def said(self, token: Token) -> str:
        """Return what a token is called, for people."""
        return self.display.get(token, token[1])


def vocabulary_of(
    table: EventTable,
    *,
    least: int = LEAST,
    panelled: Sequence[str] = (TEST,),
    alike: float = 0.8,
) -> Vocabulary:
    """Return the words of a table: those that at least `least` people have."""
    leads = _leads(table, panelled, alike)
    tokens = [
        (str(kind), leads.get((str(kind), str(code)), str(code)))
        for kind, code in zip(table.kind, table.code, strict=True)
    ]
    counts = people_with(tokens, table.owner.tolist())
    return words_of_counts(counts, leads, table.display, least=least)


def people_with(tokens: Iterable[Token], owners: Iterable[int]) -> Counter[Token]:
    """Count the people who have each token."""
    pairs = set(zip(tokens, owners, strict=True))
    return Counter(token for token, _ in pairs)


def words_of_counts(
    counts: Mapping[Token, float],
    leads: Mapping[Token, str],
    display: Mapping[Token, str],
    *,
    least: float = LEAST,
) -> Vocabulary:
    """Return the words with counts of at least `least`; the counts may be noisy."""
    kept = [token for token, many in counts.items() if many >= least]
    kept.sort(key=lambda token: (-counts[token], token))
    members = defaultdict(list)
    for (kind, code), lead in sorted(leads.items()):
        if (kind, lead) in kept:
            members[kind, lead].append(code)
    codes = tuple(token for kind in ORDER for token in kept if token[0] == kind)
    kinds = tuple(code for kind, code in kept if kind == VISIT)
    wanted = {*codes, *((VISIT, kind) for kind in kinds)}
    wanted |= {(kind, code) for (kind, _), all_ in members.items() for code in all_}
    return Vocabulary(
        kinds=kinds,
        codes=codes,
        members={token: tuple(all_) for token, all_ in members.items() if len(all_) > 1},
        display={token: said for token, said in display.items() if token in wanted},
    )


def _leads(table: EventTable, panelled: Sequence[str], alike: float) -> dict[Token, str]:
    """Return the code under which a panel stands, for each code of one."""
    leads: dict[Token, str] = {}
    for kind in panelled:
        rows = np.flatnonzero((table.kind == kind) & (table.visit >= 0))
        at: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for k in rows.tolist():
            at[str(table.code[k])].add((int(table.owner[k]), int(table.visit[k])))
        for code, lead in panels(at, alike=alike).items():
            leads[kind, code] = lead
    return leads


def panels(
    at: Mapping[str, set[tuple[int, int]]], *, alike: float = 0.8, least: int = 20
) -> dict[str, str]:
    """Return the panel of each code: codes whose visits are alike by Jaccard are one.

    `at` has the visits of each code. A panel is called after its most common code.
    """
    up = {code: code for code in at}

    def top(code: str) -> str:
        while up[code] != code:
            code = up[code]
        return code

    often = sorted((c for c in at if len(at[c]) >= least), key=lambda c: (-len(at[c]), c))
    for one, other in combinations(often, 2):
        if len(at[other]) < alike * len(at[one]):
            continue
        both = len(at[one] & at[other])
        if both >= alike * (len(at[one]) + len(at[other]) - both):
            up[top(other)] = top(one)
    return {code: top(code) for code in at}
