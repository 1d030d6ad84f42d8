"""Results of the laboratory by the state that somebody is in: laboratory.yaml, and draws from it.

HbA1c, glucose, creatinine and lipids of people as they are in a population come from the flow
(`care/laboratory.py`); the figures here are for states, and for all other tests.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bridge.errors import InputError
from bridge.flows.columns import Floats
from bridge.flows.ranks import between, scores_at, shares_below
from bridge.histories.care.model import Key, Share, Verified, Words
from bridge.yaml_files import YamlModel, load_yaml, nearest

TABLE: Final = Path(__file__).with_suffix(".yaml")

One = TypeVar("One")

Results = Floats | NDArray[np.str_]

Shape = Literal["normal", "lognormal", "values", "answers", "mixture"]

_NEEDS: Final[dict[Shape, tuple[str, ...]]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sd_log10"),
    "values": ("values",),
    "answers": ("answers",),
    "mixture": ("of",),
}
_PARAMETERS: Final = {name for names in _NEEDS.values() for name in names}

SUM: Final = 1e-6
"""How far shares may be from 1 in all."""


class Figure(YamlModel):
    """How a test's results are spread in one state.

    normal: `mean` and `sd`; lognormal: `median` and the SD of the decimal logarithm; both are
    truncated to `low` and `high`, which are included. values: a few numbers and their shares (a
    viral load under the limit of detection). answers: CIEL's codes and their shares, from the mild
    to the severe. mixture: shares of other states of the same test, in ascending order. `change`:
    the result's change, which no limit of the concept bounds.
    """

    whom: Words
    distribution: Shape
    mean: float | None = None
    sd: Annotated[float, Field(gt=0)] | None = None
    median: Annotated[float, Field(gt=0)] | None = None
    sd_log10: Annotated[float, Field(gt=0)] | None = None
    low: float | None = None
    high: float | None = None
    values: Annotated[dict[float, Share], Field(default_factory=dict)]
    answers: Annotated[dict[str, Share], Field(default_factory=dict)]
    of: Annotated[dict[Key, Share], Field(default_factory=dict)]
    change: bool = False
    source: Words
    verified: Verified

    @property
    def shares(self) -> dict[str, float]:
        """What there is to choose from, and how often."""
        return {
            str(what): share for what, share in (self.values or self.answers or self.of).items()
        }

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = set(_NEEDS[self.distribution])
        given = {name for name in _PARAMETERS if getattr(self, name) not in (None, {})}
        if given != needed:
            wanted = " and ".join(_NEEDS[self.distribution])
            raise ValueError(f"{self.distribution} takes {wanted}, and nothing else")
        if self.shares and abs(sum(self.shares.values()) - 1) > SUM:
            raise ValueError(f"the shares come to {sum(self.shares.values()):g}, not to 1")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be under high")
        return self


class LaboratoryTest(YamlModel):
    """A test: its concept by CIEL's code, in what it is reported, and its figures by state.

    `low` and `high` are the concept's absolute limits: a server refuses what lies outside, and a
    number with more `decimals` than it takes.
    """

    name: Words
    concept: Annotated[str, Field(pattern=r"^[0-9]+$")]
    kind: Literal["number", "coded"]
    unit: str = ""
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    low: float | None = None
    high: float | None = None
    note: str = ""
    contexts: dict[Key, Figure]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for name, figure in self.contexts.items():
            if unknown := figure.of.keys() - self.contexts.keys():
                raise ValueError(f"contexts: {name}: of: no context is called {min(unknown)}")
            if any(self.contexts[part].of for part in figure.of):
                raise ValueError(f"contexts: {name}: of: a mixture of mixtures")
            if figure.distribution != "mixture" and (
                (figure.distribution == "answers") != (self.kind == "coded")
            ):
                raise ValueError(f"contexts: {name}: {figure.distribution} of a {self.kind} test")
        return self

    def bounds(self, figure: Figure) -> tuple[float, float]:
        """Return the least and the greatest result, both included."""
        limits = (None, None) if figure.change else (self.low, self.high)
        lows = [low for low in (limits[0], figure.low) if low is not None]
        highs = [high for high in (limits[1], figure.high) if high is not None]
        return max(lows, default=-np.inf), min(highs, default=np.inf)


class LaboratoryFigures(YamlModel):
    """Tests by key."""

    tests: dict[Key, LaboratoryTest]


@cache
def laboratory_figures() -> dict[str, LaboratoryTest]:
    """Return bridge's own figures by test."""
    return load_yaml(TABLE, LaboratoryFigures).tests


def draw(test: str, context: str, z: Floats) -> Results:
    """Return the results (m,) of people with normal scores z (m,), in one state.

    Of a number: its value, rounded to what the concept takes and within its limits. Of a coded
    test: the answers' CIEL codes. A higher score is a higher result; the same score in another
    state keeps the rank. Raises InputError for a test or context that there is not.
    """
    found = _of(laboratory_figures(), test, "test of the laboratory")
    figure = _of(found.contexts, context, f"context of {test}")
    return draw_from(found, figure, z)


def draw_from(test: LaboratoryTest, figure: Figure, z: Floats) -> Results:
    """Return the results (m,) of a test by a figure of it, at normal scores z (m,)."""
    if figure.distribution == "mixture":
        return _mixed(test, figure, z)
    if figure.shares:
        places, _ = _chosen(figure.shares, z)
        levels = list(figure.values or figure.answers)
        return np.array(levels)[places]
    low, high = test.bounds(figure)
    grain = 10.0**-test.decimals
    edges = (_score(figure, low - grain / 2), _score(figure, high + grain / 2))
    scores = between(z, *(np.full(z.shape, edge) for edge in edges))
    if figure.distribution == "normal":
        assert figure.mean is not None and figure.sd is not None
        values = figure.mean + figure.sd * scores
    else:
        assert figure.median is not None and figure.sd_log10 is not None
        values = figure.median * 10 ** (figure.sd_log10 * scores)
    # -0.0 is no result.
    return np.clip(np.round(values, test.decimals), low, high) + 0.0


def _score(figure: Figure, value: float) -> float:
    """Return the normal score of a value in a normal or lognormal distribution."""
    if figure.distribution == "normal":
        assert figure.mean is not None and figure.sd is not None
        return (value - figure.mean) / figure.sd
    assert figure.median is not None and figure.sd_log10 is not None
    if value <= 0:
        return -np.inf
    return float(np.log10(value / figure.median)) / figure.sd_log10


def _mixed(test: LaboratoryTest, figure: Figure, z: Floats) -> Results:
    places, scores = _chosen(figure.of, z)
    drawn: list[Any] = [draw_from(test, test.contexts[part], scores) for part in figure.of]
    taken: Results = np.stack(drawn)[places, np.arange(len(z))]
    return taken


def _chosen(shares: dict[str, float], z: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return which of some shares normal scores z (m,) fall into, and their scores within."""
    ends = np.cumsum([0.0, *shares.values()])
    ranks = shares_below(z) * ends[-1]
    places = np.minimum(np.searchsorted(ends, ranks, side="right") - 1, len(shares) - 1)
    within = (ranks - ends[places]) / np.maximum(ends[places + 1] - ends[places], SUM)
    return places, scores_at(np.clip(within, 0.0, 1.0))


def _of(things: dict[str, One], name: str, what: str) -> One:
    if name not in things:
        raise InputError(f"no {what} is called {name}{nearest(name, things)}")
    return things[name]
