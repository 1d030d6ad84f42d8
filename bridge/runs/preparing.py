"""A load up to its first patient: the server examined, the cohort made, the record begun."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from bridge import __version__
from bridge.delivery.ledger import Ledger, Run, last_begun
from bridge.delivery.preflight import (
    AUTO,
    ages_of,
    limits_of,
    real_patients,
    target,
    unlabelled,
)
from bridge.delivery.requests import Context
from bridge.delivery.run import new_run_name
from bridge.delivery.server_state import DEMO_TAG, RUN_TAG, ServerState
from bridge.delivery.setup import make_tags
from bridge.delivery.target import Target
from bridge.errors import InputError, Interrupted, option
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping, Profile
from bridge.mapping.terms import Terms
from bridge.mapping.vocabulary import Vocabulary, vocabulary_of, vocabulary_with
from bridge.openmrs.client import Client
from bridge.openmrs.models import AttributeType
from bridge.recipe import Cohort, GeneratedRecipe, Recipe, ScenarioRecipe
from bridge.runs.cohorts import (
    CohortRequest,
    generated_cohort,
    identity_of,
    scenario_cohort,
)
from bridge.runs.content import give_content
from bridge.runs.examining import examine
from bridge.runs.files import (
    ReadFiles,
    ServerFit,
    account_of,
    charts_on_server,
    read_files,
    terms_text,
)
from bridge.runs.listener import Listener
from bridge.runs.surroundings import SANDBOX, Connection, Surroundings
from bridge.wording import how_many


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """What a load is to bring, and where to."""

    patients: CohortRequest = field(default_factory=CohortRequest)
    server: str = SANDBOX
    """Its base address, or `sandbox`."""
    user: str | None = None
    mapping_file: Path | None = None
    """None: bridge's own mapping."""
    profile: str = AUTO
    workers: int | None = None
    """Requests at once; None finds the server's best."""
    among_others: bool = False
    """Load although the server holds patients that are not marked as demo patients."""


class Prepared(NamedTuple):
    """A load whose record is open and whose patients can be sent."""

    ledger: Ledger
    cohort: Cohort
    mapping: Mapping
    connection: Connection


class CohortOnServer(NamedTuple):
    """The patients of a request, as an examined server can take them."""

    state: ServerState
    profile: str
    cohort: Cohort
    recipe: Recipe
    files: ReadFiles | None = None
    vocabulary: Vocabulary | None = None
    """The codes of whole charts; None: there are vital signs alone."""


@contextmanager
def prepare(
    request: LoadRequest, connection: Connection, around: Surroundings
) -> Iterator[Prepared]:
    """Make a server ready for a load and begin its record; nothing is written if it is not fit."""
    mapping = wanted_mapping(request, around.listener)
    with closing(connection.connect()) as client:
        found = cohort_on_server(client, request, mapping, connection, around)
        if found.state.counted and not connection.is_sandbox:
            _ask_about_real_patients(found.state, around.listener)
        if around.stop.is_set():
            raise Interrupted("stopped before anything was written")
        around.listener.doing("preparing the server")
        state = make_tags(client, found.state)
        profile = mapping.profiles[found.profile]
        goal, charts = _goal(state, mapping, profile, around.clock()), None
        if found.vocabulary:
            fit = ServerFit(state, mapping, profile, goal)
            charts = charts_on_server(client, found.vocabulary, request.patients, fit)
    begun = _time_after(last_begun(around.records), around.clock())
    run = Run(
        name=new_run_name(begun, around.randomness),
        created=begun.isoformat(timespec="milliseconds"),
        server=connection.name,
        user=connection.user,
        patients=found.cohort.count,
        recipe=found.recipe,
        target=charts.target if charts else goal,
        mapping=identity_of(request.mapping_file, mapping),
        capabilities=state.capabilities,
        terms=terms_text(charts.terms) if charts else "",
        files=account_of(found.files.cohort.reading) if found.files else None,
        bridge=__version__,
    )
    with Ledger.create(around.records, run) as ledger:
        around.listener.begun(run, ledger.progress.phase)
        yield Prepared(ledger, found.cohort, mapping, connection)


def wanted_mapping(request: LoadRequest, listener: Listener) -> Mapping:
    """Load the mapping of a request, and say what is not in it."""
    mapping = load_mapping(request.mapping_file)
    if mapping.unmapped and request.mapping_file:
        listener.note(f"not in the mapping, and left out: {', '.join(mapping.unmapped)}")
    return mapping


