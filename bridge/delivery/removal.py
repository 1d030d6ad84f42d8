"""Takes one object off the server. A refusal may come after the deed, so it is asked what stays."""

from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome


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
