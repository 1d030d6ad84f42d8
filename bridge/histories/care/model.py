"""What a care module may say: a state machine whose figures have their sources.

A module is one YAML file. Each visit of a patient is made in one of its states, which says what
is found, measured, tested, given and written, and to which state the next visit leads, after how
many days. `bridge care check FILE` says what is wrong with one.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bridge.yaml_files import YamlModel

Share = Annotated[float, Field(ge=0, le=1)]
Span = tuple[float, float]
"""From (included) to (not included)."""
Words = Annotated[str, Field(min_length=1, max_length=400)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Measure = Literal[
    "height_cm",
    "weight_kg",
    "muac_cm",
    "sbp_mmhg",
    "dbp_mmhg",
    "pulse_bpm",
    "temperature_c",
    "resp_rate_bpm",
    "spo2_pct",
]
Verified = Literal["yes", "partly", "recalled", "choice", "derived"]


class Source(YamlModel):
    """Where figures come from, and how far that was read (clinical-facts.md, section 1)."""

    text: Words
    verified: Verified


class When(YamlModel):
    """Of which patients something holds: of those of whom all that is said is true."""

    months: Span | None = None
    """Age at the visit."""
    years: Span | None = None
    sex: Literal["F", "M"] | None = None
    kg: Span | None = None
    """Weight at the visit."""
    pregnant: bool | None = None
    weeks: Span | None = None
    """Of pregnancy."""
    countries: tuple[str, ...] = ()
    """Names of populations: kenya, india ..."""
    allergic: Key | None = None
    """An allergen's key of allergies.csv; `not_allergic` the opposite."""
    not_allergic: Key | None = None
    has: tuple[Key, ...] = ()
    """Chronic modules that the patient is in, any of them."""
    has_not: tuple[Key, ...] = ()
    """Chronic modules that the patient is in none of."""
    measured: dict[Measure, Span] = Field(default_factory=dict)
    """Vital signs of this very visit, after all effects."""
    results: dict[Key, Span] = Field(default_factory=dict)
    """Numeric results of this very visit, by test; false where the test was not made."""
    answers: dict[Key, tuple[str, ...]] = Field(default_factory=dict)
    """Coded results of this very visit, by test."""
    step: Span | None = None
    """Of the treatment: 0 before the first, one more with each `step_up`."""


class Cited(YamlModel):
    """Something with figures: `source` is a key of the module's sources."""

    source: str
    note: str = ""


class Effect(Cited):
    """What a state does to a vital sign.

    low, typical, high are the 5th, 50th and 95th centile. `draw` replaces the value, at the rank
    that the patient has in this measurement; `add` adds; `times` multiplies (weight after a loss
    of water: .91 .94 .97). `at_least` and `at_most` then bound it (strictly kept: the value is
    drawn within). Fever raises pulse and breaths by itself: do not say it again.
    """

    measure: Measure
    effect: Literal["draw", "add", "times", "bound"]
    low: float | None = None
    typical: float | None = None
    high: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    share: Share = 1.0
    """Of the visits in this state."""
    when: When = When()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.effect == "bound":
            if self.at_least is None and self.at_most is None:
                raise ValueError("a bound needs at_least or at_most")
        elif None in (self.low, self.typical, self.high):
            raise ValueError(f"{self.effect} needs low, typical and high")
        elif not self.low <= self.typical <= self.high:  # type: ignore[operator]
            raise ValueError("low, typical, high must ascend")
        return self


