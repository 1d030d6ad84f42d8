"""A run's patients taken off their server again: by its record, or by their mark."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from bridge.delivery.concurrency import ConcurrencyLimit
from bridge.delivery.ledger import UNFINISHED, Ledger, Phase, Run, Summary
from bridge.delivery.removal import LEFT_BEHIND
from bridge.delivery.run import ClientPool
from bridge.delivery.server_state import RUN_TAG, read_tags
from bridge.delivery.undo import (
    Removal,
    Undone,
    find_marked,
    states_to_undo,
    undo_marked,
    undo_run,
)
from bridge.errors import BridgeError, Hint, InputError, Interrupted, Remedy, ServerError, Unfit
from bridge.recipe import Cohort
from bridge.runs.cohorts import cohort_of
from bridge.runs.listener import Listener
from bridge.runs.records import choose_record
from bridge.runs.surroundings import SANDBOX, Connection, Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    """Which run to take off: the newest that is left to undo where none is named."""

    run: str | None = None
    server: str | None = None
    """Only a run on this server; None: wherever the run is."""
    user: str | None = None
    purge: bool = False
    """Delete for good, instead of voiding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoMarkedRequest:
    """Which patients to take off by the mark of their run, without its record."""

    run: str
    server: str = SANDBOX
    user: str | None = None
    purge: bool = False


class UndoResult(NamedTuple):
    """What came of taking a run off."""

    run: str
    server: str
    undone: int
    left: int
    """How many of the run's patients can still be found."""
    refused: tuple[Undone, ...]
    voided_only: Mapping[str, int] = {}
    """How many were to be deleted for good and are voided only, by what keeps them."""

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing of the run is left."""
        return not (self.refused or self.left or self.voided_only)


class _Removing(NamedTuple):
    """Patients that are being taken off."""

    run: str
    undone: Iterator[Undone]
    total: int
    again: Hint
    """How to go on with it when it ends early."""


def undo(request: UndoRequest, around: Surroundings) -> UndoResult:
    """Take what a run made off the server again, nothing else."""
    phases = [*UNFINISHED, Phase.COMPLETE, *([Phase.UNDONE] if request.purge else [])]

    def is_left(seen: Summary) -> bool:
        return seen.progress.phase in phases

    where = request.server
    path = choose_record(around.records, request.run, is_left, kind="is left to undo", server=where)
    with Ledger.open(path) as ledger:
        run = ledger.run
        if where and run.server != where:
            raise InputError(f"run {run.name} is on {run.server}, not on {where}")
        cohort = _cohort(ledger, around.listener) if request.purge else None
        with around.open_server(run.server, request.user or run.user) as connection:
            around.listener.begun(run, ledger.progress.phase)
            removal = _removal(run, purge=request.purge)
            pool = ClientPool(connection.connect, ConcurrencyLimit(), around.stop)
            counts = ledger.counts()
            removing = _Removing(
                run.name,
                undo_run(ledger, removal, pool, cohort),
                sum(counts[state] for state in states_to_undo(purge=request.purge)),
                Hint(Remedy.UNDO, run.name),
            )
            return _take_off(removing, connection, around)


def undo_by_mark(request: UndoMarkedRequest, around: Surroundings) -> UndoResult:
    """Take off the patients that carry the mark of a run, found on the server alone."""
    with around.open_server(request.server, request.user) as connection:
        with closing(connection.connect()) as client:
            mark = read_tags(client).get(RUN_TAG)
            if mark is None:
                raise Unfit(
                    f"{connection.label} has no patients of bridge: the mark {RUN_TAG!r} is not "
                    "there"
                )
            total = len(find_marked(request.run, client))
        if not total:
            around.listener.note(
                f"no patient that can be found on {connection.label} carries the mark of run "
                f"{request.run}"
            )
        pool = ClientPool(connection.connect, ConcurrencyLimit(), around.stop)
        removal = Removal(run=request.run, run_tag=mark.uuid, purge=request.purge)
        undone = undo_marked(request.run, removal, pool)
        again = Hint(Remedy.UNDO_MARKED, request.run)
        return _take_off(_Removing(request.run, undone, total, again), connection, around)


def _removal(run: Run, *, purge: bool) -> Removal:
    # Without codes nothing was made that a void of the patient would leave behind.
    kinds = LEFT_BEHIND if run.terms else frozenset()
    return Removal(run=run.name, run_tag=run.target.run_tag, purge=purge, kinds=kinds)


def _cohort(ledger: Ledger, listener: Listener) -> Cohort | None:
    """Return what a run sent; without it only what the server still lists can be purged."""
    try:
        cohort, _ = cohort_of(ledger.run)
    except BridgeError as error:
        listener.note(f"{error}. What was voided before cannot be purged")
        return None
    return cohort


def _take_off(removing: _Removing, connection: Connection, around: Surroundings) -> UndoResult:
    taken = 0
    refused: list[Undone] = []
    voided_only: Counter[str] = Counter()
    progress = around.listener.progress("patients taken off", removing.total, "taking off")
    try:
        with around.stop.heeded(), progress as meter:
            for patient in removing.undone:
                meter.advance()
                taken += patient.was_ours and not patient.refused
                refused += [patient] if patient.refused else []
                voided_only.update([", ".join(patient.kept_by)] if patient.kept_by else [])
    except (Interrupted, ServerError) as error:
        error.advise(removing.again)
        raise
    around.listener.doing("looking whether any is left")
    with closing(connection.connect()) as client:
        left = len(find_marked(removing.run, client))
    kept = dict(voided_only)
    return UndoResult(removing.run, connection.name, taken, left, tuple(refused), kept)
