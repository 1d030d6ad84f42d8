"""What an entry kind is: how it is rendered, sent, found again, read back and taken off."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Protocol

from bridge.chart import CodeableConcept, LeftOut, Patient, PatientEntry
from bridge.delivery.requests import Body, Context, Expected, Field, Found, Fragment, Ref, Request
from bridge.mapping.room import bounded
from bridge.mapping.terms import Role, ServerConcept
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome, Reply

NOT_TAKEN = "the server has no place for it"

NO_WORDS = "has neither a concept on the server nor words"


class Place(NamedTuple):
    """Where an entry of an encounter stands: whose it is, in which visit and encounter, when."""

    patient: Patient
    visit: str
    encounter: str
    time: datetime
    orders: frozenset[str] = frozenset()
    """The patient's test orders that are sent: a result may refer to no other."""


class Sent(NamedTuple):
    """What came of a request: the uuid that the server knows the entry by, or its refusal."""

    uuid: str
    refusal: str = ""


class Send(Protocol):
    """Sends a request; where it may have been sent before, the server is asked first."""

    def __call__(
        self,
        client: Client,
        request: Request,
        *,
        ask_first: bool,
        taken: Collection[str] = (),
    ) -> Sent:
        """Return what came of it; `taken` are the server's names for other entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKind:
    """One kind of entry, on one page: everything bridge knows of how a server keeps it."""

    name: str
    """In the plural, as it is counted: `conditions`."""
    entries: tuple[type, ...]
    """The types of the chart that are of this kind."""
    read: Callable[[Client, str, Mapping[str, Expected]], Iterator[Found]]
    """Read all of a patient's that are not voided; what is expected may narrow the question."""
    render: Callable[[Any, Patient, Context], Request | LeftOut] | None = None
    """For an entry of the patient as a whole."""
    render_within: Callable[[Any, Place, Context], Fragment] | None = None
    """For an entry within an encounter."""
    send: Send | None = None
    """How its request is sent, and found again if the answer is lost."""
    identity: Callable[[Request], str] | None = None
    """By what the server tells one of a patient's from another, where it takes each once only."""
    left_behind: Callable[[Client, str], Iterator[Ref]] | None = None
    """Which of a patient's a void of the patient leaves behind, for kinds that it does."""
    resource: str = ""
    """The REST resource of these."""
    undeletable: Callable[[Client, str], bool] | None = None
    """Whether a patient has any, for kinds that OpenMRS deletes for nobody over REST."""


def created(client: Client, resource: str, request: Request, *, ask_first: bool) -> Sent:
    """POST what keeps our uuid; whether it exists is asked by that."""

    def confirm() -> Reply | None:
        return there(client, resource, request.uuid)

    if ask_first and confirm():
        return Sent(request.uuid)
    reply = client.create(resource, request.body, confirm_created=confirm)
    # A refusal may come after the deed.
    if reply.outcome is Outcome.ACCEPTED or confirm():
        return Sent(request.uuid)
    return Sent("", reply.reason)


def there(client: Client, resource: str, uuid: str) -> Reply | None:
    """Return an acceptance if the server holds an object, not voided."""
    found = client.fetch(resource, uuid, "uuid,voided")
    stands = found is not None and not found.get("voided")
    return Reply(Outcome.ACCEPTED, 200, None, "") if stands else None


def coded(
    what: CodeableConcept, role: Role, context: Context
) -> tuple[ServerConcept | None, str | None]:
    """Return the server's concept for a meaning, else its words, which go as free text."""
    concept = context.terms.concept(what, role)
    return concept, None if concept else bounded(what.label, "").text


def cut_words(
    source: str, *meanings: tuple[CodeableConcept, ServerConcept | None]
) -> Iterator[LeftOut]:
    """Yield what does not fit of the meanings that go as words, for want of a concept."""
    for what, concept in meanings:
        if concept is None:
            yield from bounded(what.label, f"{source}#words").left_out


def server_time(value: Any) -> datetime | None:
    """Read a time of REST or FHIR: aware, in whole seconds."""
    if value is None:
        return None
    if isinstance(value, int):  # the appointments module writes milliseconds
        return datetime.fromtimestamp(value // 1000, UTC)
    return datetime.fromisoformat(str(value)).replace(microsecond=0)


def server_date(value: Any) -> date | None:
    """Read the day of a time, in the offset it is written with."""
    return date.fromisoformat(str(value)[:10]) if value else None


def midnight(day: date) -> str:
    """Write a day as REST takes it: without a time it is the server's own midnight."""
    return day.isoformat()


def uuid_of(reference: Any) -> str | None:
    """Read the uuid of what another object refers to in REST."""
    return reference["uuid"] if reference else None


def referred(reference: Any) -> str | None:
    """Read the id of what a FHIR resource refers to."""
    return str(reference["reference"]).rpartition("/")[2] if reference else None


def own_code(concept: Any) -> str | None:
    """Read the concept's uuid from a FHIR CodeableConcept: the coding without a system."""
    codings = (concept or {}).get("coding") or ()
    return next((coding["code"] for coding in codings if "system" not in coding), None)


def request_of(
    entry: PatientEntry,
    patient: Patient,
    body: Body,
    expected: Expected,
    left_out: Iterable[LeftOut] = (),
) -> Request:
    """Return the request that makes an entry of the patient as a whole; parts may be left out."""
    return Request(
        kind=expected.kind,
        patient=patient.uuid,
        uuid=entry.uuid,
        body=body,
        expected=expected,
        left_out=tuple(left_out),
        source=entry.source,
    )


def expect(kind: str, request_uuid: str, label: str, **fields: Field) -> Expected:
    """Say what reading back should show."""
    return Expected(kind, request_uuid, label, fields)


def minted(
    request: Request,
    identifying: tuple[str, ...],
    post: Callable[[Callable[[], Reply | None]], Reply],
    read: Callable[[], Iterator[Found]],
    *,
    ask_first: bool,
    taken: Collection[str],
) -> Sent:
    """POST what the server names itself; one that may have been made is looked for by its fields.

    Entries alike in all that identifies them are told apart by which are `taken` already.
    """

    assert request.expected
    wanted = [request.expected.fields[name] for name in identifying]

    def look() -> str | None:
        free = (found for found in read() if found.uuid not in taken)
        fitting = (f.uuid for f in free if [f.fields[name] for name in identifying] == wanted)
        return next(fitting, None)

    def confirm() -> Reply | None:
        uuid = look()
        return Reply(Outcome.ACCEPTED, 200, {"uuid": uuid}, "") if uuid else None

    if ask_first and (uuid := look()):
        return Sent(uuid)
    reply = post(confirm)
    if reply.outcome is Outcome.ACCEPTED and isinstance(reply.body, dict):
        named = reply.body.get("uuid") or reply.body.get("id")
        if isinstance(named, str) and named:
            return Sent(named)
    uuid = look()
    return Sent(uuid) if uuid else Sent("", reply.reason)
