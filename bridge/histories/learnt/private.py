"""Fits an event model with differential privacy: what it says hardly depends on any one person.

A person with all their history is one sample. Public are how many people there are, the day of the
extract, what codes are called, the rules, and the classes of days. Three looks are taken, each with
noise, and one budget counts them: how many people have each code, how many are of each group, and
the gradients. Nothing else is: panels, how long things last, bounds of vaccines by the data, the
moves to what was learnt from, and stopping in time would each be a look more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.flows.budget import Mechanism, least, spent
from bridge.histories.events import EventTable
from bridge.histories.learnt.batches import Batches
from bridge.histories.learnt.crowd import AGES, LENGTHS, Crowd, groups_of
from bridge.histories.learnt.durations import open_always
from bridge.histories.learnt.gaps import spans_from
from bridge.histories.learnt.learning import FEWEST, FULL, check_enough, dense
from bridge.histories.learnt.masks import masks_of, own_rules, without_forbidden
from bridge.histories.learnt.model import EventModel
from bridge.histories.learnt.moves import Moves
from bridge.histories.learnt.records import Given, encode
from bridge.histories.learnt.vocabulary import LEAST, Token, Vocabulary, words_of_counts

Floats = NDArray[np.float64]

RATE: Final = 0.1
"""The share of people in a step."""

EPOCHS: Final = 40
"""Passes over the people; as many as the study reckoned with."""

CLIP: Final = 1.0
"""The length to which a person's gradient is cut; the loss is a mean over steps. `choice`."""

MOST_CODES: Final = 40
"""Codes of a person that are counted, drawn by chance of those with more."""

OF_WORDS: Final = 0.15
OF_CROWD: Final = 0.05
"""Shares of the whole, in 1 / noise^2, of the two counts; the weights get the rest. `choice`."""

WIDTHS: Final = {
    "embedding": 24,
    "remembered": 16,
    "hidden": 64,
    "gap_layer": 48,
    "kind_layer": 48,
    "code_layer": 64,
}
"""A smaller net: more weights take more noise."""

LONGEST: Final = 3653
"""Days within which the dead died, when people are drawn: ten years, as nobody was asked."""

_STEPS: Final = 10
"""Steps of a person, about, from which codes begin; the fit finds out. `choice`."""

_DAYS: Final = np.unique(np.round(np.geomspace(1, 3653, 52)).astype(np.int64))
_EARLIER: Final = np.unique(np.round(np.geomspace(1, 36525, 36)).astype(np.int64))


class Look(NamedTuple):
    """One look at the data: noise per sensitivity, share of people, how many times."""

    name: str
    noise: float
    rate: float
    times: int


class Private(NamedTuple):
    """A fitted model, the looks, and what they come to."""

    model: EventModel
    looks: tuple[Look, ...]
    epsilon: float


def looks_of(people: int, epsilon: float, delta: float) -> tuple[tuple[Look, ...], float]:
    """Return the looks of a private fit to `people`, and the epsilon they come to.

    Half of delta is for codes of one person that pass the threshold of the noisy count.
    """
    if people < FEWEST:
        raise InputError(f"{people} people are too few for a private fit; it takes {FEWEST}")
    if delta >= 1 / people:
        raise InputError(f"delta must be under 1 / people, {1 / people:.1g}")
    half, steps = delta / 2, round(EPOCHS / RATE)
    whole = least(lambda noise: spent([Mechanism(noise, 1.0, 1)], half) <= epsilon)
    counts = [
        Look("codes", whole / OF_WORDS**0.5, 1.0, 1),
        Look("groups of people", whole / OF_CROWD**0.5, 1.0, 1),
    ]
    known = [Mechanism(look.noise, look.rate, look.times) for look in counts]
    noise = least(lambda one: spent([*known, Mechanism(one, RATE, steps)], half) <= epsilon)
    looks = (*counts, Look("weights", noise, RATE, steps))
    return looks, spent([*known, Mechanism(noise, RATE, steps)], half)


