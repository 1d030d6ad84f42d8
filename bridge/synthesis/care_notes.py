"""The notes of all visits at once: each phrase is filled for all events that take it."""

from collections.abc import Callable, Sequence
from string import Formatter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care import notes
from bridge.histories.care.model import Phrase, State
from bridge.histories.care.package import standing_orders
from bridge.patient_arrays import Whole
from bridge.synthesis.care_arrays import CareArrays
from bridge.synthesis.care_words import EventWords

STATES: Final = 4096
"""More than a module has states."""


def note_texts(arrays: CareArrays) -> NDArray[np.object_]:
    """Return the note (v,) of each visit, a line for each event that has one; empty: none."""
    record = arrays.record
    events = record.story.events
    said = [[""] * len(events) for _ in notes.PARTS]
    words = EventWords(arrays)
    which = events.module * STATES + events.state
    for one in np.unique(which).tolist():
        state = _state(arrays, *divmod(one, STATES))
        if state.notes:
            _fill(state, np.flatnonzero(which == one), record.phrases, words, said)
    remarked = np.flatnonzero(record.phrases[:, -1] != notes.NONE)
    _fill(standing_orders().orders, remarked, record.phrases, words, said)
    texts = np.full(len(record.person), "", dtype=object)
    for visit, parts in zip(record.of.tolist(), zip(*said, strict=True), strict=True):
        text = " ".join(filter(None, parts))
        if text:
            texts[visit] = f"{texts[visit]}\n{text}" if texts[visit] else text
    return texts


def _state(arrays: CareArrays, module: int, state: int) -> State:
    record = arrays.record
    return list(record.modules[record.story.names[module]].states.values())[state]


def _fill(
    state: State, rows: Whole, phrase: Whole, words: EventWords, said: Sequence[list[str]]
) -> None:
    """Fill in what the events (rows) in one state say."""
    assert state.notes
    for place, part in enumerate(notes.PARTS):
        listed = notes.phrases(state.notes, part)
        if not listed:
            continue
        taken = phrase[rows, place]
        for number in np.unique(taken[taken != notes.NONE]).tolist():
            some = rows[taken == number]
            for row, text in zip(some.tolist(), _texts(listed[number], some, words), strict=True):
                said[place][row] = text


def _texts(phrase: Phrase | str, rows: Whole, words: EventWords) -> list[str]:
    text = (phrase if isinstance(phrase, str) else phrase.text).strip()
    names = [name for _, name, _, _ in Formatter().parse(text) if name]
    columns = [words.of(name, rows) for name in names]
    fill: Callable[..., str] = text.format
    if not columns:
        return [fill()] * len(rows)
    plain = "".join(
        literal.replace("{", "{{").replace("}", "}}") + ("{}" if name is not None else "")
        for literal, name, _, _ in Formatter().parse(text)
    )
    return [one.strip() for one in map(plain.format, *columns)]
