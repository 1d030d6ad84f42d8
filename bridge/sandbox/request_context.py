"""What every request needs: the data, the clock, the sessions, and the forms of an answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Response, g, request

from bridge.sandbox.catalogue import RESOURCE_TYPES
from bridge.sandbox.sessions import COOKIE, Session, Sessions, proves_identity
from bridge.sandbox.storage import Database
from bridge.sandbox.store import Store

PREFIX = "/openmrs"
HTML = "text/html;charset=utf-8"
UNAUTHORIZED = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 401 \u2013 Unauthorized</title></head>'
    "<body><h1>HTTP Status 401 \u2013 Unauthorized</h1></body></html>"
)


class RequestContext:
    """Receives requests and signs them in, and transactions opened."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self.sessions = Sessions()

    @contextmanager
    def store(self, *, writing: bool) -> Iterator[Store]:
        """Open the records for the length of one transaction."""
        transaction = self.database.writing if writing else self.database.reading
        with transaction() as connection:
            yield Store(connection, RESOURCE_TYPES, self.clock(), base_address())

    def signed_in(self, answer: Callable[[str], Response]) -> Callable[..., Response]:
        """Wrap an answer to a path: find or start the session before, hand out its cookie after.

        An unknown cookie is refused in HTML, as Tomcat does, whatever else the request carries.
        """

        def serve(path: str = "") -> Response:
            cookie = request.cookies.get(COOKIE)
            session = self.sessions.get(cookie) if cookie else self.sessions.start()
            if session is None:
                return _with_cookie(refusal_page(), self.sessions.start())
            if not session.signed_in:
                session.signed_in = proves_identity(request.headers.get("Authorization"))
            g.session = session
            response = answer(path.rstrip("/"))
            known = cookie or "Set-Cookie" in response.headers
            return response if known else _with_cookie(response, session)

        return serve


def base_address() -> str:
    """Return where OpenMRS begins, by the name that the client used."""
    return f"{request.host_url[:-1]}{PREFIX}"


def refusal_page() -> Response:
    """Say in HTML that nobody is signed in."""
    return Response(UNAUTHORIZED, 401, content_type=HTML)


def json_reply(status: int, body: Any, content_type: str) -> Response:
    """Write an answer as JSON."""
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type=content_type)


def _with_cookie(response: Response, session: Session) -> Response:
    response.headers["Set-Cookie"] = f"{COOKIE}={session.id}; Path={PREFIX}; HttpOnly"
    return response
