"""REST on the web: bodies in, answers and refusals out, in OpenMRS's forms."""

import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, request

from bridge.sandbox import appointments, attachments, information, rest, results_tree
from bridge.sandbox.attachments import Download
from bridge.sandbox.bodies import parse_json
from bridge.sandbox.refusals import Broken, Invalid, NotSignedIn, Refusal
from bridge.sandbox.request_context import PREFIX, RequestContext, base_address, json_reply
from bridge.sandbox.sessions import COOKIE, Session
from bridge.sandbox.store import Store

ADDRESS = f"{PREFIX}/ws/rest/v1"
JSON = "application/json;charset=UTF-8"
SPECIAL: tuple[Callable[[Store, rest.Request], rest.Reply | None], ...] = (
    information.answer,
    appointments.answer,
    attachments.answer,
    results_tree.answer,
)
"""What answers before the engine of all resources does: these are no plain records."""

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def add_rest(app: Flask, context: RequestContext) -> None:
    """Add the REST resources to the application."""
    serve = context.signed_in(lambda path: _answer(context, path))
    app.add_url_rule(f"{ADDRESS}/<path:path>", "rest", serve, methods=METHODS)


def _answer(context: RequestContext, path: str) -> Response:
    try:
        if path == "session":
            return _session(context)
        if not _is_known(request.method, path):
            return json_reply(200, _unsupported(path), JSON)
        return _resource(context, path)
    except (Refusal, Invalid) as refusal:
        return _refused(refusal)
    except sqlite3.Error as fault:
        return _refused(Broken.database(str(fault)))


def _refused(refusal: Refusal | Invalid) -> Response:
    response = json_reply(refusal.status, refusal.body(), JSON)
    if isinstance(refusal, NotSignedIn):
        realm = f'Basic realm="OpenMRS at {base_address()}/ws/rest/"'
        response.headers["WWW-Authenticate"] = realm
    return response


def _resource(context: RequestContext, path: str) -> Response:
    asked = rest.Request(
        method=request.method,
        path=path,
        query=tuple(request.args.items(multi=True)),
        body=_body() if request.method in ("POST", "PUT") and not _is_multipart() else {},
        signed_in=g.session.signed_in,
        upload=_upload() if _is_multipart() else None,
    )
    with context.store(writing=request.method != "GET") as store:
        reply = _answered(store, asked)
    if isinstance(reply.body, Download):
        return _file(reply.body)
    return json_reply(reply.status, reply.body, JSON)


def _answered(store: Store, asked: rest.Request) -> rest.Reply:
    """Let the special resources answer before the engine that serves all others."""
    for special in SPECIAL:
        reply = special(store, asked)
        if reply is not None:
            return reply
    return rest.answer(store, asked)


def _file(download: Download) -> Response:
    response = Response(download.content, content_type=download.media_type)
    name = quote(download.name)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _is_multipart() -> bool:
    return request.method == "POST" and request.mimetype == "multipart/form-data"


def _upload() -> rest.Upload:
    """Read the one file of a multipart body, with the fields beside it."""
    sent = request.files.get("file")
    fields = {name: str(value) for name, value in request.form.items()}
    # the JSON may come as a part of its own with a file's headers
    fields |= {
        name: part.read().decode(errors="replace")
        for name, part in request.files.items()
        if name != "file"
    }
    if sent is None:
        return rest.Upload("", "", b"", fields)
    return rest.Upload(sent.filename or "", sent.mimetype or "", sent.read(), fields)


def _body() -> dict[str, Any]:
    if request.mimetype != "application/json":
        kind = f"{request.mimetype};charset=UTF-8" if request.mimetype else ""
        raise Broken(
            f"Content type '{kind}' not supported",
            java="org.springframework.web.HttpMediaTypeNotSupportedException",
            code="org.springframework.web.servlet.mvc.method.annotation."
            "AbstractMessageConverterMethodArgumentResolver:211",
        )
    try:
        body = parse_json(request.get_data())
    except ValueError as fault:
        raise _malformed(str(fault)) from fault
    if not isinstance(body, dict):
        raise _malformed("Cannot deserialize value of type `SimpleObject`")
    return body


def _malformed(fault: str) -> Refusal:
    return Refusal(
        400,
        [f"JSON parse error: {fault}", fault],
        java="org.springframework.http.converter.HttpMessageNotReadableException",
        code="org.springframework.http.converter.json.AbstractJackson2HttpMessageConverter:391",
    )


def _is_known(method: str, path: str) -> bool:
    if method == "PUT":
        return path.startswith("patient/") and path.endswith("/allergy")
    return (
        method in ("GET", "POST")
        or (method == "DELETE" and "/" in path)
        or (method == "DELETE" and path == "appointmentService")
    )


def _unsupported(path: str) -> dict[str, Any]:
    """Write what OpenMRS answers, with a status of 200, to a method it does not know."""
    methods = ["GET", "POST"] if "/" not in path else ["GET", "POST", "DELETE"]
    message = f"Request method '{request.method}' not supported"
    return {
        "cause": None,
        "method": request.method,
        "supportedMethods": methods,
        "supportedHttpMethods": methods,
        "rootCause": None,
        "message": message,
        "localizedMessage": message,
    }


def _session(context: RequestContext) -> Response:
    session: Session = g.session
    if request.method == "DELETE":
        context.sessions.end(session)
        gone = (
            f"{COOKIE}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path={PREFIX}; HttpOnly"
        )
        return Response(status=204, headers={"Set-Cookie": gone})
    if request.method == "POST" and session.signed_in:
        chosen = _body().get("sessionLocation")
        session.location = chosen if chosen and isinstance(chosen, str) else session.location
    with context.store(writing=False) as store:
        return json_reply(200, information.session_body(store, session), JSON)
