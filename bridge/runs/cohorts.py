"""The patients that are asked for, or that a run was begun with."""

import random
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from bridge.age_limits import Span
from bridge.delivery.ledger import MappingIdentity, Run
from bridge.delivery.preflight import Limits
from bridge.errors import Hint, InputError, LedgerError, RecipeChanged, Remedy, option
from bridge.identity import fingerprint
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping
from bridge.recipe import Cohort
from bridge.runs.surroundings import Clock

if TYPE_CHECKING:
    from bridge.files.options import FileOptions
    from bridge.scenarios.cohort import ScenarioCohort
    from bridge.synthesis.cohort import GeneratedCohort, Request
    from bridge.synthesis.people import GivenPerson

DEFAULT_COUNT = 200

ChartKind = Literal["vitals", "full"]

EARLIEST_YEAR = 1900
"""An arbitrary bound, so that the oldest are born in a year that every server can write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRequest:
    """Which patients to make, or to read from `files`."""

    count: int | None = None
    """None: 200, or all that a file holds."""
    seed: int | None = None
    """None: one is drawn."""
    as_of: date | None = None
    """None: today, where the population lives."""
    population: str = "kenya"
    visits: tuple[int, int] | None = None
    """The fewest and the most of a patient; None: as many as their care takes, or 1 to 6."""
    histories: str | None = None
    """Charts by an event model, not by the care modules: `learnt`, or the file of one."""
    chart: ChartKind | None = None
    """Whole charts (None), or vital signs alone; those of a people file are vital signs."""
    illness: str | None = None
    stress: int = 0
    """How many of the last are rare and ugly on purpose, for testers; all, without `count`."""
    active: int = 0
    """How many have a visit that goes on when they are loaded."""
    now: datetime | None = None
    """The moment of those; None: what the clock says."""
    people: Path | None = None
    """A table of people whom patients are made of, in place of drawn ones."""
    files: Path | None = None
    keep_names: bool = False
    """Leave the digits in Synthea's names."""
    since: date | None = None
    years: int | None = None
    """Of files: only what is no older than so many years before the last day."""
    shift: bool = False
    """Move each patient's dates by whole weeks, so that the last lies before `as_of`."""
    codes: Path | None = None
    """A table of codes that goes before bridge's own."""
    scenarios: tuple[str, ...] = ()
    """Teaching cases, by name or file."""
    learners: int | None = None
    """How many get each of the cases; None: one, or all of a file."""
    learners_file: Path | None = None
    """Their names."""
    until: str = ""
    """Where the cases stop: `visit-3`, or `decision`."""

    @property
    def file_options(self) -> "FileOptions":
        """What is asked of files."""
        from bridge.files.options import FileOptions

        return FileOptions(
            keep_names=self.keep_names,
            since=self.since,
            years=self.years,
            shift=self.shift,
            as_of=self.as_of,
            count=self.count,
            active=self.active,
            here=self.now if self.active else None,
        )

    def with_seed(self, randomness: random.Random) -> "CohortRequest":
        """Return the same request with a seed."""
        return self if self.seed is not None else replace(self, seed=randomness.randrange(2**32))


def generated_cohort(
    request: CohortRequest,
    limits: Limits,
    clock: Clock,
    *,
    ages: Map[str, tuple[Span, ...]] | None = None,
    note: Callable[[str], object] = lambda text: None,
) -> "GeneratedCohort":
    """Return the patients that are asked for; those of a people file replace the drawn ones.

    `ages` are limits of measurements that depend on the patient's age and sex. `note` is told
    what was made of the people file.
    """
    from bridge.synthesis.cohort import USUAL_VISITS, Request, cohort_of
    from bridge.synthesis.people import load_people
    from bridge.synthesis.population import load_population

    if request.seed is None:
        raise InputError("a cohort needs a seed", hints=option("seed"))
    population = _population(request.population)
    zone = ZoneInfo(load_population(population).facility.time_zone)
    now = (request.now or clock()) if request.active else None
    as_of = _last_day(request, (now or clock()).astimezone(zone).date())
    if as_of.year < EARLIEST_YEAR:
        raise InputError(f"{as_of} is before {EARLIEST_YEAR}", hints=option("as_of"))
    people: tuple[GivenPerson, ...] = ()
    if request.people:
        people, notes = load_people(request.people, as_of=as_of)
        for text in notes:
            note(f"{request.people}: {text}")
    if request.count and people and request.count > len(people):
        raise InputError(f"has {len(people)} people, not {request.count}", place=request.people)
    chart = request.chart or ("vitals" if people else "full")
    if people and chart == "full":
        raise InputError("people of a file get vital signs", hints=option("chart"))
    asked = Request(
        seed=request.seed,
        as_of=as_of,
        population=population,
        visits=request.visits or (USUAL_VISITS if chart == "vitals" else None),
        limits=limits,
        ages=ages or {},
        chart=chart,
        histories=_histories(request, chart),
        illness=request.illness or ("none" if people else "mixed"),
        people=people,
        people_file=str(request.people.absolute()) if request.people else None,
        active=request.active,
        now=now,
        stress=request.stress,
    )
    count = request.count or len(people) or request.stress or DEFAULT_COUNT
    if request.stress:
        _refuse_stress(asked, count)
        for text in _kinds_of(asked.stress, count):
            note(text)
    if request.active > count:
        raise InputError(f"{request.active} of {count} patients", hints=option("active"))
    return cohort_of(asked, count)


