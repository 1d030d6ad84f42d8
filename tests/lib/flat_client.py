"""Clients that go to servers which make no visit inside an encounter."""

import json
from typing import Any

from bridge.openmrs.client import Client
from bridge.openmrs.replies import Reply, sort_reply
from bridge.openmrs.transport import ConfirmCreated


class FlatClient(Client):
    """Goes to a server that takes no visit inside an encounter."""

    refuses = False

    def create_encounter(
        self, body: dict[str, Any], *, confirm_created: ConfirmCreated | None = None
    ) -> Reply:
        """Drop the visit that is inside, or refuse the whole for it."""
        if isinstance(body["visit"], dict):
            if self.refuses:
                reason = "[visit on class org.openmrs.Encounter => a uuid is expected]"
                return sort_reply(400, {}, json.dumps({"error": {"message": reason}}))
            body = {name: part for name, part in body.items() if name != "visit"}
        return super().create_encounter(body, confirm_created=confirm_created)


class RefusingClient(FlatClient):
    """Goes to one that refuses it."""

    refuses = True
