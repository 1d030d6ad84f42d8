"""Clients that go to servers which make no visit inside an encounter."""

from typing import Any

from bridge.openmrs.client import Client
from bridge.openmrs.replies import Kind, Reply
from bridge.openmrs.transport import Recall


class FlatClient(Client):
    """Goes to a server that takes no visit inside an encounter."""

    refuses = False

    def create_encounter(self, body: dict[str, Any], *, recall: Recall | None = None) -> Reply:
        """Drop the visit that is inside, or refuse the whole for it."""
        if isinstance(body["visit"], dict):
            if self.refuses:
                reason = "[visit on class org.openmrs.Encounter => a uuid is expected]"
                return Reply(Kind.REJECTED, 400, {}, reason)
            body = {name: part for name, part in body.items() if name != "visit"}
        return super().create_encounter(body, recall=recall)


class RefusingClient(FlatClient):
    """Goes to one that refuses it."""

    refuses = True
