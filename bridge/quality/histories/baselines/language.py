"""What all baselines learn of a table before they learn to write: its words, gaps and lengths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import EventTable
from bridge.histories.learnt.durations import Durations, durations_of
from bridge.histories.learnt.masks import Masks, masks_of, narrowed, own_rules
from bridge.histories.learnt.moves import moves_of
from bridge.histories.learnt.records import Given, Records, encode
from bridge.histories.learnt.stream import Stream
from bridge.histories.learnt.vocabulary import Vocabulary, vocabulary_of
from bridge.histories.learnt.writing import write

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """The words and tokens of a table, how long its codes last, and what may not be."""

    words: Vocabulary
    stream: Stream
    durations: Durations
    masks: Masks

    def written(self, records: Records, rng: np.random.Generator) -> EventTable:
        """Return records as an event table."""
        return write(records, self.words, self.durations, rng)

    def ages(self, records: Records, tokens: list[Ints]) -> list[Ints]:
        """Return the days of age at each token: of a gap, the day it leads to."""
        first_move, first_kind = 3, self.stream.first_kind
        begin = records.given.begin - records.given.birth
        found = []
        for k, own in enumerate(tokens):
            steps = slice(*np.searchsorted(records.owner, [k, k + 1]).tolist())
            days = np.concatenate([[0], records.day[steps]])
            day = days[np.cumsum((own >= first_move) & (own < first_kind))]
            opens = int(np.flatnonzero(own == 1)[0])
            inside = np.flatnonzero((own >= first_move) & (np.arange(len(own)) > opens))
            day[opens : int(inside[0]) if len(inside) else None] = begin[k]
            found.append(day)
        return found


def learn_language(train: EventTable) -> tuple[Language, Records]:
    """Learn the words of a table, and write it in them."""
    words = vocabulary_of(train)
    records = encode(train, words)
    language = Language(
        words=words,
        stream=Stream(words=words, moves=moves_of(records)),
        durations=durations_of(train, words),
        masks=narrowed(masks_of(words, own_rules()), records, words),
    )
    return language, records


def as_given(male: NDArray[np.bool_], dead: NDArray[np.bool_], age: Ints, window: Given) -> Given:
    """Return people who are `age` days old when their records begin; the spans are the window's."""
    return Given(male=male, dead=dead, birth=window.begin - age, begin=window.begin, end=window.end)
