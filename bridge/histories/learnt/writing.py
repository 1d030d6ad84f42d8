"""Records back as an event table: days as dates, panels as their tests, ends drawn by code."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bridge.histories.events import BEFORE, VISIT, EventTable
from bridge.histories.learnt.anchoring import words as column
from bridge.histories.learnt.durations import Durations
from bridge.histories.learnt.records import FIRST_KIND, HISTORY, Records
from bridge.histories.learnt.vocabulary import Token, Vocabulary

Ints = NDArray[np.int64]
_OPENS, _CLOSES = 8 * 3600, 17 * 3600
"""When a made visit may begin, in seconds of the day; `choice`, it says nothing."""


def write(
    records: Records,
    words: Vocabulary,
    durations: Durations,
    rng: np.random.Generator,
    names: Sequence[str] = (),
) -> EventTable:
    """Return the event table of records; people are called by `names`, or by their number."""
    given = records.given
    visit = _numbers(records)
    time = _times(records, rng)
    step, word, token = _rows(records, words)
    hours = durations.drawn(word, rng)
    seconds = np.where(np.isnan(hours), 0, hours * 3600).astype("timedelta64[s]")
    stop = np.where(np.isnan(hours), np.datetime64("NaT", "s"), time[step] + seconds)
    end = (given.end[records.owner[step]] + 1).astype("datetime64[D]").astype("datetime64[s]")
    stop = np.where(stop < end, stop, np.datetime64("NaT", "s"))
    order = np.argsort(step, kind="stable")
    step, stop, token = step[order], stop[order], [token[k] for k in order.tolist()]
    born, begin, last = (d.astype("datetime64[D]") for d in (given.birth, given.begin, given.end))
    return EventTable(
        person=column(list(names) or [str(k + 1) for k in range(len(given))]),
        sex=np.where(given.male, "M", "F"),
        birth=born,
        begin=begin,
        end=last,
        death=np.where(given.dead, last, np.datetime64("NaT", "D")),
        owner=records.owner[step],
        visit=visit[step],
        time=time[step],
        stop=stop,
        kind=column([kind for kind, _ in token]),
        code=column([code for _, code in token]),
        value=np.full(len(step), np.nan),
        unit=column([""] * len(step)),
        display=dict(words.display),
    )


def _numbers(records: Records) -> Ints:
    """Return the number of each step's visit within its person, or BEFORE."""
    is_visit = records.kind != HISTORY
    rank = np.cumsum(is_visit)
    first = np.searchsorted(records.owner, records.owner)
    base = np.concatenate([[0], rank])[first]
    return np.where(is_visit, rank - base - 1, BEFORE)


def _times(records: Records, rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Return when each step is: visits of one day one after the other."""
    day = records.given.birth[records.owner] + records.day
    clock = rng.integers(_OPENS, _CLOSES, len(day))
    order = np.lexsort((clock, day, records.owner))
    seconds = np.where(records.kind == HISTORY, 0, clock[order])
    midnight = day.astype("datetime64[D]").astype("datetime64[s]")
    return np.asarray(midnight + seconds.astype("timedelta64[s]"))


def _rows(records: Records, words: Vocabulary) -> tuple[Ints, Ints, list[Token]]:
    """Return the step, the word and the token of each row to be written."""
    kinds, steps, places, tokens = len(words.kinds), list[int](), list[int](), list[Token]()
    for k in np.flatnonzero(records.kind >= FIRST_KIND).tolist():
        kind = int(records.kind[k]) - FIRST_KIND
        steps.append(k)
        places.append(kind)
        tokens.append((VISIT, words.kinds[kind]))
    number = np.repeat(np.arange(len(records.owner)), np.diff(records.first))
    parts = [words.members.get(token, (token[1],)) for token in words.codes]
    for k, place in zip(number.tolist(), records.code.tolist(), strict=True):
        kind_of = words.codes[place][0]
        for code in parts[place]:
            steps.append(k)
            places.append(kinds + place)
            tokens.append((kind_of, code))
    return np.array(steps, dtype=np.int64), np.array(places, dtype=np.int64), tokens
