"""Takes objects off the server. A refusal may come after the deed, so it is asked what stays."""

from collections.abc import Collection

from bridge.delivery.kinds import BY_NAME, KINDS
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome

LEFT_BEHIND = frozenset(kind.name for kind in KINDS if kind.left_behind)
"""The kinds that a void of their patient does not take along."""


OBSERVATIONS_IN_TIME = 1_000
"""How many OpenMRS voids within a time limit: a busy one takes up to some 30 ms for each."""

MANY_OBSERVATIONS = 10_000
"""How many a chart of decades has; of whom the record has no counts, there may be as many."""

PART_REFUSED = "bridge: a part was refused"
"""Why a patient is taken back whole."""


def void(client: Client, resource: str, uuid: str, reason: str, *, observations: int = 0) -> str:
    """Void an object; return the server's reason when it stays, else nothing.

    With many `observations` it takes the server minutes, in which it is asked whether it is done.
    """
    wait_out = 1 + observations / OBSERVATIONS_IN_TIME
    reply = client.void(resource, uuid, reason, wait_out=wait_out)
    if reply.outcome in (Outcome.ACCEPTED, Outcome.MISSING):
        return ""
    found = client.fetch(resource, uuid, "voided")
    return reply.reason if found and not found["voided"] else ""


def purge(client: Client, resource: str, uuid: str) -> str:
    """Delete an object for good; return the server's reason when it stays, else nothing."""
    reply = client.purge(resource, uuid)
    if reply.outcome in (Outcome.ACCEPTED, Outcome.MISSING):
        return ""
    return reply.reason if client.fetch(resource, uuid, "uuid") else ""


def void_patient(
    client: Client, uuid: str, reason: str, kinds: Collection[str], observations: int
) -> str:
    """Void a patient; what that would leave behind, of the `kinds` named, goes before it."""
    for name in sorted(LEFT_BEHIND & set(kinds)):
        list_left_behind = BY_NAME[name].left_behind
        assert list_left_behind
        for ref in list_left_behind(client, uuid):
            if refused := void(client, ref.resource, ref.uuid, reason):
                return refused
    return void(client, "patient", uuid, reason, observations=observations)
