"""What a model may not make: rules written by hand, and what the data propose beside them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError
from bridge.histories.events import EVENT_TYPES, IMMUNIZATION, VISIT
from bridge.histories.learnt.records import FIRST_KIND, Records
from bridge.histories.learnt.vocabulary import Token, Vocabulary
from bridge.yaml_files import YamlModel, parse_yaml

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

OLDEST: Final = 60_000
"""Days that no age reaches."""


class Rule(YamlModel):
    """Which codes are of one sex only, of some ages (years, from and under), or certify death."""

    finds: str
    sex: Literal["F", "M"] | None = None
    ages: tuple[float, float] = (0, 200)
    types: tuple[str, ...] = EVENT_TYPES
    certifies: bool = False
    why: str


class Rules(YamlModel):
    """A file of rules."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masks:
    """Of t words: `sexes` (2, t) whether women and men can have one, and from which day of age on,
    and under which. `certifies`: kinds of visit (by number in the vocabulary) that end a life.
    """

    sexes: Bools
    youngest: Ints
    oldest: Ints
    certifies: Bools

    def allowed(self, words: slice, male: Bools, age: Ints) -> Bools:
        """Return (n, words) which words people of an age in days can have."""
        by_sex = self.sexes[male.astype(np.int64)][:, words]
        age = age[:, None]
        return by_sex & (self.youngest[words][None] <= age) & (age < self.oldest[words][None])


def own_rules() -> Rules:
    """Return the rules that come with bridge."""
    path = files("bridge.histories.learnt") / "masks.yaml"
    return parse_yaml(path.read_text(encoding="utf-8"), Rules, place="masks.yaml")


def masks_of(words: Vocabulary, rules: Rules) -> Masks:
    """Return the masks of a vocabulary: its kinds of visit, then its codes."""
    tokens = [*((VISIT, kind) for kind in words.kinds), *words.codes]
    sexes = np.ones((2, len(tokens)), dtype=bool)
    youngest = np.zeros(len(tokens), dtype=np.int64)
    oldest = np.full(len(tokens), OLDEST)
    certifies = np.zeros(len(words.kinds), dtype=bool)
    for rule in rules.rules:
        for k in _found(rule, tokens, words):
            if rule.sex:
                sexes[0 if rule.sex == "M" else 1, k] = False
            youngest[k] = max(youngest[k], round(rule.ages[0] * 365.25))
            oldest[k] = min(oldest[k], round(rule.ages[1] * 365.25))
            if rule.certifies and k < len(words.kinds):
                certifies[k] = True
    return Masks(sexes=sexes, youngest=youngest, oldest=oldest, certifies=certifies)


def _found(rule: Rule, tokens: list[Token], words: Vocabulary) -> Iterator[int]:
    """Yield the tokens that a rule is of, by what they or those of their panel are called."""
    pattern = "|".join(part.strip() for part in rule.finds.split("|"))
    try:
        finds = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise InputError(f"{rule.finds!r} is no regular expression: {error}") from error
    for k, token in enumerate(tokens):
        if token[0] not in rule.types:
            continue
        codes = {token[1], *words.members.get(token, ())}
        if any(finds.search(words.said((token[0], code))) for code in codes):
            yield k


def narrowed(masks: Masks, records: Records, words: Vocabulary) -> Masks:
    """Bound the ages of vaccines by the data too: those of nearly all doses, and some more.

    Schedules are strict, so what no one had is off schedule. Of under 20 doses nothing is said. A
    look at the data: not for a private fit.
    """
    steps = np.repeat(np.arange(len(records.owner)), np.diff(records.first))
    youngest, oldest = masks.youngest.copy(), masks.oldest.copy()
    for k, (kind, _) in enumerate(words.codes):
        ages = records.day[steps[records.code == k]]
        if kind != IMMUNIZATION or len(ages) < _DOSES:
            continue
        low, high = np.quantile(ages, [0.005, 0.995])
        word = len(words.kinds) + k
        youngest[word] = max(youngest[word], int(low - 0.02 * low - 7))
        oldest[word] = min(oldest[word], int(high + 0.02 * high + 30))
    return replace(masks, youngest=youngest, oldest=oldest)


_DOSES: Final = 20


class Masked(NamedTuple):
    """Records without what the masks forbid, and how much that was."""

    records: Records
    dropped: dict[str, int]


def without_forbidden(records: Records, masks: Masks) -> Masked:
    """Take out of records what a model may not make, so that it need not explain it."""
    kinds = len(masks.certifies)
    number = np.repeat(np.arange(len(records.owner)), np.diff(records.first))
    ok_code = _one_by_one(masks, records, number, records.code + kinds)
    visit = records.kind >= FIRST_KIND
    ok_visit = np.ones(len(visit), dtype=bool)
    rows = np.flatnonzero(visit)
    ok_visit[rows] = _one_by_one(masks, records, rows, records.kind[rows] - FIRST_KIND)
    ok_visit &= _certificates(records, masks)
    keep = ok_code & ok_visit[number]
    counts = np.bincount(number[keep], minlength=len(visit))
    alive = ok_visit & (visit | (counts > 0))
    kept = Records(
        given=records.given,
        owner=records.owner[alive],
        day=records.day[alive],
        kind=records.kind[alive],
        first=np.concatenate([[0], np.cumsum(counts[alive])]),
        code=records.code[keep],
    )
    said = {"a code that a rule forbids": int((~ok_code).sum())}
    said["a visit that a rule forbids"] = int((~ok_visit).sum())
    return Masked(kept, {reason: many for reason, many in said.items() if many})


def _one_by_one(masks: Masks, records: Records, steps: Ints, words: Ints) -> Bools:
    owner, age = records.owner[steps], records.day[steps]
    sex = masks.sexes[records.given.male[owner].astype(np.int64), words]
    allowed: Bools = sex & (masks.youngest[words] <= age) & (age < masks.oldest[words])
    return allowed


def _certificates(records: Records, masks: Masks) -> Bools:
    """Tell which steps are no certificate of the living, or one before the last step or day."""
    kind = np.maximum(records.kind - FIRST_KIND, 0)
    certificate = (records.kind >= FIRST_KIND) & masks.certifies[kind]
    given, owner = records.given, records.owner
    last = np.concatenate([owner[1:] != owner[:-1], [True]])[: len(owner)]
    on_end = records.day == (given.end - given.birth)[owner]
    fits: Bools = ~certificate | (given.dead[owner] & last & on_end)
    return fits


def proposals(records: Records, words: Vocabulary, masks: Masks) -> list[str]:
    """Say which rules the data would propose: seen in one sex only, though 10 were expected."""
    steps = np.repeat(np.arange(len(records.owner)), np.diff(records.first))
    people = np.unique(np.stack([records.code, records.owner[steps]], 1), axis=0)
    male = records.given.male
    said = []
    for k, token in enumerate(words.codes):
        of = people[people[:, 0] == k, 1]
        share = male.mean() if len(male) else 0.5
        both = masks.sexes[:, len(words.kinds) + k].all()
        for sex, seen, expected in (
            ("women", int(male[of].sum()), len(of) * share),
            ("men", int((~male[of]).sum()), len(of) * (1 - share)),
        ):
            if both and seen == 0 and expected >= 10:
                said.append(f"{words.said(token)}: {sex} only ({len(of)} people)")
    return said
