"""What a table's columns mean to a model: the file that `bridge train` reads, writes and keeps.

A column is a condition, which is given when people are generated, or an output, which is made.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)
from pydantic import model_validator as checked

from bridge.errors import InputError
from bridge.yaml_files import YamlModel, load_yaml

SHIPPED: Final = Path(__file__).parent / "shipped"

Unit = Literal["day", "month", "year"]


def _levels(given: Any) -> Any:
    """Let `[F, M]` stand for `{F: [F], M: [M]}`."""
    if isinstance(given, list) and all(isinstance(level, Hashable) for level in given):
        return {level: [level] for level in given}
    return given


Levels = Annotated[dict[str, list[str]], BeforeValidator(_levels)]
"""The levels of a category, each with how the data writes it."""


class Span(YamlModel):
    """From (included) where to below (not included) which value of a condition."""

    first: Annotated[float | None, Field(alias="from")] = None
    below: float | None = None


class Condition(YamlModel):
    """A column that is given: a category, a number between low and high, or an age.

    An age's `columns` say in which unit each of them counts completed time; the first that is
    known is taken. Everyone of `oldest` years and over is one age. Where a category may be
    `unknown`, people without a level are used.
    """

    kind: Literal["category", "number", "age"]
    columns: Annotated[list[str] | dict[str, Unit], Field(min_length=1)]
    levels: Annotated[Levels, Field(default_factory=dict)]
    unknown: bool = False
    low: float | None = None
    high: float | None = None
    oldest: PositiveFloat = 90.0

    def unit(self, name: str) -> Unit:
        """Return the unit that an age of this name is written in: its data's, else months."""
        return self.columns.get(name, "month") if isinstance(self.columns, dict) else "month"

    @checked(mode="after")
    def _complete(self) -> Self:
        if self.kind == "category" and not self.levels:
            raise ValueError("levels: a category needs them")
        if self.kind == "number" and (
            self.low is None or self.high is None or self.low >= self.high
        ):
            raise ValueError("low, high: a number needs both, low under high")
        if (self.kind == "age") != isinstance(self.columns, dict):
            raise ValueError("columns: of an age like {age_years: year}, else like [name]")
        return self


class Output(YamlModel):
    """A column that is made: a number on an instrument's grid, or a category.

    `columns` of the data: the first that holds a value is taken. `step` is the grid in `unit` and
    `decimals` how values are written (0.1 °F is a step of 1/18 °C, written with 2 decimals).
    Values under `low` or over `high` are taken for slips of the pen and not used. `spread` says
    how scores are found: `ranks`, normal scores of the empirical distribution, for grids with few
    values; `digits`, the logarithm, with heaps by last digit, for fine grids of positive values.
    There, ranks would carry the noise of every cell's count into the scores (0.01 nats per column
    on people left out), and infants would lie in their far tail. `cuts` are values from which on
    later outputs are taken with another instrument, and `steps` those of a condition, of an age in
    months, at which it is itself. Outside `measured` it is missing by design.
    """

    kind: Literal["number", "category"] = "number"
    columns: Annotated[list[str], Field(min_length=1)]
    unit: str = ""
    levels: Annotated[Levels, Field(default_factory=dict)]
    step: PositiveFloat = 1.0
    decimals: NonNegativeInt = 0
    low: float | None = None
    high: float | None = None
    spread: Literal["ranks", "digits"] = "ranks"
    cuts: tuple[float, ...] = ()
    steps: Annotated[dict[str, list[float]], Field(default_factory=dict)]
    measured: Annotated[dict[str, Span | list[str]], Field(default_factory=dict)]

    @checked(mode="after")
    def _complete(self) -> Self:
        if self.kind == "category" and len(self.levels) < 2:
            raise ValueError("levels: a category needs two at least")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low: must be under high")
        if self.spread == "digits" and (self.low is None or self.low < self.step / 2):
            raise ValueError("spread: digits needs positive values, and a low that says so")
        return self


class Fit(YamlModel):
    """The nets, the splines and the descent.

    `bound` is the spline's B; `decay` is how much of the averaged weights a step keeps;
    `patience` is how many epochs without a better loss are borne; one more ends an output's fit.
    """

    hidden: tuple[PositiveInt, ...] = (64, 64)
    bins: PositiveInt = 8
    bound: PositiveFloat = 5.0
    epochs: PositiveInt = 30
    patience: NonNegativeInt = 8
    batch: PositiveInt = 256
    rate: PositiveFloat = 4e-3
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.995


class Spec(YamlModel):
    """The columns of a table, and how a model is fitted to it; outputs are made in their order.

    `rows` keeps the people whose column holds one of some values. `gaps` says what becomes of a
    row that lacks an output, or has it outside its bounds: it is left out whole, or each output
    learns from the rows that have it.
    """

    about: str = ""
    rows: Annotated[dict[str, list[str]], Field(default_factory=dict)]
    conditions: Annotated[dict[str, Condition], Field(default_factory=dict)]
    outputs: Annotated[dict[str, Output], Field(min_length=1)]
    gaps: Literal["leave out", "learn"] = "leave out"
    fit: Fit = Fit()

    @checked(mode="after")
    def _known(self) -> Self:
        if both := self.conditions.keys() & self.outputs.keys():
            raise ValueError(f"outputs: {min(both)} is a condition as well")
        for name, output in self.outputs.items():
            for other in output.steps:
                if other not in self.conditions or self.conditions[other].kind == "category":
                    raise ValueError(f"outputs.{name}.steps: {other} is no number or age")
            for other, span in output.measured.items():
                if other not in self.conditions:
                    raise ValueError(f"outputs.{name}.measured: {other} is no condition")
                if (self.conditions[other].kind == "category") != isinstance(span, list):
                    where = f"outputs.{name}.measured.{other}"
                    raise ValueError(f"{where}: levels of a category, else from and below")
        return self


def load_spec(path: Path) -> Spec:
    """Read a spec; an InputError names line and key."""
    return load_yaml(path, Spec)


def shipped_spec(name: str) -> Spec:
    """Return the spec of a model that comes with bridge: `population`, `illness` or `labs`."""
    return load_spec(SHIPPED / f"{name}.yaml")


def find_spec(name: str) -> Spec:
    """Return the spec of a file, or one that comes with bridge by its name."""
    path = SHIPPED / f"{name}.yaml"
    if "/" not in name and path.exists():
        return load_spec(path)
    if not Path(name).exists():
        known = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.yaml")))
        raise InputError(f"no such file, and no spec of bridge's own ({known})", place=name)
    return load_spec(Path(name))


def spec_from(header: Mapping[str, Any]) -> Spec:
    """Return the spec that a checkpoint's header holds; raises ValueError, of one line."""
    try:
        return Spec.model_validate(header)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise ValueError(f"spec.{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error


def spec_text(spec: Spec) -> str:
    """Return a spec as the YAML that load_spec reads."""
    data = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return text
