"""The web application over an open database."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, Response, request

from bridge.sandbox.desk import PREFIX, Desk
from bridge.sandbox.fhir_web import add_fhir
from bridge.sandbox.people.pages import add_pages
from bridge.sandbox.rest_web import add_rest
from bridge.sandbox.storage import Database

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def create_app(database: Database, clock: Callable[[], datetime]) -> Flask:
    """Make the application."""
    app = Flask("bridge.sandbox")
    desk = Desk(database, clock)
    app.before_request(refuse_strange_hosts)
    for sign_of_life in ("started", "alive"):
        app.add_url_rule(f"{PREFIX}/health/{sign_of_life}", sign_of_life, lambda: Response(""))
    add_rest(app, desk)
    add_fhir(app, desk)
    add_pages(app, desk.store, PREFIX)
    return app


def refuse_strange_hosts() -> Response | None:
    """Answer only to loopback names: a page on another host's name must not read patients here."""
    name = urlsplit(f"//{request.host}").hostname
    if name in LOOPBACK:
        return None
    return Response("This server answers on this machine only.\n", 403, mimetype="text/plain")