def cohort_on_server(
    client: Client,
    request: LoadRequest,
    mapping: Mapping,
    connection: Connection,
    around: Surroundings,
) -> CohortOnServer:
    """Examine a server and make the patients that it can take."""
    if not (request.patients.files or request.patients.scenarios):
        # NumPy and the models are loaded while the server is asked.
        threading.Thread(target=import_module, args=("bridge.synthesis.cohort",)).start()
    # Whoever lets them come among others does not wait for an answer that changes nothing.
    counting = not (request.among_others or connection.is_sandbox)
    state, profile = examine(
        client, connection, mapping, request.profile, around, counting=counting
    )
    # What goes on goes on by the server's clock: it refuses what is in its future.
    wanted = replace(request.patients, now=(state.time or around.clock()).replace(microsecond=0))
    if wanted.files:
        # What lies after today no server takes.
        wanted = replace(wanted, as_of=wanted.as_of or around.clock().astimezone().date())
        read = read_files(wanted, around.listener)
        if connection.is_sandbox:
            give_content(connection, around)
        return CohortOnServer(
            state, profile, read.cohort, read.recipe, read, vocabulary=read.vocabulary
        )
    if wanted.scenarios:
        taught = scenario_cohort(wanted, around.clock)
        if connection.is_sandbox:
            give_content(connection, around)
        codes = vocabulary_of(taught.of_first_learner())
        of_class = ScenarioRecipe.of(taught)
        return CohortOnServer(state, profile, taught, of_class, vocabulary=codes)
    around.listener.doing("making the first patients")
    asked = wanted.with_seed(around.randomness)
    limits, ages = limits_of(state, mapping), ages_of(state, mapping)
    made = generated_cohort(asked, limits, around.clock, ages=ages, note=around.listener.note)
    recipe = GeneratedRecipe.of(made)
    if made.request.chart == "vitals":
        return CohortOnServer(state, profile, made, recipe)
    from bridge.synthesis.care_vocabulary import meanings_of

    if connection.is_sandbox:
        give_content(connection, around)
    meanings = meanings_of(made.request)
    return CohortOnServer(state, profile, made, recipe, vocabulary=vocabulary_with(meanings))


def _goal(state: ServerState, mapping: Mapping, profile: Profile, now: datetime) -> Target:
    """Return what a load hangs its patients on, and what the server takes of them by their age."""
    day = (state.time or now).date()
    return replace(
        target(state, profile),
        ages=ages_of(state, mapping),
        unlabelled=unlabelled(state, mapping),
        judged=day,
    )


def estimated_context(
    client: Client,
    found: CohortOnServer,
    request: LoadRequest,
    mapping: Mapping,
    around: Surroundings,
) -> Context:
    """Return by what a load would be rendered; the tags that it would make have no uuids yet."""
    state = replace(found.state, tags={**NO_TAGS, **found.state.tags})
    profile = mapping.profiles[found.profile]
    goal, terms = _goal(state, mapping, profile, around.clock()), Terms()
    if found.vocabulary:
        fit = ServerFit(state, mapping, profile, goal)
        charts = charts_on_server(client, found.vocabulary, request.patients, fit)
        goal, terms = charts.target, charts.terms
    return Context(
        run="", mapping=mapping, target=goal, terms=terms, capabilities=state.capabilities
    )


NO_TAGS = {
    name: AttributeType(uuid="", name=name, format="", searchable=False)
    for name in (DEMO_TAG, RUN_TAG)
}


def _time_after(last: str | None, now: datetime) -> datetime:
    """Return the time at which a run begins: the newest stays newest where a clock was set back."""
    if last and now <= (begun := datetime.fromisoformat(last)):
        return begun + timedelta(milliseconds=1)
    return now


def _ask_about_real_patients(state: ServerState, listener: Listener) -> None:
    """Ask before synthetic patients come among others: it may be a real hospital."""
    real = real_patients(state)
    if real == 0:
        return
    whose = (
        "patients that may be real"
        if real is None
        else f"{how_many(real, 'patient')} not marked as demo"
    )
    held = f"{state.url} holds {whose}"
    if not listener.ask(f"{held}. Load synthetic ones all the same?"):
        raise InputError(held, hints=option("among_others"))
