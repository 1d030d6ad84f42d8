"""That a patient has no known allergies: said of the list of allergies, which stays empty."""

from collections.abc import Collection, Iterator, Mapping

from bridge.chart import Allergy, LeftOut, NoKnownAllergies, Patient
from bridge.delivery.kinds.kind import NOT_TAKEN, EntryKind, Sent, expect
from bridge.delivery.requests import Context, Expected, Found, Request
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome

NAME = "no known allergies"

CONTRADICTED = "the patient has allergies"
SAID_BEFORE = "is said of the patient already"


def render(said: NoKnownAllergies, patient: Patient, context: Context) -> Request | LeftOut:
    """Render that there are none; the server refuses it of a patient with allergies."""
    if not context.capabilities.allergies:
        return LeftOut(said.source, NOT_TAKEN, "allergies")
    if any(isinstance(entry, Allergy) for entry in patient.entries):
        return LeftOut(said.source, CONTRADICTED)
    first = next(entry for entry in patient.entries if isinstance(entry, NoKnownAllergies))
    if said != first:
        return LeftOut(said.source, SAID_BEFORE)
    return Request(
        kind=NAME,
        patient=patient.uuid,
        uuid=patient.uuid,
        body={},
        expected=expect(NAME, patient.uuid, NAME, known=True),
        source=said.source,
    )


def send(client: Client, request: Request, *, ask_first: bool, taken: Collection[str] = ()) -> Sent:
    """Say it; said twice it changes nothing more."""
    reply = client.say_no_known_allergies(request.patient)
    if reply.outcome is Outcome.ACCEPTED or client.has_no_known_allergies(request.patient):
        return Sent(request.uuid)
    return Sent("", reply.reason)


def read(client: Client, patient: str, expected: Mapping[str, Expected]) -> Iterator[Found]:
    """Read whether it is said of a patient."""
    if client.has_no_known_allergies(patient):
        yield Found(patient, NAME, {"known": True})


KIND = EntryKind(name=NAME, entries=(NoKnownAllergies,), render=render, send=send, read=read)
