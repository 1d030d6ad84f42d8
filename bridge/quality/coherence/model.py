"""What the rule file may say: rules as data, of a few kinds, each with its source.

A rule names what it is about (`of`: keys of vocabulary.yaml) and what has to hold, may not hold or
has to be near, as pieces of evidence. `python -m tests.bench.coherence` counts what breaks them.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bridge.yaml_files import YamlModel, load_yaml, parse_yaml

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Keys = tuple[Key, ...]
Span = tuple[float, float]
"""From (included) to (not included)."""
Verified = Literal["yes", "partly", "recalled", "choice", "derived"]
Severity = Literal["impossible", "harmful", "odd"]
"""What cannot be; what nobody may do to a patient; what a reader would stumble over."""
Days = Annotated[int, Field(ge=0)] | Literal["ever"]
Measure = Literal[
    "height_cm",
    "weight_kg",
    "muac_cm",
    "head_circ_cm",
    "sbp_mmhg",
    "dbp_mmhg",
    "pulse_bpm",
    "temperature_c",
    "resp_rate_bpm",
    "spo2_pct",
    "bmi",
]


class Evidence(YamlModel):
    """Something in the chart: exactly one of the first block, with the limits of the others.

    It holds, does not hold, or is not known: a number that nobody took, a test that nobody made.
    """

    condition: Keys = ()
    """A diagnosis, a problem, or the reason that stands on the order itself."""
    program: Keys = ()
    drug: Keys = ()
    """Drugs or classes that are taken then; started within the days, where some are given."""
    vaccine: Keys = ()
    allergy: Keys = ()
    positive: Keys = ()
    negative: Keys = ()
    test: Key | None = None
    """A number of the laboratory, with `below` or `at_least`; without: that the test was made."""
    measured: Measure | None = None
    note: tuple[str, ...] = ()
    """Words of a note of the same visit."""
    pregnant: bool = False
    aged: bool = False
    """That `months` holds, and no more."""

    below: float | None = None
    at_least: float | None = None
    weeks: Span | None = None
    """Of pregnancy; not known where nobody has said when it began."""
    months: Span | None = None
    """Of whom it is evidence at all: others neither have it nor lack it."""
    sex: Literal["F", "M"] | None = None
    expecting: bool | None = None
    """Of women who are pregnant then, or (false) of all others."""
    before: Days = 0
    after: Days = 0
    """How many days around count, beside the visit itself."""
    latest: bool = False
    """Of several numbers only the last."""
    earlier: bool = False
    """Only on days before the visit: the same disease at an earlier visit."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = (self.condition, self.program, self.drug, self.vaccine, self.allergy)
        more = (self.positive, self.negative, self.test, self.measured, self.note)
        said = [*things, *more, self.pregnant, self.aged]
        if sum(bool(one) for one in said) != 1:
            raise ValueError("a piece of evidence says exactly one thing")
        if self.measured and self.below is None and self.at_least is None:
            raise ValueError("a measurement needs below or at_least")
        return self


class About(YamlModel):
    """Which entries a rule is about: any of these."""

    condition: Keys = ()
    drug: Keys = ()
    program: Keys = ()
    vaccine: Keys = ()
    test: Keys = ()
    note: tuple[str, ...] = ()
    """Words of a note, where a severity has no concept of its own."""
    systemic: bool = True
    """Of drugs: swallowed or injected, no cream, drop or spray."""
    months: Span | None = None
    sex: Literal["F", "M"] | None = None
    first: bool = False
    """Only where the chart says it for the first time."""


class Rule(YamlModel):
    """What all rules say."""

    name: Key
    says: Annotated[str, Field(min_length=10, max_length=300)]
    severity: Severity
    source: Annotated[str, Field(min_length=3)]
    verified: Verified


class Only(Rule):
    """Only people of one sex, of some ages, have it."""

    kind: Literal["only"]
    of: About
    sex: Literal["F", "M"] | None = None
    months: Span | None = None
    unless: tuple[Evidence, ...] = ()


class Requires(Rule):
    """One piece of evidence at least has to hold.

    With `known` any (or all), only where some (or every) piece is known: a diagnosis against its
    own numbers says nothing where nobody measured.
    """

    kind: Literal["requires"]
    of: About
    any_of: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    known: Literal["none", "any", "all"] = "none"
    unless: tuple[Evidence, ...] = ()


class Forbids(Rule):
    """No piece of evidence may hold."""

    kind: Literal["forbids"]
    of: About
    any_of: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    unless: tuple[Evidence, ...] = ()
    enough_mg_a_day: float | None = None
    """Not where so much of the drug is given in all: dolutegravir twice daily with rifampicin."""


