"""A server that accepts everything: what is sent to it is what bridge sends."""

from typing import Any, NamedTuple

from bridge.openmrs.client import Client
from bridge.openmrs.replies import Outcome, Reply
from bridge.openmrs.transport import ConfirmCreated, Multipart, Server, Transport


class Sending(NamedTuple):
    """One request, as it was handed to the line."""

    method: str
    path: str
    body: Any


class AcceptingTransport(Transport):
    """Keeps what it is to send, and answers as OpenMRS does to what it likes."""

    def __init__(self) -> None:
        super().__init__(Server(url="http://127.0.0.1:1", user="", password=""))
        self.sent: list[Sending] = []

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        confirm_created: ConfirmCreated | None = None,
    ) -> Reply:
        """Accept it."""
        self.sent.append(Sending(method, path, body))
        said = body.json if isinstance(body, Multipart) else body or {}
        answer = {"uuid": said.get("uuid", "minted"), "id": "minted", "visit": said.get("visit")}
        return Reply(Outcome.ACCEPTED, 201, answer, "")


class AcceptingClient(Client):
    """A client whose server accepts everything."""

    def __init__(self) -> None:
        self.accepting = AcceptingTransport()
        super().__init__(self.accepting)
