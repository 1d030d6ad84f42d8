"""A server that accepts everything: what is sent to it is what bridge sends."""

import re
from collections.abc import Callable, Mapping
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
        wait_out: float = 0.0,
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


def accepted(body: Any = None) -> Reply:
    """Return the reply to what is taken, or to a question."""
    return Reply(Outcome.ACCEPTED, 200, body, "")


MISSING = Reply(Outcome.MISSING, 404, None, "there is no such object")


def refused(reason: str = "no") -> Reply:
    """Return the reply to what is refused."""
    return Reply(Outcome.REJECTED, 400, None, reason)


Answer = Reply | Callable[[], Reply]


class AnsweringTransport(AcceptingTransport):
    """Answers what a test has written down; the rest it accepts."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        super().__init__()
        self._answers = {re.compile(line): answer for line, answer in answers.items()}

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        confirm_created: ConfirmCreated | None = None,
        wait_out: float = 0.0,
    ) -> Reply:
        """Answer the first line that fits, as `POST .*/condition`."""
        reply = super().send(method, path, body, confirm_created=confirm_created, wait_out=wait_out)
        for line, answer in self._answers.items():
            if line.search(f"{method} {path}"):
                return answer() if callable(answer) else answer
        return reply

    def once(self, method: str, path: str, body: Any = None) -> Reply:
        """Answer the same."""
        return self.send(method, path, body)

    def lines(self, method: str = "") -> list[str]:
        """List what was asked for, without the part after the question mark."""
        return [
            f"{one.method} {one.path.partition('?')[0].partition('/ws/')[2]}"
            for one in self.sent
            if one.method.startswith(method)
        ]


class AnsweringClient(Client):
    """A client of that."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answering = AnsweringTransport(answers)
        super().__init__(self.answering)
