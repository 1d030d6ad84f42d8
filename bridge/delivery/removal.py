"""Takes objects off the server. A refusal may come after the deed, so it is asked what stays."""

from collections.abc import Collection, Iterable

from bridge.delivery.kinds import BY_NAME, KINDS
from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome

LEFT_BEHIND = frozenset(kind.name for kind in KINDS if kind.left_behind)
"""The kinds that a void of their patient does not take along."""


LARGE = 500
"""Observations from which on a chart is voided visit by visit: OpenMRS takes up to some 30 ms for
each, all in one answer, and it or a gateway before it gives up after a minute."""


def void(client: Client, resource: str, uuid: str, reason: str) -> str:
    """Void an object; return the server's reason when it stays, else nothing."""
    reply = client.void(resource, uuid, reason)
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
    client: Client,
    uuid: str,
    reason: str,
    kinds: Collection[str],
    *,
    visits: Iterable[str] = (),
) -> str:
    """Void a patient; what that would leave behind, of the `kinds` named, goes before it.

    So do the `visits` named, which it would take along: in requests of their own.
    """
    for name in sorted(LEFT_BEHIND & set(kinds)):
        list_left_behind = BY_NAME[name].left_behind
        assert list_left_behind
        for ref in list_left_behind(client, uuid):
            if refused := void(client, ref.resource, ref.uuid, reason):
                return refused
    for visit in visits:
        if refused := void(client, "visit", visit, reason):
            return refused
    return void(client, "patient", uuid, reason)
