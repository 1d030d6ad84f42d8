"""Made histories held against real ones, and other real ones held against the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bridge.errors import InputError
from bridge.histories.events import CONDITION, DRUG, TEST, EventTable
from bridge.quality.histories import times, treatment
from bridge.quality.histories.copies import Membership, longest_runs, membership
from bridge.quality.histories.frequencies import (
    Frequencies,
    Prevalence,
    frequencies,
    furthest,
    identity_r2,
)
from bridge.quality.histories.impossible import Impossible, impossible, unseen
from bridge.quality.histories.measured import Measured, Reached, measured
from bridge.quality.histories.picking import halves, some_people
from bridge.quality.histories.records import Numbers, Records, records_of
from bridge.quality.histories.telling_apart import Told, noise, told_apart
from bridge.quality.histories.words import Word, Words, numbered, words_of

FEWEST: Final = 50
"""Real people without whom nothing can be said."""

MOST_NAMED: Final = 20


class Contents(NamedTuple):
    """What cannot be, and what is not in real people, in the made and in the judging table."""

    made: list[Impossible]
    real: list[Impossible]
    unseen_made: list[Impossible]
    unseen_real: list[Impossible]

    @property
    def events(self) -> int:
        """How many made events cannot be."""
        return sum(one.events for one in self.made)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HistoryEvaluation:
    """All figures of one made table. `real` judges, `other` is the floor, `made` is judged."""

    real: Records
    made: Records
    other: Records
    measured: tuple[Measured, ...]
    told: Told
    onsets: list[times.Onset]
    treatments: Mapping[str, list[treatment.Given]]
    furthest: list[Prevalence]
    contents: Contents
    membership: Membership | None
    """None without the people who were learnt."""
    people: Mapping[str, int]
    """How many people each table has; the made ones before they were cut to the floor's size."""
    trained: bool
    """The floor's people are those whom the generator learnt."""
    seed: int


class Judge:
    """Real people who judge, and the other real people whose figures are the floor's.

    With `train` the floor's people are those learnt and privacy is measured; without, the real
    ones are halved. The floor is measured once, however many made tables are judged.
    """

    def __init__(self, real: EventTable, train: EventTable | None, seed: int) -> None:
        """Raise InputError where there are too few people."""
        judging, other = (real, train) if train is not None else halves(real, seed)
        for table, what in ((judging, "the real people who judge"), (other, "the other real ones")):
            if len(table) < FEWEST:
                raise InputError(f"{what} are {len(table)}; {FEWEST} are needed")
        self.trained, self.seed = train is not None, seed
        self.real, self.other = judging, other
        self._floors: dict[tuple[Word, ...], _Floor] = {}

    def evaluate(self, made: EventTable) -> HistoryEvaluation:
        """Measure a made table; of more people than the floor has, only so many are looked at."""
        looked_at = some_people(made, len(self.other), self.seed)
        if not len(looked_at.owner):
            raise InputError("the made people have no events")
        words = words_of([self.other, self.real, looked_at])
        floor, mine = self._floor_of(words), records_of(looked_at, words)
        look = _Look(floor.real, mine, floor.look.chosen)
        told = told_apart(floor.real, mine, floor.other, self.seed, by_what=True)
        reached = {**look.reached(), "told": Reached(told.auc, told.n)}
        beside = dict(floor.reached)
        member = self._privacy(reached, beside, floor, mine) if self.trained else None
        return HistoryEvaluation(
            real=floor.real,
            made=mine,
            other=floor.other,
            measured=measured(reached, beside, noise(told.n), _centile(floor.real)),
            told=told,
            onsets=look.onsets,
            treatments=look.treatments,
            furthest=furthest(
                words,
                look.real_frequencies,
                look.frequencies,
                floor.look.frequencies,
                most=MOST_NAMED,
            ),
            contents=self._contents(made),
            membership=member,
            people={"real": len(self.real), "other": len(self.other), "made": len(made)},
            trained=self.trained,
            seed=self.seed,
        )

    def _floor_of(self, words: Words) -> "_Floor":
        """Measure the floor, once for all tables whose words are no others than the real ones."""
        if words.listed not in self._floors:
            real, other = (records_of(table, words) for table in (self.real, self.other))
            chosen = times.lasting_conditions(other, _lasting(self.other, words))
            look = _Look(real, other, chosen)
            told = told_apart(real, other, other, self.seed, by_what=False)
            reached = {**look.reached(), "told": Reached(told.auc, told.n)}
            self._floors[words.listed] = _Floor(real, other, look, reached)
        return self._floors[words.listed]

    def _contents(self, made: EventTable) -> Contents:
        return Contents(
            impossible(made),
            impossible(self.real),
            unseen(made, self.other),
            unseen(self.real, self.other),
        )

    def _privacy(
        self,
        reached: dict[str, Reached],
        beside: dict[str, Reached],
        floor: "_Floor",
        made: Records,
    ) -> Membership:
        """Add what is known of copies and membership to the figures and their floors."""
        for found, records in ((reached, made), (beside, floor.real)):
            runs = longest_runs(records, floor.other, self.seed)
            found["copied"] = Reached(float(np.median(runs)), len(records))
            found["copied_99"] = Reached(float(np.percentile(runs, 99)), len(records))
        member = membership(made, floor.other, floor.real, self.seed)
        reached["membership"] = Reached(member.auc, member.others)
        reached["closer"] = Reached(member.closer, len(made))
        # of people whom nobody made nearness can tell nothing
        beside |= {key: Reached(0.5, member.others) for key in ("membership", "closer")}
        return member


