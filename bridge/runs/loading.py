"""A load: what it would send, and the sending of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from bridge.delivery.concurrency import START_WORKERS, ConcurrencyLimit
from bridge.delivery.ledger import Phase, State, Summary, read_summary
from bridge.delivery.plan import plan_patient
from bridge.delivery.requests import Context
from bridge.delivery.run import ClientPool, carry_on, delivery_of, plan_run
from bridge.errors import Hint, InputError, Interrupted, Remedy, ServerError
from bridge.recipe import Cohort, GeneratedRecipe, Recipe
from bridge.runs.clinics import PREVIEWED, CountedCohort, clinic_of, is_clinic
from bridge.runs.preparing import (
    LoadRequest,
    Prepared,
    cohort_on_server,
    estimated_context,
    prepare,
    wanted_mapping,
)
from bridge.runs.surroundings import Surroundings
from bridge.wording import how_many


class Estimate(NamedTuple):
    """What a load would send."""

    server: str
    seed: int | None
    patients: int
    visits: int
    observations: int
    requests: int
    left_out: dict[str, int]
    """By reason, what of the charts has no place on the server."""


class LoadResult(NamedTuple):
    """What came of a load."""

    summary: Summary
    resampled: int
    """How many patients were drawn again for an impossible value."""

    @property
    def run(self) -> str:
        """The name of the run."""
        return self.summary.run.name

    @property
    def created(self) -> int:
        """How many patients were made."""
        return self.summary.counts[State.CREATED]

    @property
    def already_there(self) -> int:
        """How many patients another run had made before."""
        return self.summary.counts[State.ALREADY_THERE]

    @property
    def rejected(self) -> int:
        """How many patients the server refuses; `summary.reasons` says why."""
        return self.summary.counts[State.REJECTED]


def load(request: LoadRequest, around: Surroundings) -> LoadResult:
    """Bring patients onto a server: check, record, send."""
    with (
        around.open_server(request.server, request.user) as connection,
        prepare(request, connection, around) as prepared,
    ):
        preview(prepared.ledger.run.recipe, prepared.cohort, around)
        return send(prepared, request.workers, around)


def preview(recipe: Recipe, cohort: Cohort, around: Surroundings) -> None:
    """Show what a load will make, by its first patients; nothing of vital signs alone."""
    around.listener.doing("looking at whom it will be")
    clinic = clinic_of(recipe, cohort, PREVIEWED)
    if clinic:
        many = how_many(clinic.patients, "patient")
        which = f"{many}" if clinic.patients == cohort.count else f"Of them the first {many}"
        around.listener.clinic(clinic, f"{which} with {how_many(clinic.visits, 'visit')}:")


def estimate(request: LoadRequest, around: Surroundings) -> Estimate:
    """Count what a load would send, without sending it."""
    mapping = wanted_mapping(request, around.listener)
    with around.open_server(request.server, request.user) as connection:
        with closing(connection.connect()) as client:
            found = cohort_on_server(client, request, mapping, connection, around)
            context = estimated_context(client, found, request, mapping, around)
        preview(found.recipe, found.cohort, around)
        around.listener.doing("counting what would be sent")
        counts = _count(found.cohort, context)
        return Estimate(
            server=connection.name,
            seed=found.recipe.seed if isinstance(found.recipe, GeneratedRecipe) else None,
            patients=found.cohort.count,
            visits=counts["visits"],
            observations=counts["observations"],
            requests=counts["requests"],
            left_out={k.removeprefix(LEFT): n for k, n in counts.items() if k.startswith(LEFT)},
        )


LEFT = "left out: "


def _count(cohort: Cohort, context: Context) -> Counter[str]:
    """Count what the plans of all patients would send."""
    counts: Counter[str] = Counter()
    for patient in cohort.patients(range(1, cohort.count + 1)):
        plan = plan_patient(patient, context)
        counts["visits"] += len(plan.visits)
        counts["observations"] += sum(visit.observations for visit in plan.visits)
        counts["requests"] += 1 + sum(len(visit.encounters) or 1 for visit in plan.visits)
        counts["requests"] += sum(1 for _ in plan.following())
        counts.update(f"{LEFT}{one.reason}" for one in plan.left_out)
    return counts


def send(prepared: Prepared, workers: int | None, around: Surroundings) -> LoadResult:
    """Make what a run still lacks; what ends it early says how to go on with it."""
    run = prepared.ledger.run
    counted = None
    if isinstance(run.recipe, GeneratedRecipe) and is_clinic(run.recipe):
        from bridge.clinic.tally import Clinic

        counted = CountedCohort(prepared.cohort, Clinic(day=run.recipe.as_of))
        prepared = prepared._replace(cohort=counted)
    with _resumable(run.name), around.stop.heeded():
        send_patients(prepared, workers, around)
    result = LoadResult(read_summary(prepared.ledger.path), prepared.cohort.resampled)
    if counted:
        sent = how_many(counted.clinic.patients, "patient")
        words = f"What was sent: {sent} with {how_many(counted.clinic.visits, 'visit')}"
        around.listener.clinic(counted.clinic, words)
    return result


def send_patients(prepared: Prepared, workers: int | None, around: Surroundings) -> None:
    """Send every patient that is not yet settled."""
    ledger, cohort, connection = prepared.ledger, prepared.cohort, prepared.connection
    if ledger.progress.phase is Phase.PLANNING:
        around.listener.doing("reserving identifiers")
        with closing(connection.connect()) as client:
            plan_run(ledger, cohort, client)
    # On a long line several connections have asked what the server has: they can go on.
    concurrency = ConcurrencyLimit(workers, start=max(START_WORKERS, len(connection.idle)))
    pool = ClientPool(connection.connect, concurrency, around.stop)
    counts = ledger.counts()
    waiting = counts[State.PLANNED] + counts[State.SENT]
    delivery = delivery_of(ledger.run, prepared.mapping)
    with around.listener.progress("patients", waiting) as meter:
        meter.at_once(concurrency.limit)
        for row in carry_on(ledger, cohort, delivery, pool):
            meter.advance(observations=row.observations)
            meter.at_once(concurrency.limit)


@contextmanager
def _resumable(run: str) -> Iterator[None]:
    """Say, with whatever ends a run early, that it can be gone on with."""
    hint = Hint(Remedy.RESUME, run)
    try:
        yield
    except (Interrupted, ServerError, InputError) as error:
        error.advise(hint)
        raise
    except KeyboardInterrupt:
        raise Interrupted("stopped at once", hints=(hint,)) from None
