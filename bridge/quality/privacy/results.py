"""What the privacy measures return: figures with their intervals, each with a plain sentence."""

import math
from typing import NamedTuple


class Estimate(NamedTuple):
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Attack(NamedTuple):
    """One attack: how often it was right, and what of that is owed to the training data.

    `train`, `control` and `blind` are success rates: on people the generator was fitted to, on
    people it never saw, and of guesses that do not use the synthetic rows' make-up. `attacks`
    is the number of guesses on the training data. `risk` is (train - control) / (1 - control).
    """

    name: str
    attacks: int
    train: Estimate
    control: Estimate
    blind: Estimate
    risk: Estimate
    verdict: str

    @property
    def stronger(self) -> bool:
        """Whether the attack beats the blind guess by more than chance; if not it says nothing."""
        low, high = self.train.value - self.train.low, self.blind.high - self.blind.value
        return self.train.value - self.blind.value > math.hypot(low, high)


class Attacker(NamedTuple):
    """One way to tell members from others, with the area under its ROC curve."""

    name: str
    auc: Estimate


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
            *(attack.verdict for attack in self.attacks),
            self.membership.verdict,
            self.closest.verdict,
            self.copies.verdict,
        )