class _Look:
    """Two tables compared in everything but the classifier and privacy."""

    def __init__(self, real: Records, other: Records, chosen: Numbers) -> None:
        self._real, self._other, self.chosen = real, other, chosen
        self.real_frequencies: Frequencies = frequencies(real)
        self.frequencies = frequencies(other)
        self.onsets = times.onsets(real, other, chosen)
        self.treatments = {
            kind: treatment.given_diagnosis(real, other, kind) for kind in (DRUG, TEST)
        }

    def reached(self) -> dict[str, Reached]:
        return {**self._how_often(), **self._when(), **self._what_is_done()}

    def _how_often(self) -> dict[str, Reached]:
        pairs = zip(Frequencies._fields, self.real_frequencies, self.frequencies, strict=True)
        found = {name: Reached(*identity_r2(real, other)) for name, real, other in pairs}
        apart = np.abs(self.real_frequencies.prevalence - self.frequencies.prevalence)
        return found | {"largest": Reached(float(apart.max()), len(self._real))}

    def _when(self) -> dict[str, Reached]:
        real, other = self._real, self._other
        gaps, others = times.gaps(real), times.gaps(other)
        many, theirs = times.contacts_each(real), times.contacts_each(other)
        a_year, their_year = times.visits_a_year(real), times.visits_a_year(other)
        steps = times.total_variation(times.kinds_in_sequence(real), times.kinds_in_sequence(other))
        known = np.isfinite(a_year) & np.isfinite(their_year) & (a_year > 0)
        error = np.abs(their_year - a_year)[known] / a_year[known]
        distances = [one.distance for one in self.onsets if one.people]
        return {
            "kinds": Reached(steps, len(gaps)),
            "gaps": Reached(times.steps_apart(gaps, others), len(gaps)),
            "onset": Reached(_mean(distances), sum(one.people for one in self.onsets)),
            "a_year": Reached(_mean(error.tolist()), int(known.sum())),
            "each": Reached(times.steps_apart(many, theirs), len(real)),
            "centile": Reached(float(np.percentile(theirs, 95)), len(other)),
        }

    def _what_is_done(self) -> dict[str, Reached]:
        return {
            kind: Reached(treatment.mean_error(pairs), len(pairs))
            for kind, pairs in self.treatments.items()
        }


class _Floor(NamedTuple):
    """The real people in some words, and what the others among them reach."""

    real: Records
    other: Records
    look: _Look
    reached: dict[str, Reached]


def evaluate(
    real: EventTable, made: EventTable, train: EventTable | None = None, *, seed: int
) -> HistoryEvaluation:
    """Measure made histories, each figure with its floor. Raises InputError for too few people."""
    return Judge(real, train, seed).evaluate(made)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _centile(records: Records) -> float:
    return float(np.percentile(times.contacts_each(records), 95))


def _lasting(table: EventTable, words: Words) -> Numbers:
    """Return the conditions of which more than half the entries have no end."""
    rows = np.flatnonzero(table.kind == CONDITION)
    number = numbered(table, words)[rows]
    many = np.bincount(number, minlength=len(words))
    open_ = np.bincount(number[np.isnat(table.stop[rows])], minlength=len(words))
    return np.flatnonzero(open_ > times.LASTING * np.maximum(many, 1))