def learn_privately(
    table: EventTable,
    epsilon: float,
    delta: float,
    *,
    seed: int,
    secret: bool = True,
    epochs: float = EPOCHS,
    progress: Callable[[str], None] = lambda _: None,
    begins: Callable[[int], None] = lambda _: None,
) -> Private:
    """Fit a model within a budget; `begins` is told how many steps there are.

    `epochs` may be fewer (tests): the budget is that of EPOCHS, so less is spent than said.
    """
    from bridge.histories.learnt.private_fitting import fit_privately

    check_enough(len(np.unique(table.owner)))
    looks, together = looks_of(len(table), epsilon, delta)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0]))
    words, counts = noisy_words(table, looks[0].noise, delta / 2, rng)
    masks = masks_of(words, own_rules())
    records = without_forbidden(encode(table, words), masks).records
    moves = Moves(spans=spans_from(_DAYS, 36525), earlier=spans_from(_EARLIER, 45000))
    steps = round(epochs / RATE)
    begins(steps)
    weights, shape = fit_privately(
        Batches(records, moves, masks),
        {**WIDTHS, "rank": 0 if len(words.codes) <= FULL else 16},
        shares=_shares(words, counts, len(table)),
        noise=looks[2].noise,
        steps=steps,
        seed=seed,
        progress=progress,
    )
    facts = _facts(looks, together, delta)
    model = EventModel(
        words=words,
        moves=moves,
        masks=masks,
        durations=open_always(len(words.kinds) + len(words.codes)),
        crowd=noisy_crowd(records.given, looks[1].noise, rng),
        weights=dense(weights),
        shape=shape,
        provenance={"people": len(table), "seed": None if secret else seed, "privacy": facts},
    )
    return Private(model, looks, together)


def noisy_words(
    table: EventTable, noise: float, delta: float, rng: np.random.Generator
) -> tuple[Vocabulary, dict[Token, float]]:
    """Return the words that enough people have by a noisy count, and the counts.

    A person is counted for at most MOST_CODES codes. The threshold is so high that a code that only
    one person has passes with a chance of at most `delta`.
    """
    from statistics import NormalDist

    tokens = list(zip(map(str, table.kind), map(str, table.code), strict=True))
    of: dict[int, set[Token]] = {}
    for owner, token in zip(table.owner.tolist(), tokens, strict=True):
        of.setdefault(owner, set()).add(token)
    counts: dict[Token, float] = dict.fromkeys(sorted(set(tokens)), 0.0)
    for held in of.values():
        some = sorted(held)
        if len(some) > MOST_CODES:
            some = [some[k] for k in rng.permutation(len(some))[:MOST_CODES]]
        for token in some:
            counts[token] += 1
    sigma = noise * MOST_CODES**0.5
    noisy = {token: many + float(rng.normal(0, sigma)) for token, many in counts.items()}
    threshold = 1 + sigma * NormalDist().inv_cdf(1 - delta / MOST_CODES)
    words = words_of_counts(noisy, {}, table.display, least=max(LEAST, threshold))
    if not words.kinds or not words.codes:
        raise InputError(
            "no code, or no kind of visit, stands out of the noise at this epsilon: ask for a "
            "larger one, or bring more people"
        )
    return words, noisy


def noisy_crowd(given: Given, noise: float, rng: np.random.Generator) -> Crowd:
    """Count all groups that there can be, with noise, and leave out those that drown in it."""
    shape = (2, 2, len(AGES), len(LENGTHS))
    groups = np.stack(np.unravel_index(np.arange(int(np.prod(shape))), shape), axis=1)
    place = np.ravel_multi_index(tuple(groups_of(given).T), shape)
    counts = np.bincount(place, minlength=len(groups)) + rng.normal(0, noise, len(groups))
    keep = counts >= max(LEAST, 2 * noise)
    if not keep.any():
        keep = counts >= counts.max()
    return Crowd(
        groups=groups[keep].astype(np.int64),
        counts=np.maximum(counts[keep], 1.0),
        longest=LONGEST,
        last=int(given.end.max()),
    )


def _shares(words: Vocabulary, counts: Mapping[Token, float], people: int) -> Floats:
    """Return about how often each code is in a step; the counts are paid for already."""
    held = np.array([counts[token] for token in words.codes])
    return np.clip(held / people / _STEPS, 1e-3, 0.5)


def _facts(looks: Sequence[Look], epsilon: float, delta: float) -> dict[str, object]:
    return {
        "epsilon": round(epsilon, 4),
        "delta": delta,
        "neighbours": "one person, with all their history, more or less",
        "public": "how many people, the day of the extract, names of codes, rules, classes of days",
        "accountant": "opacus RDPAccountant; half of delta for the threshold of codes",
        "looks": {look.name: look._asdict() for look in looks},
        "clip": CLIP,
        "codes_of_a_person": MOST_CODES,
    }
