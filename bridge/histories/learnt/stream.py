"""Records as flat streams of tokens, and back: for models that read one token after the other.

START, then what was known before (days since the last, HISTORY, codes ...), RECORD, then visits
(days since the last, kind, codes ...), END.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.histories.learnt.moves import Moves
from bridge.histories.learnt.records import FIRST_KIND, HISTORY, Given, Records
from bridge.histories.learnt.vocabulary import Vocabulary

Ints = NDArray[np.int64]

BOS: Final = 0
RECORD: Final = 1
END: Final = 2
_FIRST_MOVE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The tokens: BOS, RECORD, END, moves (but END's), HISTORY and the kinds of visit, codes."""

    words: Vocabulary
    moves: Moves

    @property
    def first_kind(self) -> int:
        """Return the token of HISTORY, which the kinds of visit follow."""
        return _FIRST_MOVE + self.moves.end

    @property
    def first_code(self) -> int:
        """Return the first code's token."""
        return self.first_kind + 1 + len(self.words.kinds)

    def __len__(self) -> int:
        return self.first_code + len(self.words.codes)

    def tokens(self, records: Records) -> list[Ints]:
        """Return each person's tokens."""
        trail = self.moves.trail(records)
        streams: list[list[int]] = [[BOS] for _ in range(len(records))]
        gap = 0
        for k, owner in enumerate(trail.owner.tolist()):
            kind, row, own = int(trail.kind[k]), int(trail.row[k]), streams[owner]
            if kind == 1:
                own.append(RECORD)
            elif row >= 0:
                codes = records.code[records.first[row] : records.first[row + 1]]
                own += [_FIRST_MOVE + gap, self.first_kind + kind - HISTORY]
                own += (codes + self.first_code).tolist()
            gap = int(trail.move[k])
        return [np.array([*own, END], dtype=np.int64) for own in streams]

    def follows(self, token: int) -> NDArray[np.bool_]:
        """Return (tokens,) what may stand after a token by grammar: the study's section 11."""
        can = np.zeros(len(self), dtype=bool)
        n, kind, code = len(self.moves.spans), self.first_kind, self.first_code
        inside = slice(_FIRST_MOVE, _FIRST_MOVE + n)
        earlier = slice(_FIRST_MOVE + n, _FIRST_MOVE + self.moves.last)
        if token == BOS:
            can[earlier] = can[RECORD] = True
        elif token == RECORD:
            can[inside] = can[_FIRST_MOVE + self.moves.last] = can[END] = True
        elif _FIRST_MOVE <= token < kind:
            history = _FIRST_MOVE + n <= token < _FIRST_MOVE + self.moves.last
            can[kind if history else slice(kind + 1, code)] = True
        elif token >= kind:
            can[max(token + 1, code) :] = True
            can[_FIRST_MOVE:kind] = can[RECORD] = can[END] = True
        return can

    def read(self, streams: Sequence[Ints], given: Given, rng: np.random.Generator) -> "Read":
        """Return the records that streams say, of given people; what breaks the grammar is cut.

        Days are drawn from their classes. What would be after the record's end is left out.
        """
        steps = [list(self._steps(stream, given, k, rng)) for k, stream in enumerate(streams)]
        flat = [(k, *step) for k, own in enumerate(steps) for step in own]
        broken = sum(_broken(self, stream) for stream in streams)
        sizes = [len(codes) for *_, codes in flat]
        records = Records(
            given=given,
            owner=np.array([k for k, *_ in flat], dtype=np.int64),
            day=np.array([day for _, day, *_ in flat], dtype=np.int64),
            kind=np.array([kind for _, _, kind, _ in flat], dtype=np.int64),
            first=np.concatenate([[0], np.cumsum(np.array(sizes, dtype=np.int64))]),
            code=np.array([code for *_, codes in flat for code in codes], dtype=np.int64),
        )
        return Read(records, broken / max(sum(map(len, streams)), 1))

    def _steps(
        self, stream: Ints, given: Given, k: int, rng: np.random.Generator
    ) -> Iterator[tuple[int, int, list[int]]]:
        """Yield day, kind and codes of each step that the grammar knows."""
        begin, end = (int(t[k] - given.birth[k]) for t in (given.begin, given.end))
        day, inside, dead = 0, False, given.dead[k : k + 1]
        tokens = [*stream.tolist(), END]
        at = 0
        while at < len(tokens) and tokens[at] != END:
            token, at = tokens[at], at + 1
            if token == RECORD and not inside:
                day, inside = begin, True
            move = token - _FIRST_MOVE
            if not 0 <= move < self.moves.end:
                continue
            history = len(self.moves.spans) <= move < self.moves.last
            left = (end if inside else begin - 1) - day
            kind = tokens[at] - self.first_kind + HISTORY
            known = HISTORY <= kind < FIRST_KIND + len(self.words.kinds)
            if not known or history == inside or (kind == HISTORY) == inside or left < 0:
                continue
            gap = np.array([move])
            day += int(self.moves.days(gap, np.array([left]), dead, rng.random(1))[0])
            codes, at = self._codes(tokens, at + 1)
            if day <= (end if inside else begin - 1):
                yield day, kind, codes

    def _codes(self, tokens: Sequence[int], at: int) -> tuple[list[int], int]:
        codes: set[int] = set()
        while tokens[at] >= self.first_code:
            codes.add(tokens[at] - self.first_code)
            at += 1
        return sorted(codes), at


class Read(NamedTuple):
    """Records out of streams, and the share of tokens that the grammar forbids."""

    records: Records
    broken: float


def _broken(stream: Stream, tokens: Ints) -> int:
    """Count the tokens that may not stand after the one before."""
    known: dict[int, NDArray[np.bool_]] = {}
    many = 0
    for one, then in zip(tokens[:-1].tolist(), tokens[1:].tolist(), strict=True):
        if one == END:
            break
        if one not in known:
            known[one] = stream.follows(one)
        many += not known[one][then]
    return many
