"""Takes a run off the server again: what it made, and nothing else."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import tee
from typing import NamedTuple

from bridge.chart import Patient
from bridge.delivery.generations import reissue_patient
from bridge.delivery.ledger import Ledger, Phase, Row, State
from bridge.delivery.ownership import Ownership, ownership_of
from bridge.delivery.purging import UNDELETABLE, kept_by, parts_of, purge_parts, purge_patient
from bridge.delivery.removal import LEFT_BEHIND, MANY_OBSERVATIONS, void, void_patient
from bridge.delivery.run import ClientPool
from bridge.delivery.workers import carry_out
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.recipe import Cohort

_REASON = "bridge undo"


class Undone(NamedTuple):
    """What became of one patient; `refused` has the server's reason when it stays."""

    uuid: str
    refused: str = ""
    was_ours: bool = True
    """Whether this run had made the patient: another's stays, without the visits added to it."""
    visits_stay: bool | None = None
    """Whether a void of this patient left its visits; None: it was not looked at."""
    kept_by: tuple[str, ...] = ()
    """The kinds for whose sake the patient was voided only, where it was to be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """How to take the patients of one run off."""

    run: str
    run_tag: str
    purge: bool
    kinds: frozenset[str] = LEFT_BEHIND
    """Of the kinds that a void leaves behind, those that the run may have made."""

    def take_off_row(
        self, client: Client, row: Row, patient: Patient | None, *, look: bool = True
    ) -> Undone:
        """Take off what this run made of one patient; `patient` is what it sent, if known.

        The server is asked whose the patient is: the ledger cannot know what happened since.
        `look` whether a void takes the visits along.
        """
        found = ownership_of(client, row.uuid, self.run_tag)
        if found is None and row.state in (State.CREATED, State.UNDONE):
            return Undone(row.uuid)  # purged before the record could say so
        if not self._is_ours(found, row):
            return Undone(row.uuid, self._take_visits(client, row, patient), was_ours=False)
        # Of a patient that was under way when the run was killed the record has no counts.
        kinds = row.counts if row.state is State.CREATED else self.kinds
        if not self.purge:
            return _void(client, row.uuid, kinds, row.observations or MANY_OBSERVATIONS, look=look)
        known = row.state in (State.CREATED, State.UNDONE)
        kept = [kind.name for kind in UNDELETABLE if row.counts.get(kind.name)]
        if not known and self.kinds:
            kept = kept_by(client, row.uuid)
        return self._purge(client, row, patient, kept)

    def take_off_marked(self, client: Client, uuid: str, *, look: bool = True) -> Undone | None:
        """Take off a patient that a search found, if it carries the run's mark."""
        found = ownership_of(client, uuid, self.run_tag)
        ours = found is not None and found.run == self.run
        if not ours:
            return None
        if not self.purge:
            return _void(client, uuid, self.kinds, MANY_OBSERVATIONS, look=look)
        return self._purge(client, Row(0, uuid), None, kept_by(client, uuid) if self.kinds else ())

    def _purge(
        self, client: Client, row: Row, patient: Patient | None, kept: Collection[str]
    ) -> Undone:
        """Delete a patient for good; whom OpenMRS will not let go is voided whole instead."""
        if not kept:
            return Undone(row.uuid, purge_patient(client, row.uuid, patient))
        observations = row.observations or MANY_OBSERVATIONS
        undone = _void(client, row.uuid, self.kinds, observations, look=True)
        return undone if undone.refused else undone._replace(kept_by=tuple(kept))

    def _is_ours(self, found: Ownership | None, row: Row) -> bool:
        if found is not None and found.voided:  # OpenMRS shows no marks of a voided patient
            return row.state in (State.CREATED, State.UNDONE)
        return found is not None and found.run == self.run

    def _take_visits(self, client: Client, row: Row, patient: Patient | None) -> str:
        """Take off the visits that this run added to another's patient."""
        if self.purge and patient:
            added = [visit for visit in patient.visits if visit.uuid in row.added]
            return purge_parts(client, parts_of(added))
        refused = [void(client, "visit", visit, _REASON) for visit in row.added]
        return next(filter(None, refused), "")


def _void(
    client: Client, uuid: str, kinds: Collection[str], observations: int, *, look: bool
) -> Undone:
    """Void a patient; where that leaves its visits, void them too."""
    visits = _visits(client, uuid) if look else []
    refused = void_patient(client, uuid, _REASON, kinds, observations)
    staying = [visit for visit in visits if _stands(client, visit)]
    for visit in staying:
        refused = refused or void(client, "visit", visit, _REASON)
    return Undone(uuid, refused, visits_stay=bool(staying) if visits else None)