def _refuse_stress(asked: "Request", count: int) -> None:
    """Refuse patients for testers who are more than there are, or no whole charts of modules."""
    if asked.chart != "full" or asked.histories:
        raise InputError("they are whole charts of the care modules", hints=option("stress"))
    if asked.stress > count:
        raise InputError(f"{asked.stress} of {count} patients", hints=option("stress"))


def _kinds_of(stress: int, count: int) -> Iterator[str]:
    """Say which patient is which kind of rare."""
    from bridge.synthesis.stress import STRESSES, kind_of

    for place in range(min(stress, len(STRESSES))):
        kind = kind_of(place)
        what = (STRESSES[kind].__doc__ or "").strip()
        yield f"patient {count - stress + place + 1} is for testers ({kind}): {what}"
    if stress > len(STRESSES):
        yield "the patients after them are of the same kinds, in the same order"


def scenario_cohort(request: CohortRequest, clock: Callable[[], datetime]) -> "ScenarioCohort":
    """Return the patients of a class; without a day it is today, where the first case is."""
    from bridge.scenarios.catalogue import load_case
    from bridge.scenarios.cohort import ClassRequest, ScenarioCohort, zone_of
    from bridge.scenarios.learners import load_learners

    named = request.learners_file
    now = request.now or clock()
    today = now.astimezone(zone_of(load_case(request.scenarios[0]))).date()
    return ScenarioCohort(
        ClassRequest(
            scenarios=request.scenarios,
            learners=load_learners(named) if named else ("",) * (request.learners or 1),
            learners_file=str(named.absolute()) if named else None,
            until=request.until,
            as_of=request.as_of or today,
            now=now if request.as_of in (None, today) else None,
        )
    )


def _histories(request: CohortRequest, chart: ChartKind) -> str | None:
    """Return the name of the event model that is asked for, or its file's whole path."""
    if request.histories is None:
        return None
    if chart == "vitals" or request.active or request.visits:
        raise InputError(
            "an event model makes whole charts, of as many visits as it says, none of them now",
            hints=option("histories"),
        )
    is_file = request.histories.endswith(".npz")
    return str(Path(request.histories).absolute()) if is_file else request.histories


def _last_day(request: CohortRequest, today: date) -> date:
    """Return the day that ages are counted to; a visit that goes on is of today."""
    if request.active and request.as_of and request.as_of != today:
        raise InputError(
            f"a visit that goes on is of today, {today}, not of {request.as_of}",
            hints=option("active"),
        )
    return request.as_of or today


def _population(asked: str) -> str:
    """Return a name that comes with bridge, or the whole path of a file, to be found again by."""
    from bridge.synthesis.population import population_names, population_path

    return asked if asked in population_names() else str(population_path(asked).absolute())


def cohort_of(run: Run) -> tuple[Cohort, Mapping]:
    """Return the cohort and the mapping that a run was begun with; raise LedgerError if it cannot.

    They are made anew, and held against what the record says of them.
    """
    try:
        mapping = _mapping_of(run.mapping)
        return run.recipe.cohort(mapping), mapping
    except RecipeChanged as changed:
        hints = (Hint(Remedy.PUT_BACK, run.name),)
        raise LedgerError(f"run {run.name} was begun with {changed.what}", hints=hints) from changed


def _mapping_of(identity: MappingIdentity) -> Mapping:
    path = Path(identity.path) if identity.path else None
    mapping = load_mapping(path)
    if identity_of(path, mapping) != identity:
        where = path or "bridge's own mapping"
        raise RecipeChanged(f"another mapping: {where} has changed since")
    return mapping


def identity_of(path: Path | None, mapping: Mapping) -> MappingIdentity:
    """Return what a run's record keeps of its mapping."""
    digest = fingerprint(mapping.model_dump(mode="json"))[:12]
    return MappingIdentity(path=str(path.absolute()) if path else None, digest=digest)
