"""A run that was interrupted, gone on with."""

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from bridge.delivery.ledger import UNFINISHED, Ledger, Phase, Run, State, Summary
from bridge.delivery.run import require_target
from bridge.errors import Hint, InputError, Remedy, Unfit
from bridge.openmrs.client import Client
from bridge.runs.cohorts import cohort_of
from bridge.runs.loading import LoadResult, send
from bridge.runs.preparing import Prepared
from bridge.runs.records import choose_record
from bridge.runs.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequest:
    """Which run to go on with: the newest unfinished one where none is named."""

    run: str | None = None
    user: str | None = None
    """Who signs in; None: who began it."""
    workers: int | None = None


def resume(request: ResumeRequest, around: Surroundings) -> LoadResult:
    """Go on with a run until it is whole."""
    path = choose_record(around.records, request.run, _is_unfinished, kind="is unfinished")
    with Ledger.open(path) as ledger:
        run = ledger.run
        _refuse_what_is_undone(ledger)
        cohort, mapping = cohort_of(run)
        with around.open_server(run.server, request.user or run.user) as connection:
            around.listener.doing("checking the server")
            with closing(connection.connect()) as client:
                require_target(client, run)
                _require_clock(client, run)
            around.listener.begun(run, ledger.progress.phase)
            prepared = Prepared(ledger, cohort, mapping, connection)
            return send(prepared, request.workers, around)


def _is_unfinished(seen: Summary) -> bool:
    return seen.progress.phase in UNFINISHED


def _refuse_what_is_undone(ledger: Ledger) -> None:
    name = ledger.run.name
    if ledger.progress.phase not in (*UNFINISHED, Phase.COMPLETE):
        raise InputError(f"run {name} is {ledger.progress.phase}", hints=(Hint(Remedy.LOAD),))
    if gone := sum(ledger.counts()[state] for state in (State.UNDONE, State.PURGED)):
        raise InputError(
            f"{gone} patients of run {name} are taken off already",
            hints=(Hint(Remedy.UNDO, name),),
        )


def _require_clock(client: Client, run: Run) -> None:
    """Raise Unfit where the newest visits, of the day before the run's, are in the future."""
    as_of, now = run.recipe.as_of, client.time()
    if as_of and now and now.date() < as_of - timedelta(days=1):
        raise Unfit(
            f"the clock of {run.server} says {now:%Y-%m-%d}, and run {run.name} has visits until "
            f"{as_of}: set the clock right, for it refuses encounters in its future"
        )
