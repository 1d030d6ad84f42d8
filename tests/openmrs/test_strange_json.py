"""Answers of well-formed HTTP whose JSON is not what was asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.errors import BridgeError, ServerError
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Patience, Server, Transport
from tests.lib.scripted_server import Answer, Script, scripted_server

BRIEF = Patience(attempts=2, total=2, connect=1, read=1, first_pause=0, longest_pause=0)


def client_of(url: str) -> Client:
    """Open a client."""
    server = Server(url=url, user="admin", password="Secret")
    return Client(Transport(server, patience=BRIEF, sleep=lambda seconds: None))


def answering(body: Any) -> Script:
    """Answer all but sign-ins with this."""
    return lambda request: None if request.path.endswith("/session") else Answer(200, body)


DEEP = b'{"results": ' + b"[" * 200_000
STRANGE = {
    "deep": DEEP,
    "deep and whole": b'{"results": ' + b"[" * 900 + b"]" * 900 + b"}",
    "huge number": b'{"total": ' + b"9" * 5000 + b', "totalCount": 1}',
    "large number": b'{"total": 1e400, "totalCount": 1e400}',
    "negative": b'{"total": -1, "totalCount": -1}',
    "no number": b'{"total": NaN, "totalCount": NaN, "results": NaN}',
    "words": b'{"total": "many", "totalCount": [], "results": "many", "entry": 7}',
    "list": b"[1, 2, 3]",
    "lists": b'{"results": [[]], "entry": [[]], "total": [], "totalCount": {}}',
    "links": b'{"results": [{}], "links": [7], "entry": [], "link": [7]}',
    "uuids": b'{"results": [{"uuid": 7}], "entry": [{"resource": 7}]}',
    "link to nowhere": b'{"entry": [{"resource": {}}], "link": [{"relation": "next", '
    b'"url": "http://["}]}',
}
READS: dict[str, Callable[[Client], object]] = {
    "every": lambda client: list(client.every("location", "uuid")),
    "search": lambda client: list(client.fhir_search("Patient?x=1")),
    "count": lambda client: client.fhir_count("Patient"),
    "identifiers": lambda client: client.identifiers("x", 1, "test"),
}


@pytest.mark.parametrize("body", STRANGE)
@pytest.mark.parametrize("read", READS)
def test_strange_json_is_an_error_or_an_answer(read: str, body: str) -> None:
    """And never a traceback."""
    with scripted_server(answering(STRANGE[body])) as server:
        client = client_of(server.url)
        try:
            READS[read](client)
        except BridgeError as error:
            assert len(str(error).splitlines()) == 1
        finally:
            client.close()


@pytest.mark.parametrize("surely", ["words", "no number", "list", "uuids", "deep", "lists"])
@pytest.mark.parametrize("read", ["every", "search"])
def test_pages_that_are_none_are_an_error(read: str, surely: str) -> None:
    """Not an empty list: nothing would be undone, and nobody would know."""
    with scripted_server(answering(STRANGE[surely])) as server:
        client = client_of(server.url)
        with pytest.raises(ServerError):
            READS[read](client)
        client.close()


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    """As with every reader of JSON that OpenMRS has."""
    twice = b'{"total": 1, "total": 2}'
    with scripted_server(answering(twice)) as server:
        assert client_of(server.url).fhir_count("Patient") == 2


@pytest.mark.parametrize(
    "page",
    [
        {"results": [{"uuid": "a"}], "links": [{"rel": "next", "uri": "x"}]},
        {
            "entry": [{"resource": {"id": "a"}}],
            "link": [{"relation": "next", "url": "http://elsewhere/openmrs/ws/fhir2/R4?_get=1"}],
        },
    ],
)
def test_pages_have_an_end(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A next page for ever is an error, and never another host's."""
    monkeypatch.setattr("bridge.openmrs.client.MOST_PAGES", 5)
    read = READS["every" if "results" in page else "search"]
    with scripted_server(answering(page)) as server:
        client = client_of(server.url)
        with pytest.raises(ServerError, match="without end"):
            read(client)
        client.close()
    assert len(server.paths()) <= 5
    assert all(path.startswith("/openmrs/ws/") for path in server.paths())
