"""What a run's record says: the run, its patients and their sums, and how each is written."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from bridge.delivery.history import Cells, checked, with_checksum
from bridge.delivery.target import Target
from bridge.openmrs.capabilities import Capabilities
from bridge.recipe import SavedRecipe


class State(StrEnum):
    """Where one patient of a run stands."""

    PLANNED = "planned"
    SENT = "sent"  # handed to a worker; the server may have all, part or nothing of it
    CREATED = "created"  # this run made it, whole
    ALREADY_THERE = "already_there"  # made before by another run with the same inputs
    REJECTED = "rejected"  # the server refuses it or a part of it
    UNDONE = "undone"
    PURGED = "purged"
    SPARED = "spared"  # undo came upon it and let it be: another's, or never made


SETTLED = (State.CREATED, State.ALREADY_THERE, State.REJECTED)
"""The states in which a load is done with a patient."""


class Phase(StrEnum):
    """Where a whole run stands."""

    PLANNING = "planning"  # its patients are not yet written down
    LOADING = "loading"
    COMPLETE = "complete"
    UNDONE = "undone"
    PURGED = "purged"


UNFINISHED = (Phase.PLANNING, Phase.LOADING)

RESOURCES = "resources"
"""Among a row's counts: of how many resources of files the patient consists."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Row(NamedTuple):
    """One patient of a run."""

    number: int
    uuid: str
    """The patient's uuid on the server."""
    state: State = State.PLANNED
    generation: int = 0
    """How often the uuids were issued anew, since voided ones are never free again."""
    identifiers: tuple[str, ...] = ()
    visits: int = 0
    encounters: int = 0
    observations: int = 0
    added: tuple[str, ...] = ()
    """Visits that this run added to a patient that existed already."""
    reason: str = ""
    counts: Mapping[str, int] = NOTHING
    """How many entries of each kind the server accepted."""
    minted: Mapping[str, str] = NOTHING
    """Where the server gives the id: our entry's uuid, and the id that it was given."""
    left_out: Mapping[str, int] = NOTHING
    """How many entries were left out, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingIdentity:
    """Which mapping a run was begun with; `path` is None for bridge's own."""

    path: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesAccount:
    """What was read of a run's files: all of it is sent, left out or rejected."""

    read: int
    """Resources or rows."""
    left_out: dict[str, int]
    """By reason, those that the reader left out whole."""
    parts_left_out: dict[str, int]
    """By reason, parts of those that are used."""
    rejected: dict[str, int]
    """By reason, the resources of patients that cannot be made."""
    patients_rejected: int
    rejected_patients: tuple[str, ...]
    """The first of them, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run is: all that a later process needs to go on with it."""

    name: str
    created: str
    server: str
    user: str
    patients: int
    recipe: SavedRecipe
    """What the patients follow from; a run is never continued with others."""
    target: Target
    """The server's own things that its patients and visits hang on."""
    mapping: MappingIdentity = field(default_factory=MappingIdentity)
    capabilities: Capabilities = field(default_factory=Capabilities)
    terms: str = ""
    """What the server has for the codes in the charts, as JSON text."""
    files: FilesAccount | None = None
    """What was read of the files that its patients come from."""
    bridge: str = ""
    """The version that began it; older ones did not say."""


class Progress(NamedTuple):
    """How far a run is, and what it took."""

    phase: Phase = Phase.PLANNING
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0


class Totals(NamedTuple):
    """What the server accepted of a run."""

    visits: int = 0
    encounters: int = 0
    observations: int = 0


class Tally(NamedTuple):
    """The sums over all patients of a run, kept with every row that is written."""

    states: Counter[State]
    totals: Totals
    counts: Counter[str]
    """Entries that the server accepted, by kind."""
    left_out: Counter[str]
    """Entries that were left out, by reason."""


NO_PATIENTS = Tally(Counter(), Totals(), Counter(), Counter())


class Sums:
    """A tally that is being counted."""

    def __init__(self, tally: Tally = NO_PATIENTS) -> None:
        self._states = Counter(tally.states)
        self._totals = list(tally.totals)
        self._counts = Counter(tally.counts)
        self._left_out = Counter(tally.left_out)

    def add(self, row: Row, times: int) -> None:
        """Count a row in (1) or out (-1)."""
        self._states[row.state] += times
        if row.encounters or row.visits or row.observations:
            for place, number in enumerate((row.visits, row.encounters, row.observations)):
                self._totals[place] += times * number
        for kind in row.counts:
            self._counts[kind] += times * row.counts[kind]
        for reason in row.left_out:
            self._left_out[reason] += times * row.left_out[reason]

    def tally(self) -> Tally:
        """Return the sums, without what is there no longer."""
        return Tally(+self._states, Totals(*self._totals), +self._counts, +self._left_out)


def cells_of(row: Row) -> Cells:
    """Return a row as it is written, its checksum last."""
    return with_checksum(
        *row[:4],
        _list_text(row.identifiers),
        *row[5:8],
        _list_text(row.added),
        row.reason,
        _mapping_text(row.counts),
        _mapping_text(row.minted),
        _mapping_text(row.left_out),
    )


def row_of(cells: Cells) -> Row:
    """Read a row; raise ValueError where it is not as it was written."""
    row = Row(*checked(cells, f"patient {cells[0]}"))
    return row._replace(
        state=State(row.state),
        identifiers=tuple(json.loads(cells[4])),
        added=tuple(json.loads(cells[8])),
        counts=_mapping(cells[10]),
        minted=_mapping(cells[11]),
        left_out=_mapping(cells[12]),
    )


def _mapping(text: str) -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(text) if text != "{}" else {}
    return found


def text_of_tally(tally: Tally) -> str:
    """Return sums as they are written."""
    return json.dumps([tally.states, tally.totals, tally.counts, tally.left_out], sort_keys=True)


def tally_of(text: str) -> Tally:
    """Read sums."""
    states, totals, counts, left_out = json.loads(text)
    by_state = Counter({State(state): number for state, number in states.items()})
    return Tally(by_state, Totals(*totals), Counter(counts), Counter(left_out))


def text_of_run(run: Run) -> str:
    """Return a run as it is written."""
    return _run_adapter().dump_json(run).decode()


def run_of(text: str) -> Run:
    """Read a run; raise ValueError where it is none."""
    try:
        return _run_adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"the run's {where}: {first['msg']}") from None


@cache
def _run_adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)


def text_of_progress(progress: Progress) -> str:
    """Return a run's progress as it is written."""
    return json.dumps(progress)


def progress_of(text: str) -> Progress:
    """Read a run's progress."""
    progress = Progress(*json.loads(text))
    return progress._replace(phase=Phase(progress.phase))


def _list_text(values: tuple[str, ...]) -> str:
    return json.dumps(values) if values else "[]"


def _mapping_text(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True) if values else "{}"
