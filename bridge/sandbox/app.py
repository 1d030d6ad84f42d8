"""The web application over an open database."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from flask import Flask, Response, request

from bridge.sandbox.fhir_web import add_fhir
from bridge.sandbox.people.pages import add_pages
from bridge.sandbox.request_context import PREFIX, RequestContext
from bridge.sandbox.rest_web import add_rest
from bridge.sandbox.storage import Database

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def create_app(database: Database, clock: Callable[[], datetime]) -> Flask:
    """Make the application."""
    app = Flask("bridge.sandbox")
    context = RequestContext(database, clock)
    app.before_request(refuse_strangers)
    app.after_request(partial(_dated, clock))
    for sign_of_life in ("started", "alive"):
        app.add_url_rule(f"{PREFIX}/health/{sign_of_life}", sign_of_life, lambda: Response(""))
    add_rest(app, context)
    add_fhir(app, context)
    add_pages(app, context.store, PREFIX)
    return app


def _dated(clock: Callable[[], datetime], response: Response) -> Response:
    """Say what time the server has, which is also the time that its rules go by."""
    response.date = clock()
    return response


def refuse_strangers() -> Response | None:
    """Answer only to loopback names, and to pages that are themselves from there.

    A page on another host's name must neither read patients here (by a name that it lets lead to
    this machine) nor send any (with the password that the browser remembers).
    """
    origin = request.headers.get("Origin")
    if _is_here(f"//{request.host}") and (origin is None or _is_here(origin)):
        return None
    return Response("This server answers on this machine only.\n", 403, mimetype="text/plain")


def _is_here(address: str) -> bool:
    try:
        return urlsplit(address).hostname in LOOPBACK
    except ValueError:
        return False
