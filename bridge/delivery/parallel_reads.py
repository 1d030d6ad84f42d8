"""Asks a server several things at once: on a long line the waits would add up."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bridge.openmrs.client import Client

Question = Callable[[Client], Any]


def ask_at_once(client: Client, questions: Mapping[str, Question], most: int) -> dict[str, Any]:
    """Return the answers by the questions' names, over at most `most` connections.

    The first error is raised once those under way have ended.
    """
    if most == 1:
        return {name: question(client) for name, question in questions.items()}
    clients = [client]  # append and pop are atomic
    free = [client]

    def ask(question: Question) -> Any:
        try:
            own = free.pop()
        except IndexError:
            own = client.clone()
            clients.append(own)
        try:
            return question(own)
        finally:
            free.append(own)

    with ThreadPoolExecutor(most) as pool:
        try:
            return dict(zip(questions, pool.map(ask, questions.values()), strict=True))
        finally:
            for own in clients[1:]:
                own.close()
