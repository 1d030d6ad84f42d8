"""Makes one patient whole on the server, or not at all, whatever happened to it before.

Uuids follow from the cohort, so the server itself can always tell what it has: a refusal or a
lost answer is settled by asking for the uuid, never by sending again and hoping.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from bridge.chart import LeftOut, Patient
from bridge.delivery.generations import reissue_patient
from bridge.delivery.kinds import BY_NAME, relationships
from bridge.delivery.kinds.kind import there
from bridge.delivery.ledger import RESOURCES, Row, State
from bridge.delivery.ownership import ownership_of
from bridge.delivery.plan import plan_patient
from bridge.delivery.relating import NOT_MADE, PART, other_of
from bridge.delivery.removal import PART_REFUSED, void, void_patient
from bridge.delivery.rendering import Body, patient_body
from bridge.delivery.requests import (
    Context,
    EncounterPlan,
    PatientPlan,
    Request,
    VisitPlan,
)
from bridge.delivery.settled import SettledPatients
from bridge.identity import reissue
from bridge.openmrs.client import Client
from bridge.openmrs.parsing import as_openmrs_has_it
from bridge.openmrs.replies import Cause, Outcome, Reply

_MOST_GENERATIONS = 50
_MOST_IDENTIFIERS = 5


class PendingPatient(NamedTuple):
    """A patient to make, and where the ledger says it stands."""

    patient: Patient
    row: Row
    nested_visits: bool = True
    """Whether the server has been seen to make visits inside their encounters, or not yet not."""


class Delivered(NamedTuple):
    """A patient's row as it stands now, and whether the server nests visits after all."""

    row: Row
    nested_visits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How to make the patients of one run."""

    context: Context
    identifiers: Callable[[Client], tuple[str, ...]]
    """Issues one more set of identifiers, for a patient whose own turned out to be taken."""
    settled: SettledPatients = field(default_factory=SettledPatients)


class _Refusal(Exception):
    """The server will not have a part of the patient."""


class _Stand(Enum):
    """What the server holds under a patient's uuid."""

    NOTHING = "nothing"
    OURS = "ours"
    ANOTHERS = "another run's"
    VOIDED = "voided"


def deliver(client: Client, pending: PendingPatient, delivery: Delivery) -> Delivered:
    """Bring one patient onto the server; return its row as it stands then."""
    making = _Making(client, delivery, pending.nested_visits)
    try:
        row = _deliver(making, pending.patient, pending.row)
    finally:
        delivery.settled.end(reissue(pending.patient.uuid, pending.row.generation))
    return Delivered(row, making.nested_visits)


def _deliver(making: "_Making", made: Patient, row: Row) -> Row:
    """Make a patient under the first uuids that are free; voided ones never are again."""
    ask_first = row.state is not State.PLANNED
    for generation in range(row.generation, row.generation + _MOST_GENERATIONS):
        patient = reissue_patient(made, generation)
        row = row._replace(uuid=patient.uuid, generation=generation)
        try:
            row, stand, fresh = making.make_patient(patient, row, ask_first=ask_first)
            if stand is not _Stand.VOIDED:
                return making.make_chart(patient, row, stand, fresh=fresh)
        except _Refusal as refusal:
            return making.rejected(row, patient, str(refusal))
        ask_first = True
    return row._replace(state=State.REJECTED, reason="its uuids were voided over and over")


