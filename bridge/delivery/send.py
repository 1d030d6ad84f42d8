"""Makes one patient whole on the server, or not at all, whatever happened to it before.

Uuids follow from the cohort, so the server itself can always tell what it has: a refusal or a
lost answer is settled by asking for the uuid, never by sending again and hoping.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from bridge.chart import Patient
from bridge.delivery.ledger import Row, State
from bridge.delivery.ownership import standing
from bridge.delivery.plan import (
    EncounterPlan,
    PatientPlan,
    VisitPlan,
    plan_patient,
    reissue_patient,
)
from bridge.delivery.removal import void
from bridge.delivery.rendering import Body, patient_body
from bridge.delivery.target import Target
from bridge.mapping.model import Mapping
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Cause, Outcome, Reply

_MOST_GENERATIONS = 50
_MOST_IDENTIFIERS = 5


class PendingPatient(NamedTuple):
    """A patient to make, and where the ledger says it stands."""

    patient: Patient
    row: Row


@dataclass(slots=True, kw_only=True)
class Order:
    """How to make the patients of one run."""

    run: str
    mapping: Mapping
    target: Target
    identifiers: Callable[[Client], tuple[str, ...]]
    """Issues one more set of identifiers, for a patient whose own turned out to be taken."""
    visits_apart: bool = False
    """The server does not make a visit inside its encounter: send them apart."""


class _Refusal(Exception):
    """The server will not have a part of the patient."""


class _Stand(Enum):
    """What the server holds under a patient's uuid."""

    NOTHING = "nothing"
    OURS = "ours"
    ANOTHERS = "another run's"
    VOIDED = "voided"


def deliver(client: Client, task: PendingPatient, order: Order) -> Row:
    """Bring one patient onto the server; return its row as it stands then."""
    row = task.row
    ask_first = row.state is not State.PLANNED
    while row.generation < task.row.generation + _MOST_GENERATIONS:
        patient = reissue_patient(task.patient, row.generation)
        row = row._replace(uuid=patient.uuid)
        try:
            row, stand, fresh = _make_patient(client, patient, row, order, ask_first=ask_first)
            if stand is _Stand.VOIDED:
                # A voided uuid is never free again; the same patient comes under new ones.
                row, ask_first = row._replace(generation=row.generation + 1), True
                continue
            return _make_visits(client, patient, row, order, stand, fresh=fresh)
        except _Refusal as refusal:
            return row._replace(state=State.REJECTED, reason=str(refusal))
    return row._replace(state=State.REJECTED, reason="its uuids were voided over and over")


def _make_patient(
    client: Client, patient: Patient, row: Row, order: Order, *, ask_first: bool
) -> tuple[Row, _Stand, bool]:
    """Return the row, who made the patient, and whether this call did."""
    if ask_first and (stand := _stand(client, patient.uuid, order)) is not _Stand.NOTHING:
        return row, stand, False

    def confirm() -> Reply | None:
        ours = _stand(client, patient.uuid, order) is _Stand.OURS
        return Reply(Outcome.ACCEPTED, 200, None, "") if ours else None

    for _ in range(_MOST_IDENTIFIERS):
        body = patient_body(patient, row.identifiers, order.target, run=order.run)
        reply = client.create("patient", body, confirm_created=confirm)
        if reply.outcome is Outcome.ACCEPTED:
            return row, _Stand.OURS, True
        stand = _stand(client, patient.uuid, order)
        if stand is not _Stand.NOTHING:
            return row, stand, False
        if reply.cause is not Cause.IDENTIFIER_TAKEN:
            break
        row = row._replace(identifiers=order.identifiers(client))
    raise _Refusal(f"the patient is refused: {reply.reason}")


def _stand(client: Client, uuid: str, order: Order) -> _Stand:
    found = standing(client, uuid, order.target.run_tag)
    if found is None:
        return _Stand.NOTHING
    if found.voided:
        return _Stand.VOIDED
    if found.run is None:
        raise _Refusal(f"{uuid} is the uuid of a patient that bridge did not make")
    return _Stand.OURS if found.run == order.run else _Stand.ANOTHERS


def _make_visits(
    client: Client, patient: Patient, row: Row, order: Order, stand: _Stand, *, fresh: bool
) -> Row:
    plan = plan_patient(patient, row.identifiers, order.mapping, order.target, run=order.run)
    there: set[str] = set() if fresh else _visits_and_encounters(client, patient.uuid)
    made: list[VisitPlan] = []
    try:
        for visit in plan.visits:
            # What another run's visit lacks was taken from it since, and is not ours to put back.
            wanted = (visit.uuid, *(e.uuid for e in visit.encounters if stand is _Stand.OURS))
            if any(uuid not in there for uuid in wanted):
                _make_visit(client, visit, there, order, made)
    except _Refusal as refusal:
        what = _take_back(client, plan, made, stand)
        raise _Refusal(f"{refusal}; {what}") from refusal
    return _row_of_whole(row, plan, made, stand)


