"""What a teaching case says: people, their visits, and what the class is to learn.

Days are counted from the day of the class, which is 0; what was before is negative. A visit's
complaint, history, finding, vitals and results are what is known when the learner decides; its
diagnoses, drugs, vaccines, plan and what else follows are the decision.
"""

import datetime
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bridge.chart import Sex, VisitKind
from bridge.scenarios.wording import AgeText, ConceptText, Line, ProblemText, Words
from bridge.yaml_files import YamlModel

CHOICE = "choice"
"""What a figure's source is where nobody has published it."""

DAYS_BACK = 3660


class Source(YamlModel):
    """A guideline or study: what it is, where it was read, and whether it was."""

    title: Line
    where: Line
    """The page, section or address; or that it is recalled."""
    verified: Literal["yes", "partly", "recalled"]


class Vitals(YamlModel):
    """Vital signs that were taken, each under the name that carries its unit."""

    height_cm: float | None = None
    weight_kg: float | None = None
    muac_cm: float | None = None
    head_circ_cm: float | None = None
    sbp_mmhg: float | None = None
    dbp_mmhg: float | None = None
    pulse_bpm: float | None = None
    temperature_c: float | None = None
    resp_rate_bpm: float | None = None
    spo2_pct: float | None = None

    @property
    def taken(self) -> dict[str, float]:
        """Those that were taken."""
        return self.model_dump(exclude_none=True)


class TestResult(YamlModel):
    """A test with its result: a number with its unit, one of the test's answers, or words."""

    __test__ = False  # no test of pytest's

    test: ConceptText
    value: float | None = None
    unit: str = ""
    answer: ConceptText | None = None
    text: Words | None = None
    ordered: bool = True
    """Whether the laboratory had an order for it; no: it was done at the bedside."""

    @model_validator(mode="after")
    def _one_result(self) -> Self:
        if sum(said is not None for said in (self.value, self.answer, self.text)) != 1:
            raise ValueError("a test has one of value, answer and text")
        return self


class FoundDiagnosis(YamlModel):
    """What a visit found; the first of a visit is the primary one."""

    diagnosis: ProblemText
    certainty: Literal["confirmed", "presumed"] = "confirmed"


