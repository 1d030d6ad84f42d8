"""FHIR on the web: resources in, resources and OperationOutcomes out."""

import sqlite3
from typing import Any

from flask import Flask, Response, g, request

from bridge.sandbox.bodies import parse_json
from bridge.sandbox.fhir import endpoint
from bridge.sandbox.fhir.bundles import SearchCache
from bridge.sandbox.fhir.outcomes import Outcome
from bridge.sandbox.refusals import Refusal
from bridge.sandbox.request_context import (
    PREFIX,
    RequestContext,
    base_address,
    json_reply,
    refusal_page,
)

ADDRESS = f"{PREFIX}/ws/fhir2/R4"
JSON = "application/fhir+json;charset=UTF-8"
METHODS = ["GET", "POST", "PUT", "DELETE"]


def add_fhir(app: Flask, context: RequestContext) -> None:
    """Add the FHIR server to the application."""
    cache = SearchCache()
    serve = context.signed_in(lambda path: _answer(context, cache, path))
    for place in (ADDRESS, f"{ADDRESS}/", f"{ADDRESS}/<path:path>"):
        app.add_url_rule(place, f"fhir {place}", serve, methods=METHODS)


def _answer(context: RequestContext, cache: SearchCache, path: str) -> Response:
    if path == "metadata":
        moment = context.clock().isoformat(timespec="milliseconds")
        return json_reply(200, endpoint.capability_statement(base_address(), moment), JSON)
    if not g.session.signed_in:
        return refusal_page()
    try:
        reply = _resource(context, cache, path)
    except Outcome as outcome:
        return json_reply(outcome.status, outcome.body(), JSON)
    except Refusal as refusal:
        return json_reply(refusal.status, Outcome(refusal.status, refusal.message).body(), JSON)
    except sqlite3.Error as fault:
        return json_reply(500, Outcome(500, f"could not execute statement: {fault}").body(), JSON)
    response = json_reply(reply.status, reply.body, JSON)
    if reply.location:
        response.headers["Location"] = reply.location
    return response


def _resource(context: RequestContext, cache: SearchCache, path: str) -> endpoint.Reply:
    asked = endpoint.Request(
        method=request.method,
        path=path,
        query=tuple(request.args.items(multi=True)),
        body=_body() if request.method in ("POST", "PUT") else {},
    )
    with context.store(writing=request.method != "GET") as store:
        return endpoint.answer(store, cache, asked)


def _body() -> dict[str, Any]:
    try:
        body = parse_json(request.get_data())
    except ValueError as fault:
        raise Outcome(
            400, f"HAPI-0450: Failed to parse request body as JSON resource: {fault}"
        ) from fault
    return body if isinstance(body, dict) else {}
