"""What the privacy measures return: figures with their intervals, each with a plain sentence."""

import math
from typing import Final, NamedTuple

Z: Final = 1.959964
"""Normal quantile of a two-sided 95 % interval."""

CERTAIN: Final = 3.0
"""Standard errors above zero from which on a risk is held to be real."""


class Estimate(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Attack(NamedTuple):
    """One attack: how often it was right, and what of that is owed to the training data.

    `how` says what the attacker knows and does.
    `train`, `control` and `blind` are success rates: on people the generator was fitted to, on
    people it never saw, and of guesses that do not use the synthetic rows' make-up. `attacks`
    is the number of guesses on the training data. `risk` is (train - control) / (1 - control).
    """

    name: str
    how: str
    attacks: int
    train: Estimate
    control: Estimate
    blind: Estimate
    risk: Estimate
    verdict: str

    @property
    def leaks(self) -> bool:
        """Whether training people are found more often than others, by far more than chance.

        That is by CERTAIN standard errors: of a dozen attacks one or two, which share their
        luck in whom they are tried on, exceed the 1.96 of a 95 % interval even on honest rows.
        """
        return self.risk.value > CERTAIN * self._error

    @property
    def doubtful(self) -> bool:
        """Whether the interval lies above zero, and yet chance may have put it there."""
        return self.risk.low > 0 and not self.leaks

    @property
    def _error(self) -> float:
        return (self.risk.value - self.risk.low) / Z

    @property
    def stronger(self) -> bool:
        """Whether the attack beats the blind guess by more than chance; if not it says nothing."""
        low, high = self.train.value - self.train.low, self.blind.high - self.blind.value
        return self.train.value - self.blind.value > math.hypot(low, high)


class Attacker(NamedTuple):
    """One way to tell members from others, with the area under its ROC curve."""

    name: str
    auc: Estimate


class Similarity(NamedTuple):
    """How well training and control people can be told apart; at .5 they are of one kind."""

    auc: Estimate
    verdict: str


class Membership(NamedTuple):
    """Who can tell whether a person was in the training data; `members` people of each kind."""

    attackers: tuple[Attacker, ...]
    members: int
    others: int
    reference: int
    verdict: str

    @property
    def worst(self) -> Attacker:
        """The attacker with the largest area."""
        return max(self.attackers, key=lambda attacker: attacker.auc.value)


class Closeness(NamedTuple):
    """Distance to the closest record, on some of the columns.

    `share` of synthetic rows lie closer to a training person than to any of as many control
    people, ideal .50. `ratio` is the median distance of synthetic rows to training people over
    that of control people to training people, ideal 1; NaN where the latter is 0.
    """

    columns: str
    share: Estimate
    ratio: float


class Closest(NamedTuple):
    """Distances of `rows` synthetic rows to `people` training and as many control people.

    `given` is the share on the conditions alone: away from .50 they were taken from one of the
    two sides, and what uses them is tilted that way. None without conditions.
    """

    rows: int
    people: int
    measured: tuple[Closeness, ...]
    given: Estimate | None
    verdict: str


class Copies(NamedTuple):
    """Rows equal to a training person in every column, beside what chance gives.

    `rows` and `people` count synthetic rows and control people, `copied` and `alike` those of
    them equal to a training person. The `full` counts are of rows with 3 measurements or more.
    """

    rows: int
    copied: int
    people: int
    alike: int
    full_rows: int
    full_copied: int
    full_people: int
    full_alike: int
    verdict: str


class Used(NamedTuple):
    """How many rows were used, of how many."""

    table: str
    used: int
    rows: int


class Privacy(NamedTuple):
    """All privacy measures of one set of synthetic rows."""

    used: tuple[Used, ...]
    similarity: Similarity
    singling_out: tuple[Attack, ...]
    linkability: tuple[Attack, ...]
    inference: tuple[Attack, ...]
    membership: Membership
    closest: Closest
    copies: Copies

    @property
    def attacks(self) -> tuple[Attack, ...]:
        """The attacks of all three kinds."""
        return (*self.singling_out, *self.linkability, *self.inference)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """All sentences, in the order of the measures."""
        return (
            self.similarity.verdict,
            *(attack.verdict for attack in self.attacks),
            self.membership.verdict,
            self.closest.verdict,
            self.copies.verdict,
        )
