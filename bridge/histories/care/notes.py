"""Visit notes in plain clinical English: a phrase of each part, filled with the visit's numbers."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.care.course import Whole
from bridge.histories.care.model import Notes, Phrase
from bridge.histories.care.randomness import Keys, uniforms
from bridge.histories.care.situation import ANYBODY, Situation

PARTS: Final = ("complaint", "history", "finding", "plan", "remark")
"""What a note is made of, in order; the remark is of standing orders."""
NONE: Final = -1
NO_FEVER: Final = re.compile(r"\bno fever|\bafebrile", re.IGNORECASE)
HAS_FEVER: Final = re.compile(r"\bfebrile", re.IGNORECASE)
FEVER: Final = 37.5
"""Degrees Celsius (IMCI)."""


class Choice(NamedTuple):
    """Which phrase (k, PARTS) each event of a state takes, NONE where none fits."""

    event: Whole
    phrase: Whole


def chosen(notes: Notes, rows: Whole, situation: Situation, of_visit: Keys) -> Choice:
    """Choose a phrase of each part for the events (rows) in a state, of those that fit."""
    phrase = np.full((len(rows), len(PARTS)), NONE)
    here = situation.some(rows)
    for place, part in enumerate(PARTS):
        listed = phrases(notes, part)
        if not listed:
            continue
        fits = np.stack([_fits(one, here) for one in listed], axis=1)
        first = (uniforms(of_visit[rows], f"note {part}") * len(listed)).astype(np.int64)
        for turn in range(len(listed)):
            now = (first + turn) % len(listed)
            take = (phrase[:, place] == NONE) & fits[np.arange(len(rows)), now]
            phrase[take, place] = now[take]
            if (phrase[:, place] != NONE).all():
                break
    return Choice(rows, phrase)


def phrases(notes: Notes, part: str) -> Sequence[Phrase | str]:
    """Return what a part of the notes may say."""
    listed: Sequence[Phrase | str] = getattr(notes, part)
    return listed


def _fits(phrase: Phrase | str, situation: Situation) -> NDArray[np.bool_]:
    text, when = (phrase, ANYBODY) if isinstance(phrase, str) else (phrase.text, phrase.when)
    fits = situation.where(when)
    temperature = situation.measured.get("temperature_c")
    if temperature is not None and "temperature_c" not in when.measured:
        # Not measured: as the patient says.
        if NO_FEVER.search(text):
            fits &= ~(temperature >= FEVER)
        elif HAS_FEVER.search(text):
            fits &= ~(temperature < FEVER)
    return fits


def filled(notes: Notes, phrase: Sequence[int], words: Mapping[str, str]) -> str:
    """Return the text of an event's note."""
    said = []
    for part, place in zip(PARTS, phrase, strict=True):
        if place == NONE:
            continue
        one = phrases(notes, part)[place]
        said.append((one if isinstance(one, str) else one.text).format_map(words).strip())
    return " ".join(filter(None, said))
