"""What the figures of made histories say, in sentences that have the figures in them."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bridge.quality.histories.evaluation import HistoryEvaluation
from bridge.quality.histories.measured import Measured
from bridge.quality.labels import percent, plain, signed
from bridge.quality.verdicts import Verdict

ADVISED: Final = 400
"""People on each side under which an area is uncertain by more than .02."""


def verdicts(found: HistoryEvaluation) -> list[Verdict]:
    """Return the verdicts in the order of their weight."""
    by_key = {one.kind.key: one for one in found.measured}
    return [
        *_told(found, by_key["told"]),
        _how_often(found, by_key),
        _when(by_key),
        _what_is_done(by_key),
        _impossible(found),
        *_privacy(by_key),
    ]


def _told(found: HistoryEvaluation, one: Measured) -> Iterator[Verdict]:
    question = "Can a classifier tell them apart?"
    if not np.isfinite(one.value):
        yield Verdict(question, "too few", f"{one.n} people are too few for a classifier.")
        return
    names = [name for name, _ in found.told.features[:3]]
    yield Verdict(
        question,
        f"{signed(one.value - one.floor)} AUC",
        f"It tells {one.n:,} made from {one.n:,} real people with AUC {plain(one.value)} "
        f"(± {plain(one.error)}); other real people {plain(one.floor)}. It goes by "
        f"{'; '.join(names)}.",
    )


def _how_often(found: HistoryEvaluation, by_key: dict[str, Measured]) -> Verdict:
    prevalence, life = by_key["prevalence"], by_key["in_life"]
    worst = found.furthest[0]
    return Verdict(
        "Is as much the matter with them?",
        f"R2 {plain(prevalence.value)}",
        f"Prevalence reaches R2 {plain(prevalence.value)} (other real people "
        f"{plain(prevalence.floor)}), pairs of codes in a life {plain(life.value)} "
        f"({plain(life.floor)}). Furthest is {worst.word}: {percent(worst.made, 1)} of the made, "
        f"{percent(worst.real, 1)} of the real people.",
    )


def _when(by_key: dict[str, Measured]) -> Verdict:
    gaps, a_year, onset = by_key["gaps"], by_key["a_year"], by_key["onset"]
    return Verdict(
        "Does it happen when it should?",
        f"{percent(a_year.value)} off a year",
        f"Visits a year are {percent(a_year.value)} off by band of age (floor "
        f"{percent(a_year.floor)}), gaps between visits {plain(gaps.value)} apart (KS; floor "
        f"{plain(gaps.floor)}), ages at first diagnosis {plain(onset.value)} "
        f"({plain(onset.floor)}).",
    )


def _what_is_done(by_key: dict[str, Measured]) -> Verdict:
    drug, test = by_key["drug"], by_key["test"]
    return Verdict(
        "Does a diagnosis bring its drugs and tests?",
        f"{plain(drug.value)} off",
        f"The share of the people with a diagnosis who have a drug is {plain(drug.value)} off on "
        f"average of {drug.n} pairs (floor {plain(drug.floor)}), a test {plain(test.value)} "
        f"({plain(test.floor)}).",
    )


def _impossible(found: HistoryEvaluation) -> Verdict:
    question, contents = "Is anything impossible in them?", found.contents
    bad = [one for one in contents.made if one.events]
    real = sum(one.events for one in contents.real)
    beside = f" The real people have {real:,} such events." if real else ""
    if not bad:
        return Verdict(question, "no", f"None of {len(contents.made)} kinds.{beside}")
    worst = max(bad, key=lambda one: one.people or 0)
    whom = f"{worst.people:,} of {worst.of:,} people" if worst.people else f"{worst.events:,}"
    return Verdict(
        question,
        f"{contents.events:,} events",
        f"Most often {worst.what}: {whom}, as {worst.example}.{beside}",
    )


def _privacy(by_key: dict[str, Measured]) -> Iterator[Verdict]:
    if "membership" not in by_key:
        return
    member, runs, longest = (by_key[key] for key in ("membership", "copied", "copied_99"))
    yield Verdict(
        "Do they give away who was learnt?",
        f"{plain(member.value)} AUC",
        f"Who was learnt can be told from others by nearness to the made with AUC "
        f"{plain(member.value)} (.5 is nothing). The longest run of codes in common with somebody "
        f"learnt is {runs.value:.0f} (one in a hundred {longest.value:.0f}), of real people who "
        f"were not learnt {runs.floor:.0f} ({longest.floor:.0f}).",
    )


def notes(found: HistoryEvaluation) -> list[str]:
    """Say for what the data is too little, and what is not fair about it."""
    said, people = [], found.people
    if min(len(found.real), len(found.made)) < ADVISED:
        said.append(
            f"{min(len(found.real), len(found.made)):,} people are few: areas that differ by less "
            f"than {2 * max(found.measured, key=_error).error:.2f} may be alike."
        )
    if people["made"] > len(found.made):
        said.append(
            f"Of {people['made']:,} made people {len(found.made):,} are compared, as many as the "
            "floor has; the impossible is counted in all."
        )
    if len(found.made) < 0.8 * len(found.other):
        said.append(
            f"{len(found.made):,} made people against {len(found.other):,} of the floor: their "
            "figures are worse for being fewer."
        )
    if not found.trained:
        said.append(
            "Without the people learnt (--train) the real ones are halved for the floor, and "
            "privacy is not measured."
        )
    said.append(
        "A visit counts with its kind as a code; a day of what was before the record is counted as "
        "a visit where it says so."
    )
    return said


def _error(one: Measured) -> float:
    return one.error if np.isfinite(one.error) else 0.0