class NumericResult(YamlModel):
    """A number's distribution: centiles, or mean and sd, or by a function that the engine has."""

    low: float | None = None
    typical: float | None = None
    high: float | None = None
    log: bool = False
    """Between the centiles in proportion on a log scale (viral loads, CD4)."""
    at_least: float | None = None
    at_most: float | None = None
    function: Literal["haemoglobin", "blood_chemistry"] | None = None
    """`haemoglobin`: the country's, by age, sex and pregnancy. `blood_chemistry`: the flow's
    HbA1c, glucose, creatinine, cholesterol by sex, age, diabetes and hypertension. Bounds then
    hold within (HbA1c at_most 7 of the controlled)."""
    steady: Share = 0.6
    """How far a patient keeps the rank from visit to visit: the correlation of two results."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        centiles = (self.low, self.typical, self.high)
        if self.function is None and None in centiles:
            raise ValueError("needs low, typical and high, or a function")
        return self


class TestMade(Cited):
    """A test of the laboratory at a visit in this state."""

    __test__ = False

    test: Key
    """Of the tests of laboratory files."""
    share: Share = 1.0
    every_days: int | None = None
    """Only when the last one is so long ago (less ten days); None: at each visit."""
    when: When = When()
    number: NumericResult | None = None
    answers: dict[str, Share] = Field(default_factory=dict)
    """Share of each answer, by the answer's name in the test's list (`positive`, `negative`)."""
    ordered: bool = True
    """Whether a test order stands before the result."""


class DrugGiven(Cited):
    """A drug that is prescribed at a visit in this state; the dose is the formulary's."""

    drug: Key
    share: Share = 1.0
    when: When = When()
    days: float | None = None
    """In place of the formulary's duration; `till_next` for chronic refills."""
    till_next: bool = False
    """Until the next visit is due."""
    instead: Key | None = None
    """The drug that is given to whoever is allergic to this one, or for whom it is ruled out."""
    unless: Key | None = None
    """Not to those who are given that drug of the list at this visit: one or the other, never
    both. Drugs are decided in their order."""


class Phrase(YamlModel):
    """A sentence of a note. Words in braces are filled in: {days} {age} {he} {his} {him} {He} {His}
    {temperature} {pulse} {breaths} {spo2} {bp} {weight} {height} {muac} {weeks} {drugs} {next}
    and {TEST} of each test made. Numbers come with their unit (weight: 62 kg), {next} as `in 4
    weeks`. Say nothing that a number could contradict without a `when`."""

    text: Words
    when: When = When()


class Notes(YamlModel):
    """A visit note: one phrase of each part is chosen. Five or more of each read well."""

    complaint: tuple[Phrase | Words, ...]
    history: tuple[Phrase | Words, ...] = ()
    finding: tuple[Phrase | Words, ...] = ()
    plan: tuple[Phrase | Words, ...] = ()
    remark: tuple[Phrase | Words, ...] = ()
    """Of standing orders only: said last, where a `when` holds."""


class Diagnosed(YamlModel):
    """A diagnosis: `CIEL:116128 Malaria`."""

    code: Annotated[str, Field(pattern=r"^CIEL:[0-9]+ .+$")]
    confirmed: bool = True
    share: Share = 1.0
    when: When = When()
    problem: Literal["no", "active", "ends"] = "no"
    """Whether it goes onto the problem list, for good or ended with the episode's last visit."""


class Next(Cited):
    """Where the next visit leads; what is left of the shares is `well` without another visit."""

    to: str
    """A state of this module; or an exit: cured, lost, referred, died."""
    share: Share
    after_days: tuple[float, float] = (0, 0)
    """When the patient is asked to come again: least and most."""
    kept: Share | None = None
    """Share who come at all (late or not); None: as the general figure has it (.9 in the end)."""
    step_up: bool = False
    """The treatment goes one step up with that visit."""
    when: When = When()