def states_to_undo(*, purge: bool) -> tuple[State, ...]:
    """Return the states of the patients that are to be taken off; purging takes voided ones too."""
    states = (State.CREATED, State.SENT, State.ALREADY_THERE)
    return (*states, State.UNDONE) if purge else states


_Task = tuple[Row, Patient | None, bool]


def undo_run(
    ledger: Ledger, removal: Removal, pool: ClientPool, cohort: Cohort | None
) -> Iterator[Undone]:
    """Take off every patient of a run that is still there; yield each as it goes.

    What the ledger does not name is found by its mark: a kill may have come between a patient and
    the row that tells of it. A voided patient's encounters and observations are found by uuid
    only: to purge them the cohort is needed, as it was sent.
    """
    look = True  # until a patient has shown that a void takes the visits along

    def work(client: Client, task: _Task) -> tuple[_Task, Undone]:
        row, patient, look = task
        undone = removal.take_off_row(client, row, patient, look=look)
        pool.done()
        return task, undone

    def settle(row: Row, undone: Undone) -> Undone:
        if undone.refused:
            refused.add(row.uuid)
        else:
            gone = State.UNDONE if undone.kept_by or not removal.purge else State.PURGED
            ledger.write([row._replace(state=gone if undone.was_ours else State.SPARED)])
        return undone

    states = states_to_undo(purge=removal.purge)
    refused: set[str] = set()
    rows = _with_patients(ledger.rows(*states), cohort)
    tasks = ((row, patient, look) for row, patient in rows)
    related: list[_Task] = []
    for task, undone in carry_out(tasks, work, pool.connect, pool.concurrency, pool.stop):
        look = look and undone.visits_stay is not False
        if removal.purge and undone.refused:
            related.append(task)  # one to whom a voided relationship leads goes after the other
        else:
            yield settle(task[0], undone)
    if related:
        for task, undone in carry_out(related, work, pool.connect, pool.concurrency, pool.stop):
            yield settle(task[0], undone)
    for undone in undo_marked(ledger.run.name, removal, pool, tried=refused):
        if undone.refused:
            refused.add(undone.uuid)
        yield undone
    if not refused:
        _conclude(ledger, removal)


def _conclude(ledger: Ledger, removal: Removal) -> None:
    """Note that a run is undone, once nobody of it is left; who was never begun is spared."""
    left = ledger.counts()
    if not any(left[state] for state in states_to_undo(purge=False)):
        ledger.write(row._replace(state=State.SPARED) for row in ledger.rows(State.PLANNED))
        phase = Phase.PURGED if removal.purge and not left[State.UNDONE] else Phase.UNDONE
        ledger.note(ledger.progress._replace(phase=phase))


def _with_patients(
    rows: Iterator[Row], cohort: Cohort | None
) -> Iterator[tuple[Row, Patient | None]]:
    if cohort is None:
        yield from ((row, None) for row in rows)
        return
    rows, again = tee(rows)
    patients = cohort.patients(row.number for row in again)
    for row, patient in zip(rows, patients, strict=True):
        yield row, reissue_patient(patient, row.generation)


@as_openmrs_has_it("patients")
def find_marked(run: str, client: Client) -> list[str]:
    """List the patients that a search for a run's mark finds, the dead too: a thousand at most.

    All at once: what is voided drops out of the search and would shift its pages.
    """
    found = client.every("patient", "uuid", q=run, includeDead="true")
    return [patient["uuid"] for patient in found]


def undo_marked(
    run: str, removal: Removal, pool: ClientPool, tried: Iterable[str] = ()
) -> Iterator[Undone]:
    """Take off every patient but `tried` that carries the run's mark, found on the server alone."""

    look = True

    def work(client: Client, task: tuple[str, bool]) -> Undone | None:
        uuid, look = task
        undone = removal.take_off_marked(client, uuid, look=look)
        pool.done()
        return undone

    seen = set(tried)
    with closing(pool.connect()) as client:
        while found := [uuid for uuid in find_marked(run, client) if uuid not in seen]:
            seen.update(found)
            tasks = ((uuid, look) for uuid in found)
            for undone in carry_out(tasks, work, pool.connect, pool.concurrency, pool.stop):
                if undone:
                    look = look and undone.visits_stay is not False
                    yield undone


@as_openmrs_has_it("visits")
def _visits(client: Client, patient: str) -> list[str]:
    found = client.every("visit", "uuid", patient=patient, includeInactive="true")
    return [visit["uuid"] for visit in found]


@as_openmrs_has_it("a visit")
def _stands(client: Client, visit: str) -> bool:
    found = client.fetch("visit", visit, "voided")
    return found is not None and not found["voided"]