class _Making:
    """The making of one patient: what this run has made of it so far."""

    def __init__(self, client: Client, delivery: Delivery, nested_visits: bool) -> None:
        self.nested_visits = nested_visits
        self._client = client
        self._delivery = delivery
        self._context = delivery.context
        self._visits: list[VisitPlan] = []
        self._there: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._minted: dict[str, str] = {}
        self._left_out: list[LeftOut] = []
        self._fresh = False

    def make_patient(
        self, patient: Patient, row: Row, *, ask_first: bool
    ) -> tuple[Row, _Stand, bool]:
        """Return the row, who made the patient, and whether this call did."""
        if ask_first and (stand := self._stand(patient.uuid)) is not _Stand.NOTHING:
            return row, stand, False

        def confirm() -> Reply | None:
            ours = self._stand(patient.uuid) is _Stand.OURS
            return Reply(Outcome.ACCEPTED, 200, None, "") if ours else None

        for _ in range(_MOST_IDENTIFIERS):
            context = self._context
            body = patient_body(patient, row.identifiers, context.target, run=context.run)
            reply = self._client.create("patient", body, confirm_created=confirm)
            if reply.outcome is Outcome.ACCEPTED:
                return row, _Stand.OURS, True
            stand = self._stand(patient.uuid)
            if stand is not _Stand.NOTHING:
                return row, stand, False
            if reply.cause is not Cause.IDENTIFIER_TAKEN:
                break
            row = row._replace(identifiers=self._delivery.identifiers(self._client))
        raise _Refusal(f"the patient is refused: {reply.reason}")

    def _stand(self, uuid: str) -> _Stand:
        found = ownership_of(self._client, uuid, self._context.target.run_tag)
        if found is None:
            return _Stand.NOTHING
        if found.voided:
            return _Stand.VOIDED
        if found.run is None:
            raise _Refusal(f"{uuid} is the uuid of a patient that bridge did not make")
        return _Stand.OURS if found.run == self._context.run else _Stand.ANOTHERS

    def make_chart(self, patient: Patient, row: Row, stand: _Stand, *, fresh: bool) -> Row:
        """Make what is missing of a patient's visits and the rest; take all back at a refusal."""
        plan = plan_patient(patient, self._context)
        self._fresh = fresh
        self._there = set() if fresh else _visits_and_encounters(self._client, patient.uuid)
        try:
            for visit in plan.visits:
                # What another run's visit lacks was taken from it since: not ours to put back.
                parts = (e.uuid for e in visit.encounters if stand is _Stand.OURS)
                if any(uuid not in self._there for uuid in (visit.uuid, *parts)):
                    self._make_visit(visit)
            for request in self._following(plan, stand):
                self._make(request)
        except _Refusal as refusal:
            what = self._take_back(plan, stand)
            raise _Refusal(f"{refusal}; {what}") from refusal
        return self._row_of_whole(row, plan, stand)

    def _following(self, plan: PatientPlan, stand: _Stand) -> Iterator[Request]:
        """Yield what follows the visits: of another run's patient, of those that were added."""
        if stand is _Stand.OURS:
            yield from plan.following()
        else:
            for visit in self._visits:
                for encounter in visit.encounters:
                    yield from encounter.after

    def _row_of_whole(self, row: Row, plan: PatientPlan, stand: _Stand) -> Row:
        ours = stand is _Stand.OURS
        counted = plan.visits if ours else tuple(self._visits)
        encounters = [encounter for visit in counted for encounter in visit.encounters]
        if not ours:
            return self._row_of_others(row, len(encounters), counted)
        counts = self._counts + Counter(one.kind for e in encounters for one in e.expected)
        counts += Counter(f"values {one.what}" for one in plan.changes)
        counts[RESOURCES] = plan.resources
        observations = counts.pop("observations", 0)
        return row._replace(
            state=State.CREATED,
            visits=len(counted),
            encounters=len(encounters),
            observations=observations,
            counts=dict(+counts),
            minted=self._minted,
            left_out=dict(Counter(map(_reason, (*plan.left_out, *self._left_out)))),
            added=(),
            reason="",
        )

    def _row_of_others(self, row: Row, encounters: int, visits: tuple[VisitPlan, ...]) -> Row:
        """Return the row of another run's patient, with the visits that were added to it."""
        return row._replace(
            state=State.ALREADY_THERE,
            visits=len(visits),
            encounters=encounters,
            observations=sum(visit.observations for visit in visits),
            added=tuple(visit.uuid for visit in visits),
            reason="",
        )

    def rejected(self, row: Row, patient: Patient, reason: str) -> Row:
        """Return the row of a patient that the server refuses."""
        resources = plan_patient(patient, self._context).resources
        counts = {RESOURCES: resources} if resources else {}
        return row._replace(state=State.REJECTED, reason=reason, counts=counts)

    def _make_visit(self, visit: VisitPlan) -> None:
        """Make what is missing of a visit; if the visit itself is this run's, it is noted."""
        missing = [one for one in visit.encounters if one.uuid not in self._there]
        if visit.uuid not in self._there:
            if missing and self.nested_visits and self._make_together(visit, missing[0]):
                del missing[0]
            else:
                self.nested_visits &= not missing
                if self._send("visit", visit.uuid, visit.body):
                    self._visits.append(visit)
        for encounter in missing:
            self._make_within(visit, encounter)

    @as_openmrs_has_it("an encounter")
    def _make_together(self, visit: VisitPlan, encounter: EncounterPlan) -> bool:
        """Make a visit inside its encounter, in one transaction; tell whether the server did so."""

        def confirm() -> Reply | None:
            return there(self._client, "encounter", encounter.uuid)

        body = {**encounter.body, "visit": visit.body}
        reply = self._client.create_encounter(body, confirm_created=confirm)
        if reply.outcome is not Outcome.ACCEPTED:
            if reply.cause is Cause.VISIT_NOT_NESTED:
                return False
            if not confirm():
                raise _Refusal(f"visit {visit.uuid} is refused: {reply.reason}")
        answer = reply.body if isinstance(reply.body, dict) and "visit" in reply.body else None
        if not self._is_within(visit, encounter, answer):
            return False
        if reply.outcome is Outcome.ACCEPTED:
            self._visits.append(visit)
        return True

    def _make_within(self, visit: VisitPlan, encounter: EncounterPlan) -> None:
        """Make an encounter in a visit that is there."""
        reply = self._send("encounter", encounter.uuid, encounter.body)
        if reply and reply.body is not None:
            return
        # It may have been made before its visit was, and stand outside of it.
        reply = self._client.update("encounter", encounter.uuid, {"visit": visit.uuid})
        if reply.outcome is not Outcome.ACCEPTED and not self._is_within(visit, encounter):
            stays = f"encounter {encounter.uuid} stays outside its visit: {reply.reason}"
            raise _Refusal(stays)

    def _is_within(
        self, visit: VisitPlan, encounter: EncounterPlan, answer: Body | None = None
    ) -> bool:
        if answer is None:
            answer = self._client.fetch("encounter", encounter.uuid, "visit:(uuid)") or {}
        return (answer.get("visit") or {}).get("uuid") == visit.uuid

    def _send(self, resource: str, uuid: str, body: Body) -> Reply | None:
        """Make an object; return the reply that accepts it, None when another had made it."""

        def confirm() -> Reply | None:
            return there(self._client, resource, uuid)

        reply = self._client.create(resource, body, confirm_created=confirm)
        if reply.outcome is Outcome.ACCEPTED:
            return reply
        if not confirm():
            raise _Refusal(f"{resource} {uuid} is refused: {reply.reason}")
        return None

    def _make(self, request: Request) -> None:
        """Make one of the rest of the chart."""
        if request.kind == relationships.NAME and not self._is_other_made(request):
            self._left_out.append(LeftOut(request.source, NOT_MADE))
            return
        send = BY_NAME[request.kind].send
        assert send
        taken = frozenset(self._minted.values())
        sent = send(self._client, request, ask_first=not self._fresh, taken=taken)
        if sent.refusal:
            what = request.expected.label if request.expected else request.uuid
            raise _Refusal(f"of the {request.kind}, {what} is refused: {sent.refusal}")
        if sent.uuid != request.uuid:
            self._minted[request.uuid] = sent.uuid
        if request.expected:
            self._counts[request.kind] += 1

    def _is_other_made(self, request: Request) -> bool:
        """Tell whether the other person stands; of one that is begun later that is seen later."""
        other, settled = other_of(request), self._delivery.settled
        settled.wait(other, asking=request.patient)
        stands = there(self._client, "person", other) is not None
        return stands and not settled.is_under_way(other)

    def _take_back(self, plan: PatientPlan, stand: _Stand) -> str:
        """Leave no half patient: take off what this run made of it, and say what came of it."""
        if stand is _Stand.OURS:
            observations = sum(visit.observations for visit in plan.visits)
            kinds = _kinds_of(plan)
            stays = [void_patient(self._client, plan.uuid, PART_REFUSED, kinds, observations)]
        else:
            stays = [
                void(self._client, "visit", visit.uuid, PART_REFUSED) for visit in self._visits
            ]
        for refusal in filter(None, stays):
            return f"what was made of the patient stays, for it cannot be voided: {refusal}"
        return "what was made of the patient was taken off again"


def _reason(left: LeftOut) -> str:
    """Return what is counted: a part of something that is sent is told from the whole."""
    return f"{left.reason}{PART}" if "#" in left.source else left.reason


def _kinds_of(plan: PatientPlan) -> set[str]:
    return {request.kind for request in plan.requests}


@as_openmrs_has_it("visits")
def _visits_and_encounters(client: Client, patient: str) -> set[str]:
    found = set()
    fields = "uuid,voided,encounters:(uuid,voided)"
    for visit in client.every("visit", fields, patient=patient, includeInactive="true"):
        found.add(visit["uuid"])
        found.update(e["uuid"] for e in visit.get("encounters") or () if not e.get("voided"))
    return found