class State(YamlModel):
    """What a visit in this state is like."""

    diagnoses: tuple[Diagnosed, ...] = ()
    """The first that holds is the primary one; a `share` under 1 or a `when` makes others rarer."""
    triage: Literal[0, 1, 2, 3, 4, 5] = 0
    """0: a body at rest, but for the effects; else how ill, as the emergency survey has it."""
    vitals: tuple[Effect, ...] = ()
    tests: tuple[TestMade, ...] = ()
    drugs: tuple[DrugGiven, ...] = ()
    notes: Notes | None = None
    next: tuple[Next, ...] = ()
    no_vitals: bool = False
    """A visit at which no vital signs are taken (a vaccination day)."""
    vaccines_due: bool = False
    """The vaccines of the country's schedule that are due (child) are given."""
    vaccines: tuple[Key, ...] = ()
    """Vaccines by key of vaccines.csv (td in pregnancy)."""
    delivers: bool = False
    """A child is born at this visit."""
    program_state: str | None = None
    """Of the module's program, from this visit on."""
    inpatient: bool = False
    """The patient stays a night or more: visit and encounter are an admission's."""


class Group(Cited):
    """A share of people by age and sex."""

    years: Span
    sex: Literal["F", "M"] | None = None
    countries: tuple[str, ...] = ()
    has: tuple[Key, ...] = ()
    """Only people who are in any of these chronic modules. The first group that holds counts, so
    such groups stand before the general ones."""
    share: Share


class Reason(YamlModel):
    """Which reason for visit of reasons.csv leads into which state, with which share."""

    reason: Key
    state: str
    share: Share = 1.0
    when: When = When()


class Standing(Cited):
    """In which state those are who were in care before the record begins."""

    state: str
    share: Share
    step: tuple[int, int] = (0, 0)
    """Treatment steps that they may have reached."""
    when: When = When()
    """Of whom; whoever none holds for stands in the first."""


class Who(YamlModel):
    """Who comes into a module."""

    reasons: tuple[Reason, ...] = ()
    """Acute: by the reason for the visit."""
    prevalence: Key | None = None
    """Chronic: a condition of figures/prevalence.csv (hypertension, diabetes, hiv ...)."""
    groups: tuple[Group, ...] = ()
    """Or, where no country's figure exists, the share of people who have it."""
    in_care: tuple[Group, ...] = ()
    """Of those who have it: who know it and come for it."""
    attends: tuple[Group, ...] = ()
    """Contacts (antenatal, growth, family planning): the share of this clinic's clients of that
    age and sex whose main reason to be on record is this module."""
    excludes: tuple[Key, ...] = ()
    """Modules that nobody is in at the same time."""


class Onset(Cited):
    """How many years before the last day it was found: 5th, 50th, 95th centile."""

    low: float
    typical: float
    high: float


class Program(YamlModel):
    """A program of the content package that patients are enrolled in at the first visit."""

    name: Words
    completes: bool = False
    """Whether an exit `cured` completes it (else only death, referral and being lost do)."""
    share: Share = 1.0
    when: When = When()
    """Who is enrolled: at the first visit at which it holds."""
    begins: tuple[Key, ...] = ()
    """States at whose first visit the enrolment begins; none: any."""
    ends: tuple[Key, ...] = ()
    """States whose visit completes it."""


class Contact(Cited):
    """A visit at a fixed time from the anchor (birth, or last menstrual period).

    Contacts come in the order of the list: one that would fall on or after a later one of the list
    is left out (the contact of 40 weeks of a woman who gave birth at 38). A `next` of a contact's
    state leads out of the series: contacts that fall due meanwhile are left out, and those after
    its well end come again; an exit (referred, lost, died) ends them. Who has given birth in a
    `next` has no contact more that delivers.
    """

    state: str
    day: float
    """Days from the anchor."""
    from_birth: bool = False
    """Days from the birth of her child (the visit that `delivers`, or when it would have been)."""
    late: tuple[float, float] = (0, 14)
    """Days that it comes later: 5th and 95th centile."""
    kept: Share
    when: When = When()