def _row_of_whole(row: Row, plan: PatientPlan, made: list[VisitPlan], stand: _Stand) -> Row:
    ours = stand is _Stand.OURS
    counted = plan.visits if ours else tuple(made)
    return row._replace(
        state=State.CREATED if ours else State.ALREADY_THERE,
        visits=len(counted),
        encounters=sum(len(visit.encounters) for visit in counted),
        observations=sum(visit.observations for visit in counted),
        added=() if ours else tuple(visit.uuid for visit in made),
        reason="",
    )


@as_openmrs_has_it("visits")
def _visits_and_encounters(client: Client, patient: str) -> set[str]:
    there = set()
    fields = "uuid,voided,encounters:(uuid,voided)"
    for visit in client.every("visit", fields, patient=patient, includeInactive="true"):
        there.add(visit["uuid"])
        there.update(e["uuid"] for e in visit.get("encounters") or () if not e.get("voided"))
    return there


def _make_visit(
    client: Client, visit: VisitPlan, there: set[str], order: Order, made: list[VisitPlan]
) -> None:
    """Make what is missing of a visit; if the visit itself is this run's, it comes to `made`."""
    missing = [encounter for encounter in visit.encounters if encounter.uuid not in there]
    if visit.uuid not in there:
        together = bool(missing) and not order.visits_apart
        if together and _make_together(client, visit, missing[0], made):
            del missing[0]
        else:
            order.visits_apart |= together
            if _send(client, "visit", visit.uuid, visit.body):
                made.append(visit)
    for encounter in missing:
        _make_within(client, visit, encounter)


@as_openmrs_has_it("an encounter")
def _make_together(
    client: Client, visit: VisitPlan, encounter: EncounterPlan, made: list[VisitPlan]
) -> bool:
    """Make a visit inside its encounter, in one transaction; tell whether the server did so."""
    body = {**encounter.body, "visit": visit.body}
    reply = client.create_encounter(
        body, confirm_created=lambda: _there(client, "encounter", encounter.uuid)
    )
    if reply.outcome is not Outcome.ACCEPTED:
        if reply.cause is Cause.VISIT_NOT_NESTED:
            return False
        if not _there(client, "encounter", encounter.uuid):
            raise _Refusal(f"visit {visit.uuid} is refused: {reply.reason}")
    answer = reply.body if isinstance(reply.body, dict) and "visit" in reply.body else None
    if not _is_within(client, visit, encounter, answer):
        return False
    if reply.outcome is Outcome.ACCEPTED:
        made.append(visit)
    return True


def _make_within(client: Client, visit: VisitPlan, encounter: EncounterPlan) -> None:
    """Make an encounter in a visit that is there."""
    reply = _send(client, "encounter", encounter.uuid, encounter.body)
    if reply and reply.body is not None:
        return
    # It may have been made before its visit was, and stand outside of it.
    reply = client.update("encounter", encounter.uuid, {"visit": visit.uuid})
    if reply.outcome is not Outcome.ACCEPTED and not _is_within(client, visit, encounter):
        raise _Refusal(f"encounter {encounter.uuid} stays outside its visit: {reply.reason}")


def _is_within(
    client: Client, visit: VisitPlan, encounter: EncounterPlan, answer: Body | None = None
) -> bool:
    if answer is None:
        answer = client.fetch("encounter", encounter.uuid, "visit:(uuid)") or {}
    return (answer.get("visit") or {}).get("uuid") == visit.uuid


def _send(client: Client, resource: str, uuid: str, body: Body) -> Reply | None:
    """Make an object; return the reply that accepts it, None when another had made it already."""
    reply = client.create(resource, body, confirm_created=lambda: _there(client, resource, uuid))
    if reply.outcome is Outcome.ACCEPTED:
        return reply
    if not _there(client, resource, uuid):
        raise _Refusal(f"{resource} {uuid} is refused: {reply.reason}")
    return None


def _there(client: Client, resource: str, uuid: str) -> Reply | None:
    found = client.fetch(resource, uuid, "uuid,voided")
    stands = found is not None and not found.get("voided")
    return Reply(Outcome.ACCEPTED, 200, None, "") if stands else None


def _take_back(client: Client, plan: PatientPlan, made: list[VisitPlan], stand: _Stand) -> str:
    """Leave no half patient: take off what this run made of it, and say what came of it."""
    reason = "bridge: a part was refused"
    if stand is _Stand.OURS:
        stays = [void(client, "patient", plan.uuid, reason)]
    else:
        stays = [void(client, "visit", visit.uuid, reason) for visit in made]
    for refusal in filter(None, stays):
        return f"what was made of the patient stays, for it cannot be voided: {refusal}"
    return "what was made of the patient was taken off again"
