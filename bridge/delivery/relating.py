"""Relationships to patients who are made later: they are made once all patients are.

Who waits for that stands in the record, as left out for now: so a kill costs nothing.
"""

from collections import Counter
from collections.abc import Iterator

from bridge.chart import Patient
from bridge.delivery.generations import reissue_patient
from bridge.delivery.kinds import relationships
from bridge.delivery.kinds.kind import there
from bridge.delivery.ledger import RESOURCES, Ledger, Row, State
from bridge.delivery.plan import plan_patient
from bridge.delivery.removal import PART_REFUSED, void_patient
from bridge.delivery.requests import Context, PatientPlan, Request
from bridge.openmrs.client import Client
from bridge.recipe import Cohort

NOT_MADE = "the other person was not made"
PART = " (a part)"
"""Told of what is left out of something that is sent."""

_NOT_MADE = (NOT_MADE, NOT_MADE + PART)


def unmade(row: Row) -> int:
    """Count the relationships of a patient that were not made."""
    return sum(row.left_out.get(reason, 0) for reason in _NOT_MADE)


def waiting(ledger: Ledger, cohort: Cohort) -> Iterator[tuple[Patient, Row]]:
    """Yield the patients who have relationships that were not made, or not yet."""
    if not any(ledger.tally().left_out[reason] for reason in _NOT_MADE):
        return
    for row in ledger.rows(State.CREATED):
        if unmade(row):
            (patient,) = cohort.patients([row.number])
            yield patient, row


def other_of(request: Request) -> str:
    """Return the other person of a patient's relationship."""
    return str(next(iter({request.body["personA"], request.body["personB"]} - {request.patient})))


def relate(client: Client, patient: Patient, row: Row, context: Context) -> Row:
    """Make the relationships of a patient whose others are there by now; return the row then."""
    plan = plan_patient(reissue_patient(patient, row.generation), context)
    left_out = Counter({r: n for r, n in row.left_out.items() if r not in _NOT_MADE})
    made = 0
    for request in plan.requests:
        if request.kind != relationships.NAME:
            continue
        if there(client, "person", other_of(request)) is None:
            left_out[NOT_MADE + PART * ("#" in request.source)] += 1
            continue
        sent = relationships.send(client, request, ask_first=True)
        if sent.refusal:
            return _taken_back(client, plan, row, f"a relationship is refused: {sent.refusal}")
        made += 1
    counts = Counter(row.counts)
    counts[relationships.NAME] = made
    return row._replace(counts=dict(+counts), left_out=dict(left_out))


def _taken_back(client: Client, plan: PatientPlan, row: Row, reason: str) -> Row:
    """Take a patient off whole, as for any other part that is refused."""
    kinds = {request.kind for request in plan.requests}
    refused = void_patient(client, plan.uuid, PART_REFUSED, kinds, row.observations)
    what = f"stays, for it cannot be voided: {refused}" if refused else "was taken off again"
    counts = {RESOURCES: plan.resources} if plan.resources else {}
    return Row(
        row.number,
        row.uuid,
        generation=row.generation,
        identifiers=row.identifiers,
        state=State.REJECTED,
        reason=f"{reason}; what was made of the patient {what}",
        counts=counts,
    )