class Module(YamlModel):
    """A care module."""

    module: Key
    title: Words
    about: str
    sources: dict[str, Source]
    kind: Literal["acute", "chronic", "contacts"]
    who: Who
    states: dict[Key, State]
    onset: Onset | None = None
    entry: Key | None = None
    """Chronic: the state of the first visit, at which it is found."""
    standing: tuple[Standing, ...] = ()
    """Chronic: the states of those found before the record begins."""
    anchor: Literal["birth", "pregnancy"] | None = None
    contacts: tuple[Contact, ...] = ()
    program: Program | None = None
    more_programs: tuple[Program, ...] = ()
    """Beside the first: postnatal care after antenatal, PMTCT of whoever has HIV."""
    service: Words = "General Medicine service"
    """The appointment service where the next visit is booked."""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        named = [*(n.to for s in self.states.values() for n in s.next)]
        named += [r.state for r in self.who.reasons] + [s.state for s in self.standing]
        named += [c.state for c in self.contacts] + ([self.entry] if self.entry else [])
        for name in named:
            if name not in self.states and name not in EXITS:
                raise ValueError(f"no state or exit is called {name}")
        for name, state in self.states.items():
            for sources in _sources(state):
                if sources not in self.sources:
                    raise ValueError(f"states: {name}: no source is called {sources}")
            if sum(n.share for n in state.next if n.when == When()) > 1 + 1e-9:
                raise ValueError(f"states: {name}: next: the shares are more than 1")
        if self.kind == "chronic" and not (self.entry and self.onset and self.standing):
            raise ValueError("a chronic module needs entry, onset and standing")
        if self.kind == "contacts" and not (self.anchor and self.contacts):
            raise ValueError("contacts need an anchor and contacts")
        return self


EXITS = ("cured", "lost", "referred", "died")


def _sources(state: State) -> list[str]:
    cited: list[Cited] = [*state.vitals, *state.tests, *state.drugs, *state.next]
    return [one.source for one in cited]


class StandingOrders(YamlModel):
    """What is done at every acute visit, beside what the module says."""

    about: str
    sources: dict[str, Source]
    except_modules: tuple[Key, ...] = ()
    orders: State


class Dose(YamlModel):
    """A dose for whoever `when` describes."""

    when: When = When()
    dose: float
    """In the drug's unit; 0.5 Tablet."""


class Drug(YamlModel):
    """A product of the formulary and how it is given."""

    name: Words
    """As the content package's drugs.csv or concepts.csv has it (`Amoxicillin 250mg`)."""
    concept: Words
    """CIEL's number or the uuid of its concept there."""
    unit: Words
    """Tablet, Capsule, Milliliter, Milligram, Puff, Application, Sachet ... of order entry."""
    route: Words
    """Oral, Intramuscular, Intravenous, Inhalation, Topical, Vaginally, Rectally, Subcutaneous."""
    frequency: Words
    """A name of frequencies.csv: Once daily, Twice daily, Every six hours, One time, Weekly."""
    days: float
    """How long; 1 for a single dose."""
    doses: tuple[Dose, ...]
    """The first that holds; of whom none holds gets `otherwise`, or none."""
    otherwise: Key | None = None
    """The product for those of whom no dose here holds: a syrup for the small. Looked up once
    or more, until a dose holds; its own allergen and contraindications are the same substance's."""
    as_needed: bool = False
    contraindicated: tuple[When, ...] = ()
    """Who must not have it, beside the allergic."""
    allergen: Key | None = None
    """The allergy that rules it out, a key of allergies.csv (penicillins, sulfonamides ...)."""
    instructions: str = ""
    source: Words
    verified: Verified


class Formulary(YamlModel):
    """Drugs by key."""

    drugs: dict[Key, Drug]


class Test(YamlModel):
    """A test of the laboratory: its concept, and what its results may be."""

    __test__ = False

    name: Words
    concept: Words
    """CIEL's number."""
    unit: str = ""
    """In UCUM; empty for coded tests."""
    decimals: int = 0
    low: float | None = None
    high: float | None = None
    """Absolute limits that a server takes."""
    answers: dict[str, str] = Field(default_factory=dict)
    """Name of an answer (positive) -> its concept, `703 Positive`."""
    source: Words


class Laboratory(YamlModel):
    """Tests by key."""

    tests: dict[Key, Test]