class Prescription(YamlModel):
    """A drug with how it is taken, what for, and who says so.

    Either dose, unit, route and frequency, or instructions alone.
    """

    drug: Line
    """Its name in the formulary, or in words where no formulary has it."""
    dose: Annotated[float, Field(gt=0)] | None = None
    unit: str = ""
    route: str = ""
    frequency: str = ""
    days: Annotated[int, Field(ge=1, le=3660)] | None = None
    indication: ProblemText
    instructions: str = ""
    as_needed: bool = False
    source: str
    """A name under `sources`, or `choice`."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        parts = {"dose": self.dose, "unit": self.unit}
        parts |= {"route": self.route, "frequency": self.frequency}
        missing = [name for name, said in parts.items() if not said]
        if missing and len(missing) < len(parts):
            raise ValueError(f"{self.drug}: a dose goes with {', '.join(missing)} too")
        if missing and not self.instructions:
            raise ValueError(f"{self.drug}: says neither a dose nor instructions")
        return self


class GivenVaccine(YamlModel):
    """A vaccine, and which dose of its series it is."""

    vaccine: ConceptText
    dose: Annotated[int, Field(ge=1, le=99)] | None = None


class EarlierVaccines(YamlModel):
    """Vaccines of one day before the story begins."""

    age: AgeText
    vaccines: Annotated[tuple[GivenVaccine, ...], Field(min_length=1)]


class KnownAllergy(YamlModel):
    """An allergy with what happens."""

    allergen: ConceptText
    kind: Literal["drug", "food", "environment", "other"] = "drug"
    reactions: tuple[ConceptText, ...] = ()
    severity: Literal["mild", "moderate", "severe"] | None = None
    comment: str = ""


class EarlierCondition(YamlModel):
    """A problem that is known before the story begins."""

    condition: ProblemText
    since_days: Annotated[int, Field(ge=0, le=36600)] | None = None
    """How many days before the first visit; None: nobody knows."""


class Background(YamlModel):
    """What is known of somebody before the first visit."""

    conditions: tuple[EarlierCondition, ...] = ()
    allergies: tuple[KnownAllergy, ...] = ()
    no_known_allergies: bool = False
    vaccines: tuple[EarlierVaccines, ...] = ()

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.allergies and self.no_known_allergies:
            raise ValueError("no_known_allergies: allergies are listed beside it")
        return self


class ProgramStep(YamlModel):
    """What a visit does in a program: enrolls, moves on to a state, or completes."""

    program: Line
    state: Line | None = None
    completed: bool = False


class Booked(YamlModel):
    """The next appointment; `kept` says what became of one whose day has passed."""

    service: Line
    in_days: Annotated[int, Field(ge=1, le=400)]
    at: datetime.time = datetime.time(9)
    minutes: Annotated[int, Field(ge=5, le=240)] = 20
    comment: str = ""
    kept: bool = True


class Again(YamlModel):
    """Vital signs taken again in the same visit, after something was done."""

    after_minutes: Annotated[int, Field(ge=10, le=1200)]
    vitals: Vitals
    finding: str = ""


class StoryVisit(YamlModel):
    """One visit: what is known, and below it what is decided."""

    day: Annotated[int, Field(ge=-DAYS_BACK, le=0)]
    at: datetime.time = datetime.time(9, 30)
    kind: VisitKind = "facility"
    hours: Annotated[float, Field(gt=0, le=240)] | None = None
    """How long it is; None: until what was done is done."""

    complaint: Words
    history: str = ""
    finding: str = ""
    vitals: Vitals = Vitals()
    results: tuple[TestResult, ...] = ()

    allergies: tuple[KnownAllergy, ...] = ()
    diagnoses: tuple[FoundDiagnosis, ...] = ()
    conditions: tuple[ProblemText, ...] = ()
    resolved: tuple[ProblemText, ...] = ()
    """Conditions that are over."""
    drugs: tuple[Prescription, ...] = ()
    vaccines: tuple[GivenVaccine, ...] = ()
    programs: tuple[ProgramStep, ...] = ()
    appointment: Booked | None = None
    plan: str = ""
    again: tuple[Again, ...] = ()
    teaches: str = ""
    """What this visit is about, for the teacher."""


class Person(YamlModel):
    """Somebody of the case with visits of their own."""

    role: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")] = "patient"
    sex: Sex
    age: AgeText
    """On the day of the first visit."""
    relation: Literal["parent", "child", "sibling"] | None = None
    """What this one is to the patient."""
    background: Background = Background()
    visits: Annotated[tuple[StoryVisit, ...], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for number, (one, other) in enumerate(pairwise(self.visits), start=2):
            if (one.day, one.at) >= (other.day, other.at):
                raise ValueError(f"visits: the {number}. is not after the one before it")
        return self


class Question(YamlModel):
    """What the learner is asked, and the answer for the teacher."""

    ask: Line
    answer: Words


class Figure(YamlModel):
    """A threshold or a dose that the case turns on, with its source."""

    figure: Line
    source: str
    """A name under `sources`, or `choice`."""


class Scenario(YamlModel):
    """A teaching case, as its file describes it."""

    title: Line
    """For the teacher: it may name the diagnosis."""
    mark: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
    """What the learner knows the case by: it gives nothing away."""
    country: Line
    """A population, whose names, places and hours are taken."""
    setting: Line
    story: Words
    """Who comes and why, for the learner."""
    patient: Person
    others: tuple[Person, ...] = ()
    decision: str = ""
    """The visit at which the class decides, such as visit-2; the last one where none is named."""
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=8)]
    learning_points: Annotated[tuple[Line, ...], Field(min_length=1, max_length=8)]
    figures: tuple[Figure, ...] = ()
    sources: Annotated[dict[str, Source], Field(min_length=1)]

    @property
    def people(self) -> list[Person]:
        """The patient, then the others."""
        return [self.patient, *self.others]

    @property
    def decides_at(self) -> int:
        """The number, from 1, of the patient's visit at which the class decides."""
        return visit_number(self.decision) if self.decision else len(self.patient.visits)

    def place_of(self, until: str) -> int:
        """Return the number of the visit that `until` names; raise ValueError where none is."""
        number = self.decides_at if until == "decision" else visit_number(until)
        if number > (count := len(self.patient.visits)):
            raise ValueError(f"there is no visit-{number}: the patient has {count}")
        return number

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        roles = [person.role for person in self.people]
        if twice := next((role for role in roles if roles.count(role) > 1), None):
            raise ValueError(f"others: the role {twice!r} stands twice")
        if self.patient.relation:
            raise ValueError("patient: relation: others are related to the patient")
        if self.decision:
            self.place_of(self.decision)
        for where, source in self._cited():
            if source != CHOICE and source not in self.sources:
                raise ValueError(f"{where}: there is no source {source!r}; say {CHOICE} if so")
        return self

    def _cited(self) -> Iterator[tuple[str, str]]:
        for figure in self.figures:
            yield f"figures: {figure.figure}", figure.source
        for person in self.people:
            for visit in person.visits:
                for drug in visit.drugs:
                    yield f"{person.role}: {drug.drug}", drug.source


def visit_number(name: str) -> int:
    """Return N of `visit-N`; raise ValueError for anything else."""
    found = re.fullmatch(r"visit-([1-9]\d?)", name)
    if not found:
        raise ValueError(f"{name!r} is no visit; they are visit-1, visit-2 and so on, or decision")
    return int(found[1])
