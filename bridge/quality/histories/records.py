"""An event table as the arrays that all measures count: contacts in order, and what each holds.

A contact is a visit, or a day of what was before the record began (`BEFORE`). A code counts once
in a contact.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bridge.histories.events import BEFORE, VISIT, EventTable
from bridge.quality.histories.words import Words, numbered

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

YEAR: Final = 365.25
UNKNOWN: Final = -1
"""The kind of a contact that is no visit, or whose visit has none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """n people with c contacts, ordered by person, then time; days are counted from birth."""

    words: Words
    male: NDArray[np.bool_]
    """(n,)"""
    begin: Floats
    end: Floats
    """(n,) age in days at which the record begins and ends."""
    dead: NDArray[np.bool_]
    """(n,)"""
    owner: Numbers
    """(c,) the person of each contact."""
    age: Floats
    """(c,) days from birth."""
    is_visit: NDArray[np.bool_]
    """(c,) False for a day before the record began."""
    kind: Numbers
    """(c,) the word of the visit's kind, or UNKNOWN."""
    contact: Numbers
    word: Numbers
    """(e,) which word was in which contact, ordered; each pair once."""

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.male)

    def held(self) -> Any:
        """Return which contact held which word, a sparse matrix (c, K) of 0 and 1."""
        return _zeros_and_ones(self.contact, self.word, (len(self.owner), len(self.words)))

    def lives(self) -> Any:
        """Return who has which word at all, a sparse matrix (n, K) of 0 and 1."""
        shape = (len(self), len(self.words))
        return _zeros_and_ones(self.owner[self.contact], self.word, shape)

    def counts(self) -> Any:
        """Return in how many contacts each person has each word, a sparse matrix (n, K)."""
        shape = (len(self), len(self.words))
        ones = np.ones(len(self.word))
        return sparse.csr_matrix((ones, (self.owner[self.contact], self.word)), shape=shape)

    def successions(self) -> tuple[Numbers, Numbers]:
        """Return the visits that another visit of the person follows, and those that follow."""
        visits = np.flatnonzero(self.is_visit)
        same = self.owner[visits[1:]] == self.owner[visits[:-1]]
        return visits[:-1][same], visits[1:][same]

    def some(self, people: Numbers) -> "Records":
        """Return the records of some of the people, in the order given."""
        place = np.full(len(self), -1)
        place[people] = np.arange(len(people))
        contacts = np.flatnonzero(place[self.owner] >= 0)
        contacts = contacts[np.argsort(place[self.owner[contacts]], kind="stable")]
        position = np.full(len(self.owner), -1)
        position[contacts] = np.arange(len(contacts))
        events = np.flatnonzero(position[self.contact] >= 0)
        events = events[np.argsort(position[self.contact[events]], kind="stable")]
        return replace(
            self,
            male=self.male[people],
            begin=self.begin[people],
            end=self.end[people],
            dead=self.dead[people],
            owner=place[self.owner[contacts]],
            age=self.age[contacts],
            is_visit=self.is_visit[contacts],
            kind=self.kind[contacts],
            contact=position[self.contact[events]],
            word=self.word[events],
        )


def records_of(table: EventTable, words: Words) -> Records:
    """Count an event table's words by contact."""
    birth = table.birth.astype("datetime64[s]")
    age = _days(table.time - birth[table.owner])
    before = table.visit == BEFORE
    # a day of history is told from others by its number; visits have theirs, from 0
    place = np.where(before, -1 - np.floor(np.maximum(age, 0)), table.visit).astype(np.int64)
    keys = np.stack([table.owner, place], axis=1)
    found, contact = np.unique(keys, axis=0, return_inverse=True)
    contact = contact.ravel()
    first = np.full(len(found), np.inf)
    np.minimum.at(first, contact, age)
    order = np.lexsort((found[:, 1], first, found[:, 1] >= 0, found[:, 0]))
    position = np.empty(len(found), dtype=np.int64)
    position[order] = np.arange(len(found))
    word = numbered(table, words)
    events = np.unique(np.stack([position[contact], word], axis=1), axis=0)
    kind = np.full(len(found), UNKNOWN)
    visits = (table.kind == VISIT) & ~before
    kind[position[contact[visits]]] = word[visits]
    return Records(
        words=words,
        male=table.sex == "M",
        begin=_days(table.begin.astype("datetime64[s]") - birth),
        end=_days(table.end.astype("datetime64[s]") - birth),
        dead=~np.isnat(table.death),
        owner=found[order, 0],
        age=first[order],
        is_visit=found[order, 1] >= 0,
        kind=kind,
        contact=events[:, 0],
        word=events[:, 1],
    )


def _days(length: NDArray[Any]) -> Floats:
    return length.astype("timedelta64[s]").astype(np.float64) / 86_400


def _zeros_and_ones(rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> Any:
    found = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    found.data[:] = 1.0
    return found
