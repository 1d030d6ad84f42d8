"""What the figures say, in sentences that have the figures in them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bridge.quality.evaluation import Evaluation
from bridge.quality.indicators import GOAL
from bridge.quality.labels import label, percent, plain, short, signed
from bridge.quality.people import GivenColumn, People
from bridge.quality.two_sample import FEWEST_PAIRS, Distinction


class Verdict(NamedTuple):
    """One question, the figure that answers it, and the sentence around it."""

    question: str
    figure: str
    sentence: str


ALIKE = 0.02
"""An area, or a distance, above the floor that is little."""

CRITICAL = 1.36
"""Kolmogorov-Smirnov's distance of two samples of n reaches 1.36 (2 / n)^0.5 once in 20 times."""

MOST_NAMED = 4

ADVISED_PAIRS = 1_000
"""With fewer pairs an area under the ROC curve is uncertain by more than .013."""


def verdicts(evaluation: Evaluation) -> list[Verdict]:
    """Return the verdicts in the order of their weight."""
    return [
        *_people(evaluation),
        *_told_apart(evaluation),
        *_values(evaluation),
        *_together(evaluation),
        *_match(evaluation),
        *_useful(evaluation),
    ]


def _people(evaluation: Evaluation) -> Iterator[Verdict]:
    people, question = evaluation.people, "Are they of the same people?"
    if people is None:
        return
    if evaluation.matching.in_step:
        yield Verdict(question, "yes", "Row by row both tables have the same people.")
        return
    worst = max(people.columns, key=lambda one: one.apart - one.floor)
    test, names = people.together, " and ".join(label(one.column.name) for one in people.columns)
    sentence = "As far as can be seen, yes. " if not _other_people(people) else "No. "
    if test:
        sentence += (
            f"By {names} alone a classifier tells synthetic from real people with AUC "
            f"{plain(test.auc)}; two real samples reach {plain(test.floor)}. "
        )
    figure = _excess(test) if test else f"{plain(worst.apart)} apart"
    yield Verdict(question, figure, sentence + _furthest(worst))


def _other_people(people: People) -> bool:
    """Tell whether the conditions differ by more than a little, and by more than chance."""
    test = people.together
    if test and test.excess > max(ALIKE, 2 * test.noise):
        return True
    return any(
        one.apart - one.floor > max(ALIKE, CRITICAL * (2 / one.rows) ** 0.5)
        for one in people.columns
    )


def _furthest(one: GivenColumn) -> str:
    said = (
        f"{label(one.column.name).capitalize()} is spread least alike: {plain(one.apart)} apart "
        f"({'Kolmogorov-Smirnov' if one.means else 'total variation'}), two real samples "
        f"{plain(one.floor)}; "
    )
    if one.means:
        return f"{said}the mean is {short(one.means[1])} for {short(one.means[0])}."
    real, made = one.share or (float("nan"), float("nan"))
    return f"{said}{one.level or 'unknown'} are {percent(made)} for {percent(real)}."


def _told_apart(evaluation: Evaluation) -> Iterator[Verdict]:
    test = evaluation.two_sample
    if test.overall is None:
        yield Verdict(
            "Can a classifier tell them apart?",
            "too few rows",
            f"The two-sample test needs {FEWEST_PAIRS} pairs of rows in each half; "
            f"{evaluation.matching.pairs} were found.",
        )
        return
    yield Verdict("Can a classifier tell them apart?", _excess(test.overall), _area(test.overall))
    yield from _by_set(evaluation.sets)
    if len(test.groups) > 1:
        worst = max(test.groups, key=lambda group: group.excess)
        yield Verdict(
            "And within a group?",
            _excess(worst),
            f"Of {len(test.groups)} groups {worst.group} is furthest from its floor: "
            f"AUC {plain(worst.auc)} against {plain(worst.floor)} (one such area from "
            f"{worst.pairs:,} pairs is uncertain by {plain(worst.noise)}, and the furthest of "
            "several is partly the unluckiest).",
        )


def _by_set(sets: Sequence[Distinction]) -> Iterator[Verdict]:
    """Say whether the verdict stands for every set that the model draws, or for some."""
    if not sets:
        return
    excesses = [one.excess for one in sets]
    passed = sum(excess <= ALIKE for excess in excesses)
    said = {len(sets): "All pass", 0: "None passes"}.get(
        passed, f"{passed} pass, the others do not"
    )
    yield Verdict(
        "Does that hang on one draw?",
        f"{signed(min(excesses))} to {signed(max(excesses))}",
        f"{len(sets)} sets of the model, of the same people by other seeds, lie so far from the "
        f"floor, {signed(float(np.mean(excesses)))} on average. {said} (within {ALIKE:g})"
        + ("." if passed in (0, len(sets)) else ": the verdict hangs on the draw."),
    )


def _excess(test: Distinction) -> str:
    return f"{signed(test.excess)} AUC"


def _area(test: Distinction) -> str:
    further = "further" if test.excess >= 0 else "nearer"
    return (
        f"The classifier tells synthetic from real rows with AUC {plain(test.auc)}; two real "
        f"samples reach {plain(test.floor)}: {plain(abs(test.excess))} {further}"
        + (f" (± {plain(test.excess_error)} over seeds)" if np.isfinite(test.excess_error) else "")
        + f". One such area from {test.pairs:,} pairs is uncertain by {plain(test.noise)}."
    )


