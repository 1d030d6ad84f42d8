"""The addresses of the pages, their sign-in, and headers that keep text from becoming script."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import quote

from flask import Flask, Response, abort, redirect, render_template, request

from bridge.sandbox.attachments import Download, content_of
from bridge.sandbox.people.care import care_of
from bridge.sandbox.people.chart import (
    PAGE,
    list_people,
    person_of,
    readings_of,
)
from bridge.sandbox.people.results import tests_of
from bridge.sandbox.people.timeline import pictures_of, stays_of
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
            care = care_of(store, record, person.birthdate)
            tests, pictures = tests_of(store, record), pictures_of(store, record)
            readings = readings_of(store, record)
            drawn = graphs(readings, person.birthdate, store.today)
        shown = columns(readings)
        return render_template(
            "patient.html",
            person=person,
            care=care,
            tests=tests,
            pictures=pictures,
            stays=stays,
            columns=shown,
            rows=rows(readings, shown),
            graphs=drawn,
        )

    def attachment(uuid: str) -> Response:
        with open_store(writing=False) as store:
            found = shown(store, uuid)
        if found is None:
            abort(404)
        return sent(found)

    app.add_url_rule("/", "patients", signed_in(patients))
    app.add_url_rule("/attachment/<uuid>", "attachment", signed_in(attachment))
    app.add_url_rule("/patient/<uuid>", "patient", signed_in(patient))
    app.add_url_rule(prefix, "openmrs", lambda: redirect("/"))
    app.add_url_rule(f"{prefix}/", "openmrs/", lambda: redirect("/"))
    app.register_error_handler(404, lambda fault: (render_template("missing.html"), 404))
    app.after_request(protect)


SAFE_TO_SHOW = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may open in its window; all else is only saved."""


def shown(store: Store, uuid: str) -> Download | None:
    """Take out an attachment that is not voided."""
    obs = store.find("obs", uuid)
    if obs is None or obs.ended or obs["valueComplex"] is None:
        return None
    return content_of(store, obs)


def sent(download: Download) -> Response:
    """Send an attachment, to be looked at where that can do no harm."""
    is_safe = download.media_type in SAFE_TO_SHOW
    kind = download.media_type if is_safe else "application/octet-stream"
    response = Response(download.content, content_type=kind)
    way = "inline" if is_safe else "attachment"
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(download.name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def signed_in(page: Callable[..., str | Response]) -> Callable[..., str | Response]:
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
