"""The addresses of the pages, their sign-in, and headers that keep text from becoming script."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from flask import Flask, Response, abort, redirect, render_template, request

from bridge.sandbox.people.chart import (
    PAGE,
    list_people,
    person_of,
    readings_of,
    stays_of,
)
from bridge.sandbox.people.vitals import columns, graphs, rows
from bridge.sandbox.sessions import proves_identity
from bridge.sandbox.store import Store

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


MOST_START = 2**31


class OpensStore(Protocol):
    """Gives the records for the length of one transaction."""

    def __call__(self, *, writing: bool) -> AbstractContextManager[Store]: ...


def add_pages(app: Flask, open_store: OpensStore, prefix: str) -> None:
    """Add the pages to the application."""

    def patients() -> str:
        query = request.args.get("q", "").strip()
        start = min(max(0, request.args.get("start", 0, type=int)), MOST_START)
        with open_store(writing=False) as store:
            listing = list_people(store, query, start)
        return render_template("patients.html", listing=listing, query=query, page=PAGE)

    def patient(uuid: str) -> str:
        with open_store(writing=False) as store:
            record = store.find("patient", uuid)
            if record is None or record.ended:
                abort(404)
            person = person_of(store, record)
            stays = stays_of(store, record)
            readings = readings_of(store, record)
            drawn = graphs(readings, person.birthdate, store.today)
        shown = columns(readings)
        return render_template(
            "patient.html",
            person=person,
            stays=stays,
            columns=shown,
            rows=rows(readings, shown),
            graphs=drawn,
        )

    app.add_url_rule("/", "patients", signed_in(patients))
    app.add_url_rule("/patient/<uuid>", "patient", signed_in(patient))
    app.add_url_rule(prefix, "openmrs", lambda: redirect("/"))
    app.add_url_rule(f"{prefix}/", "openmrs/", lambda: redirect("/"))
    app.register_error_handler(404, lambda fault: (render_template("missing.html"), 404))
    app.after_request(protect)


def signed_in(page: Callable[..., str]) -> Callable[..., str | Response]:
    """Ask for the name and the password before a page is shown."""

    def guarded(**parts: str) -> str | Response:
        if proves_identity(request.headers.get("Authorization")):
            return page(**parts)
        asking = {"WWW-Authenticate": 'Basic realm="bridge sandbox", charset="UTF-8"'}
        return Response("Sign in as admin with Admin123.\n", 401, asking, mimetype="text/plain")

    return guarded


def protect(response: Response) -> Response:
    """Forbid a page everything it does not need."""
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