def _values(evaluation: Evaluation) -> Iterator[Verdict]:
    measured = [
        one
        for one in evaluation.fidelity.measurements
        if not one.column.condition and np.isfinite(one.at_size) and one.floor > 0
    ]
    if not measured:
        return
    own, floor = (float(np.mean([getattr(m, k) for m in measured])) for k in ("at_size", "floor"))
    worst = max(measured, key=lambda one: one.at_size / one.floor)
    yield Verdict(
        "Are the values spread alike?",
        f"{own / floor:.1f} times the floor",
        f"The distributions of {len(measured)} measurements lie {plain(own)} apart on average "
        f"(Kolmogorov-Smirnov), those of two real samples {plain(floor)}; "
        f"{label(worst.column.name)} is furthest, {plain(worst.at_size)} against "
        f"{plain(worst.floor)}.",
    )


def _together(evaluation: Evaluation) -> Iterator[Verdict]:
    found, medians = evaluation.fidelity.correlations, evaluation.fidelity.medians
    if np.isfinite(found.mean_gap):
        yield Verdict(
            "Do they go together alike?",
            f"{plain(found.mean_gap)} apart",
            f"Rank correlations differ by {plain(found.mean_gap)} on average and by "
            f"{plain(found.largest_gap)} at most; of two real samples by "
            f"{plain(found.mean_floor)} and {plain(found.largest_floor)}.",
        )
    if medians.cells and np.isfinite(medians.mean_gap):
        yield Verdict(
            "Do the medians follow age and sex?",
            f"{plain(medians.mean_gap, 2)} SD apart",
            f"Medians by age band and sex differ by {plain(medians.mean_gap)} standard deviations "
            f"on average; of two real samples by {plain(medians.mean_floor)}.",
        )


def _match(evaluation: Evaluation) -> Iterator[Verdict]:
    match = evaluation.match
    if not match.indicators:
        return
    inside = sum(one.inside for one in match.indicators)
    yield Verdict(
        "Do the health indicators match?",
        percent(match.share),
        f"{inside} of {len(match.indicators)} prevalences by sex and age band "
        f"({percent(match.share)}) lie in the real value's 95 % interval; the goal is "
        f"{percent(GOAL)}. "
        + (
            f"Of samples of like size the synthetic one reaches {percent(match.at_size)}, a second "
            f"real one {percent(match.floor)}."
            if np.isfinite(match.floor)
            else "The matched samples are too small to say what a second real one reaches."
        ),
    )


def _useful(evaluation: Evaluation) -> Iterator[Verdict]:
    rated = [(one.ratio, one) for one in evaluation.usefulness if one.ratio is not None]
    if not rated:
        return
    ratio = float(np.mean([value for value, _ in rated]))
    lowest, worst = min(rated, key=lambda pair: pair[0])
    yield Verdict(
        "Can one learn from them?",
        percent(ratio),
        f"Models that learn from synthetic rows reach {percent(ratio)} of what models that learn "
        f"from other real rows do, on average of {len(rated)} measurements; least for "
        f"{label(worst.name)}, {percent(lowest)}.",
    )


def shortcomings(evaluation: Evaluation) -> list[str]:
    """Say for what the data is too little, and what makes the comparison unfair."""
    matching, test = evaluation.matching, evaluation.two_sample
    said = []
    if matching.pairs < ADVISED_PAIRS:
        said.append(
            f"{matching.pairs:,} pairs of rows are few: differences below "
            f"{plain(2 / np.sqrt(6 * max(1, matching.pairs)), 2)} AUC cannot be seen. "
            f"{ADVISED_PAIRS:,} or more are advised"
            + ("." if matching.floor_of_train else "; --train leaves all real rows for them.")
        )
    if test.too_small:
        groups = ", ".join(f"{name} ({pairs})" for name, pairs in test.too_small)
        said.append(f"Too few pairs for a two-sample test of their own ({FEWEST_PAIRS}): {groups}.")
    if matching.conditions and matching.pairs < 0.9 * matching.offered:
        said.append(
            f"Of {matching.offered:,} real rows {matching.offered - matching.pairs:,} "
            f"({percent(1 - matching.pairs / matching.offered)}) found no partner of the same "
            f"{' and '.join(label(c) for c in matching.conditions)} in the "
            "other tables; only the rest is compared where the report says matched."
            + _without_partners(evaluation)
        )
    if not matching.conditions:
        said.append(
            "No column says who was measured (sex, age): rows are held against each other as they "
            "come."
        )
    return said


def _without_partners(evaluation: Evaluation) -> str:
    """Say who found no partner more often than all did."""
    matching, people = evaluation.matching, evaluation.people
    overall = 1 - matching.pairs / matching.offered
    much = [one for one in people.partners if one.share > 1.2 * overall] if people else []
    if not much:
        return ""
    named = (f"{one.group} ({one.without:.0f} of {one.offered:.0f})" for one in much[:MOST_NAMED])
    return f" Most of all: {', '.join(named)}."
