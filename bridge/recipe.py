"""Where the patients of a run come from: typed, saved with the run, enough to make them again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field

from bridge.age_limits import Span
from bridge.chart import Patient
from bridge.errors import RecipeChanged
from bridge.mapping.model import Mapping

if TYPE_CHECKING:
    from bridge.files.cohort import FilesCohort
    from bridge.files.options import FileOptions
    from bridge.scenarios.cohort import ScenarioCohort
    from bridge.synthesis.cohort import GeneratedCohort, Request


class Cohort(Protocol):
    """The patients of a recipe, made anew whenever they are asked for."""

    @property
    def count(self) -> int:
        """How many they are, numbered from 1."""

    @property
    def resampled(self) -> int:
        """How many patients made so far were drawn again for an impossible value."""

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, which ascend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedRecipe:
    """Patients that bridge makes; digest, generator and models tell whether it makes the same."""

    kind: Literal["generated"] = "generated"
    count: int
    seed: int
    as_of: date
    population: str
    """A name that comes with bridge, or the whole path of a file."""
    visits: tuple[int, int] | None
    illness: str
    limits: dict[str, tuple[int | float, int | float]]
    """The least and the greatest value of each measurement; the uuids tell 50 from 50.0."""
    population_digest: str
    generator: int
    models: tuple[str, ...]
    active: int = 0
    """How many are at the facility at the moment `now`, which stays the run's."""
    now: datetime | None = None
    ages: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    """Limits of measurements that depend on the patient's age and sex."""
    people: str | None = None
    """The whole path of a table of people, and what tells whether they are still the same."""
    people_digest: str | None = None
    chart: Literal["vitals", "full"] = "vitals"
    """What is made of a patient; runs of before there was a choice have vital signs alone."""
    care: str | None = None
    """What tells whether the care modules are still the same."""
    histories: str | None = None
    """`learnt`, or the whole path of an event model."""
    histories_digest: str | None = None
    stress: int = 0
    """How many of the last patients are rare and ugly on purpose."""

    @classmethod
    def of(cls, cohort: "GeneratedCohort") -> "GeneratedRecipe":
        """Describe a cohort that has been made."""
        from bridge.synthesis.people import people_digest

        request, inputs = cohort.request, cohort.inputs
        return cls(
            count=cohort.count,
            seed=request.seed,
            as_of=request.as_of,
            population=request.population,
            visits=request.visits,
            illness=request.illness,
            limits=dict(request.limits),
            population_digest=inputs["population_file"],
            generator=inputs["generator"],
            models=tuple(inputs["models"]),
            active=request.active,
            now=request.now,
            ages=dict(request.ages),
            people=request.people_file,
            people_digest=people_digest(request.people) if request.people else None,
            chart=request.chart,
            care=inputs.get("care"),
            histories=request.histories,
            histories_digest=inputs.get("histories"),
            stress=request.stress,
        )

    @property
    def options(self) -> dict[str, str]:
        """What a load is asked for, by the name of each option, to get the same again."""
        return {
            "seed": str(self.seed),
            "as_of": self.as_of.isoformat(),
            "population": self.population,
            **({"visits": f"{self.visits[0]}-{self.visits[1]}"} if self.visits else {}),
            "illness": self.illness,
            **({"active": str(self.active)} if self.active else {}),
            **({"people": self.people} if self.people else {}),
            "chart": self.chart,
            **({"histories": self.histories} if self.histories else {}),
            **({"stress": str(self.stress)} if self.stress else {}),
        }

    @property
    def request(self) -> "Request":
        """What the generator is asked for; raises InputError where people cannot be read."""
        from bridge.synthesis.cohort import Request
        from bridge.synthesis.people import load_people

        people = load_people(Path(self.people), as_of=self.as_of).people if self.people else ()
        return Request(
            seed=self.seed,
            as_of=self.as_of,
            population=self.population,
            visits=self.visits,
            limits=self.limits,
            illness=self.illness,
            active=self.active,
            now=self.now,
            ages=self.ages,
            people=people,
            people_file=self.people,
            chart=self.chart,
            histories=self.histories,
            stress=self.stress,
        )

    def cohort(self, mapping: Mapping) -> "GeneratedCohort":
        """Make the patients again; raise RecipeChanged where they would be others."""
        from bridge.synthesis.cohort import cohort_of
        from bridge.synthesis.people import people_digest
        from bridge.synthesis.population import load_population, population_digest

        if population_digest(load_population(self.population)) != self.population_digest:
            raise RecipeChanged(f"another population: {self.population} has changed since")
        request = self.request
        if self.people and people_digest(request.people) != self.people_digest:
            raise RecipeChanged(f"other people: {self.people} has changed since")
        made = cohort_of(request, self.count)
        _require_same(self, GeneratedRecipe.of(made))
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesRecipe:
    """Patients that files hold; `digest` tells whether they are still the same files."""

    kind: Literal["files"] = "files"
    path: str
    digest: str
    count: int
    keep_names: bool = False
    since: date | None = None
    years: int | None = None
    shift: bool = False
    as_of: date | None = None
    active: int = 0
    """How many are there at the moment `now`, which stays the run's."""
    now: datetime | None = None

    @classmethod
    def of(cls, cohort: "FilesCohort", options: "FileOptions") -> "FilesRecipe":
        """Describe files that have been read."""
        return cls(
            path=cohort.inputs["from"],
            digest=cohort.inputs["files"],
            count=cohort.count,
            keep_names=options.keep_names,
            since=options.since,
            years=options.years,
            shift=options.shift,
            as_of=options.as_of,
            active=options.active,
            now=options.here,
        )

    @property
    def options(self) -> dict[str, str]:
        """What a load is asked for, by the name of each option, to get the same again."""
        asked = {
            "from": self.path,
            "since": self.since,
            "years": self.years,
            "as_of": self.as_of,
            "keep_names": self.keep_names,
            "shift": self.shift,
            "active": self.active,
        }
        return {name: str(value) for name, value in asked.items() if value not in (None, False)}

    def cohort(self, mapping: Mapping) -> "FilesCohort":
        """Read the patients again; raise RecipeChanged where the files are others."""
        from bridge.files.cohort import FilesCohort
        from bridge.files.options import FileOptions

        options = FileOptions(
            keep_names=self.keep_names,
            since=self.since,
            years=self.years,
            shift=self.shift,
            as_of=self.as_of,
            count=self.count,
            active=self.active,
            here=self.now,
        )
        made = FilesCohort(Path(self.path), options)
        _require_same(self, FilesRecipe.of(made, options))
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRecipe:
    """Teaching cases for a class; the digests tell whether the files are still the same."""

    kind: Literal["scenario"] = "scenario"
    scenarios: tuple[str, ...]
    """Names that come with bridge, or whole paths of files."""
    digests: tuple[str, ...]
    learners: tuple[str, ...]
    """One for each: a name, or nothing."""
    learners_file: str | None = None
    """Where the names stood, as the user wrote them; nothing is read from there again."""
    until: str
    as_of: date
    """The day of the class."""
    now: datetime | None
    """Nothing was done after this moment of that day."""
    teller: int
    count: int

    @classmethod
    def of(cls, cohort: "ScenarioCohort") -> "ScenarioRecipe":
        """Describe a class's patients."""
        from bridge.scenarios.telling import TELLER

        request = cohort.request
        return cls(
            scenarios=cohort.names,
            digests=cohort.digests,
            learners=request.learners,
            learners_file=request.learners_file,
            until=request.until,
            as_of=request.as_of,
            now=request.now,
            teller=TELLER,
            count=cohort.count,
        )

    @property
    def options(self) -> dict[str, str]:
        """What a load is asked for, by the name of each option, to get the same again."""
        learners = str(len(self.learners))
        return {
            "scenario": ",".join(self.scenarios),
            **({"learners_file": self.learners_file} if self.learners_file else {}),
            **({} if self.learners_file else {"learners": learners}),
            "as_of": self.as_of.isoformat(),
            **({"until": self.until} if self.until else {}),
        }

    def cohort(self, mapping: Mapping) -> "ScenarioCohort":
        """Tell the cases again; raise RecipeChanged where they are others."""
        from bridge.scenarios.cohort import ClassRequest, ScenarioCohort

        request = ClassRequest(
            scenarios=self.scenarios,
            learners=self.learners,
            learners_file=self.learners_file,
            until=self.until,
            as_of=self.as_of,
            now=self.now,
        )
        made = ScenarioCohort(request)
        _require_same(self, ScenarioRecipe.of(made))
        return made


Recipe = GeneratedRecipe | FilesRecipe | ScenarioRecipe

SavedRecipe = Annotated[Recipe, Field(discriminator="kind")]


def _require_same(before: Recipe, now: object) -> None:
    differing = [
        f"{one.name} was {getattr(before, one.name)}, is {getattr(now, one.name)}"
        for one in fields(before)
        if getattr(before, one.name) != getattr(now, one.name)
    ]
    if differing:
        raise RecipeChanged(f"other inputs ({'; '.join(differing)})")