class DoseLimit(YamlModel):
    """What is given of a drug. A course by tablets and weight bands is wider than its mg/kg."""

    drug: Key
    kg: Span | None = None
    months: Span | None = None
    reason: Keys = ()
    """Only where the order is for one of these."""
    mg_kg_day: Span | None = None
    """Least and most (both allowed) a day, in mg (insulin: units) per kg."""
    mg_kg_dose: Span | None = None
    mg_day: Span | None = None
    mg_dose: Span | None = None
    enough_mg_day: float | None = None
    """So much a day is not too little at any weight."""
    named: str = ""
    """Only of products whose name has this word: rectal."""
    source: Annotated[str, Field(min_length=3)]
    verified: Verified


class Dose(Rule):
    """A dose is within the limits of its drug, give or take `tolerance`."""

    kind: Literal["dose"]
    limits: tuple[DoseLimit, ...]
    tolerance: float = 0.0
    weight_days_child: int = 60
    """How old a weight may be: of children under five."""
    weight_days: int = 400


class Schedule(YamlModel):
    """When a vaccine is given: days of age, days between two doses, and how many."""

    vaccine: Key
    from_days: int = 0
    to_days: int | None = None
    interval_days: int = 28
    doses: int | None = None
    source: Annotated[str, Field(min_length=3)]
    verified: Verified


class Vaccines(Rule):
    """Vaccines are given at their age, in their order, with their intervals, each once."""

    kind: Literal["vaccines"]
    check: Literal["too_early", "too_late", "interval", "order", "number_twice", "too_many"]
    schedules: tuple[Schedule, ...] = ()
    grace_days: int = 0


class Times(Rule):
    """One thing about times that a chart has to keep."""

    kind: Literal["times"]
    check: Literal[
        "before_birth",
        "after_death",
        "in_the_future",
        "outside_visit",
        "result_before_order",
        "order_ends_first",
        "condition_ends_first",
        "enrollment_ends_first",
        "visit_ends_first",
        "visits_overlap",
    ]
    slack_hours: float = 0


class Twice(Rule):
    """The same drug is not ordered twice for the same days; nobody is twice in one program."""

    kind: Literal["twice"]
    check: Literal["drug", "program", "diagnosis"]
    overlap_days: int = 1
    """How many common days are too many; a refill may come a little early."""
    share: float = 0.0
    """And how much of the shorter one they are."""


class Growth(Rule):
    """Height and weight change no faster than bodies do."""

    kind: Literal["growth"]
    check: Literal[
        "height_falls", "height_leaps", "weight_leaps", "weight_falls", "pressure_crossed"
    ]
    under_months: float | None = None
    over_months: float | None = None
    most: float
    """Centimetres, or the share of the weight that changes within 30 days."""


class NoteWords(Rule):
    """Words of a note that a measured number of its visit contradicts."""

    kind: Literal["note_words"]
    words: tuple[str, ...]
    measured: Measure | None = None
    below: float | None = None
    at_least: float | None = None
    """Where the words are wrong."""
    sex: Literal["F", "M"] | None = None
    months: Span | None = None
    """Of whom they are wrong."""


class NoteNumbers(Rule):
    """A number that a note quotes is the one that was measured."""

    kind: Literal["note_numbers"]
    patterns: dict[str, tuple[str, ...]]
    """By measurement or test: expressions with the number as their group (two for a pressure)."""
    tolerance: dict[str, float]


class Relatives(Rule):
    """Relatives: both sides agree, and a mother is some years older than her child."""

    kind: Literal["relatives"]
    check: Literal["one_sided", "age", "itself"]
    years: Span = (12, 50)
    father_years: Span = (12, 80)


AnyRule = Annotated[
    Only
    | Requires
    | Forbids
    | Dose
    | Vaccines
    | Times
    | Twice
    | Growth
    | NoteWords
    | NoteNumbers
    | Relatives,
    Field(discriminator="kind"),
]


class Rules(YamlModel):
    """All rules, in their order."""

    rules: tuple[AnyRule, ...]

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two rules are called {name}")
        return self


RULES = Path(__file__).with_name("rules.yaml")


def load_rules(path: Path = RULES) -> Rules:
    """Load a rule file; raise InputError with the place of the first fault."""
    return load_yaml(path, Rules)


def parse_rules(text: str, *, place: str = "rules") -> Rules:
    """Check the text of a rule file; raise InputError with the place of the first fault."""
    return parse_yaml(text, Rules, place=place)
