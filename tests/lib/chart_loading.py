"""Loads of whole charts by their parts: the content, the run, what the server has."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from bridge.chart import Condition, Enrollment, Patient, Relationship
from bridge.content.package import load_content
from bridge.delivery.chart_target import Needs, with_chart
from bridge.delivery.content import make_content, plan_content
from bridge.delivery.content_state import read_standing
from bridge.delivery.generations import reissue_patient
from bridge.delivery.kinds import KINDS, appointments, attachments
from bridge.delivery.ledger import Ledger, Row, Run, State
from bridge.delivery.plan import plan_patient
from bridge.delivery.preflight import choose_profile, target
from bridge.delivery.requests import Context, Expected, of_kind
from bridge.delivery.run import context_of, new_run_name
from bridge.delivery.server_state import read_server_state
from bridge.delivery.setup import make_tags
from bridge.delivery.target import Target
from bridge.delivery.terms import read_terms
from bridge.mapping.code_table import load_code_table
from bridge.mapping.vocabulary import vocabulary_of
from bridge.openmrs.capabilities import Capabilities
from bridge.openmrs.client import Client
from bridge.recipe import Cohort, FilesRecipe
from bridge.runs.files import terms_text
from tests.lib.loading import MAPPING, USER, differences, found
from tests.lib.whole_charts import ChartCohort

Connect = Callable[[], Client]


@dataclass(frozen=True)
class ChartGoal:
    """What whole charts hang on, on one server."""

    target: Target
    capabilities: Capabilities
    terms: str


def prepare_content(connect: Connect) -> None:
    """Make what the server lacks of the content package."""
    package = load_content()
    with closing(connect()) as client:
        plan = plan_content(package, read_standing(client, package))
    made = list(make_content(plan, connect, threading.Event()))
    assert [thing for thing in made if thing.refused] == []


def read_goal(connect: Connect) -> ChartGoal:
    """Read from the server what whole charts hang on."""
    vocabulary = vocabulary_of(ChartCohort(2).patients([1, 2]))
    with closing(connect()) as client:
        state = make_tags(client, read_server_state(client, MAPPING, counting=False))
        profile = MAPPING.profiles[choose_profile(state, MAPPING)]
        terms = read_terms(client, vocabulary, MAPPING, load_code_table())
        needs = Needs(profile, terms, {}, MAPPING.visit_note.uuid)
        goal = with_chart(client, target(state, profile), needs)
    return ChartGoal(goal, state.capabilities, terms_text(terms))


def start_charts(folder: Path, cohort: Cohort, goal: ChartGoal, server: str) -> Ledger:
    """Begin a run of whole charts."""
    run = Run(
        name=new_run_name(datetime.now(UTC), SystemRandom()),
        created=datetime.now(UTC).isoformat(),
        server=server,
        user=USER,
        patients=cohort.count,
        recipe=FilesRecipe(path="by hand", digest="", count=cohort.count),
        target=goal.target,
        capabilities=goal.capabilities,
        terms=goal.terms,
    )
    return Ledger.create(folder, run)


def as_sent(ledger: Ledger, cohort: Cohort) -> Iterator[tuple[Patient, Row]]:
    """Yield the patients that were made, under the uuids that they have on the server."""
    for row in ledger.rows(State.CREATED):
        (patient,) = cohort.patients([row.number])
        yield reissue_patient(patient, row.generation), row


def planned(patients: Iterable[tuple[Patient, Row]], context: Context) -> Counter[str]:
    """Count what the patients should have, by kind."""
    return Counter(
        one.kind for patient, _ in patients for one in plan_patient(patient, context).expected()
    )


def held(ledger: Ledger, cohort: Cohort, connect: Connect) -> Counter[str]:
    """Count what the server has of a run's patients, by kind, whatever bridge knows of it."""
    context = context_of(ledger.run, MAPPING)
    can = context.capabilities
    absent = {attachments.NAME: not can.attachments, appointments.NAME: not can.appointments}
    with closing(connect()) as client:
        there = {
            (kind.name, one.uuid)
            for patient, _ in as_sent(ledger, cohort)
            for kind in KINDS
            if not absent.get(kind.name)
            for one in kind.read(client, patient.uuid, _expected(patient, kind.name, context))
        }
    return Counter(kind for kind, _ in there)


def _expected(patient: Patient, kind: str, context: Context) -> dict[str, Expected]:
    return of_kind(plan_patient(patient, context).expected(), kind)


LEFT_BEHIND = {
    Condition: "condition",
    Enrollment: "programenrollment",
    Relationship: "relationship",
}
"""What a void of its patient leaves standing in OpenMRS, by the REST resource."""


def standing(client: Client, patient: Patient) -> list[str]:
    """List what of a patient still stands, of all that has a uuid of bridge's own."""
    refs = [("patient", patient.uuid)]
    refs += [("visit", visit.uuid) for visit in patient.visits]
    refs += [("encounter", encounter.uuid) for encounter in patient.encounters()]
    refs += [
        (LEFT_BEHIND[type(entry)], entry.uuid)
        for entry in patient.entries
        if type(entry) in LEFT_BEHIND
    ]
    found = ((resource, client.fetch(resource, uuid, "voided")) for resource, uuid in refs)
    return [resource for resource, body in found if body and not body["voided"]]


def assert_whole(ledger: Ledger, cohort: Cohort, connect: Connect, rejected: int = 0) -> None:
    """Hold the record and the server against what was asked, kind by kind."""
    made = cohort.count - rejected
    counts = ledger.counts()
    assert (counts[State.CREATED], counts[State.REJECTED]) == (made, rejected)
    assert len(found(ledger.run.name, connect)) == made
    context = context_of(ledger.run, MAPPING)
    asked = planned(as_sent(ledger, cohort), context)
    assert held(ledger, cohort, connect) == asked
    recorded = Counter({kind.name: ledger.tally().counts[kind.name] for kind in KINDS})
    recorded["observations"] = ledger.totals().observations
    assert +recorded == asked
    assert differences(ledger, cohort, connect) == []


def assert_nobody(ledger: Ledger, cohort: Cohort, connect: Connect) -> None:
    """Hold the server against what should be left after an undo: nothing that stands."""
    assert found(ledger.run.name, connect) == []
    with closing(connect()) as client:
        for patient in cohort.patients(range(1, cohort.count + 1)):
            assert standing(client, patient) == []
