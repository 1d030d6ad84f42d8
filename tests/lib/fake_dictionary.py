"""A small OpenMRS of metadata only: it keeps what it is sent and refuses what the real one does.

Seen on core 2.8.7: a uuid or a concept's name twice is a 500, a term's code twice a 400, and a
concept that refers to none that exists a 400.
"""

import re
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.lib.scripted_server import Answer, Request

Body = dict[str, Any]

REST = "/ws/rest/v1/"


class FakeDictionary:
    """The script of a server; `things` is what it has, by resource and uuid."""

    def __init__(self, settings: tuple[str, ...] = (), *, services: bool = True) -> None:
        self.things: dict[str, dict[str, Body]] = {}
        self.settings: dict[str, str | None] = dict.fromkeys(settings)
        self.services: list[Body] | None = [] if services else None
        self.posts = 0
        self.stop_after: int | None = None
        """After how many writes it answers no more, as if somebody had pulled the plug."""
        self._lock = threading.Lock()

    def add(self, resource: str, **body: Any) -> None:
        """Give the server a thing of its own."""
        self.things.setdefault(resource, {})[body["uuid"]] = {
            "retired": False,
            "voided": False,
            **body,
        }

    def __call__(self, request: Request) -> Answer | None:
        """Answer a request; None: a sign-in, or nothing there."""
        place = urlsplit(request.path)
        if REST not in place.path or place.path.endswith("/session"):
            return None
        path = place.path.partition(REST)[2].rstrip("/")
        with self._lock:
            if request.method == "POST":
                return self._write(path, request.body)
            return self._read(path, {k: v[0] for k, v in parse_qs(place.query).items()})

    def _read(self, path: str, query: dict[str, str]) -> Answer | None:
        if path == "appointmentService/all/default":
            return Answer(200, self.services) if self.services is not None else None
        resource, _, uuid = path.partition("/")
        if resource == "systemsetting":
            return Answer(200, {"value": self.settings[uuid]}) if uuid in self.settings else None
        if resource == "program" and not uuid:
            return Answer(200, {"results": [self._program(one) for one in self._all("program")]})
        if "/" in uuid:  # a state
            return self._one("state", uuid.rpartition("/")[2])
        if uuid:
            return self._one(resource, uuid)
        return Answer(200, {"results": self._search(resource, query)})

    def _all(self, resource: str) -> list[Body]:
        return list(self.things.get(resource, {}).values())

    def _one(self, resource: str, uuid: str) -> Answer | None:
        found = self.things.get(resource, {}).get(uuid)
        return Answer(200, found) if found else None

    def _program(self, program: Body) -> Body:
        flows = [flow for flow in self._all("workflow") if flow["program"] == program["uuid"]]
        return {
            **program,
            "allWorkflows": [
                {**flow, "states": [s for s in self._all("state") if s["workflow"] == flow["uuid"]]}
                for flow in flows
            ],
        }

    def _search(self, resource: str, query: dict[str, str]) -> list[Body]:
        found = self._all(resource)
        if "references" in query:
            asked = query["references"].split(",")
            return [self._shown(c) for c in found if {c["uuid"], *self._ciel(c)} & set(asked)]
        if "name" in query:
            called = [c for c in found if c["names"][0]["name"].lower() == query["name"].lower()]
            return [self._shown(concept) for concept in called]
        if "codeOrName" in query:
            wanted = query["codeOrName"], query["source"]
            terms = [term for term in found if (term["code"], term["conceptSource"]) == wanted]
            return [{**t, "conceptSource": {"uuid": t["conceptSource"]}} for t in terms]
        if resource == "orderfrequency":
            return [{**one, "concept": {"uuid": one["concept"]}} for one in found]
        return found

    def _ciel(self, concept: Body) -> set[str]:
        terms = (self.things["conceptreferenceterm"][uuid] for uuid in concept.get("terms", ()))
        return {f"CIEL:{term['code']}" for term in terms}

    def _shown(self, concept: Body) -> Body:
        return {
            "uuid": concept["uuid"],
            "retired": concept["retired"],
            "conceptClass": {"name": self._class_of(concept)},
            "datatype": {"name": concept.get("datatype_name", "Text")},
            "answers": [{"uuid": uuid} for uuid in concept.get("answers", ())],
            "setMembers": [{"uuid": uuid} for uuid in concept.get("setMembers", ())],
            "mappings": [
                {
                    "conceptReferenceTerm": {
                        "code": code.removeprefix("CIEL:"),
                        "conceptSource": {"name": "CIEL"},
                    },
                    "conceptMapType": {"display": "SAME-AS"},
                }
                for code in self._ciel(concept)
            ],
        }

    def _class_of(self, concept: Body) -> str:
        classes = self.things["conceptclass"]
        return str(classes.get(concept.get("conceptClass", ""), {"name": "none"})["name"])

    def _write(self, path: str, body: Body) -> Answer:
        self.posts += 1
        if self.stop_after is not None and self.posts > self.stop_after:
            return Answer(drop=True)
        resource, _, uuid = path.partition("/")
        if resource == "systemsetting":
            self.settings[uuid] = body["value"]
            return Answer(200, {"uuid": uuid})
        if resource == "appointmentService":
            assert self.services is not None
            self.services.append({**body, "uuid": f"minted-{len(self.services)}"})
            return Answer(200, self.services[-1])
        if uuid.endswith("/state"):
            body, resource, uuid = {**body, "workflow": uuid.partition("/")[0]}, "state", ""
        if uuid:
            self.things[resource][uuid].update(body)
            return Answer(200, {"uuid": uuid})
        return self._create(resource, body)

    def _create(self, resource: str, body: Body) -> Answer:
        if refusal := self._refusal(resource, body):
            return refusal
        terms = [m["conceptReferenceTerm"] for m in body.get("mappings", ())]
        same = [m["conceptMapType"].startswith("35543629") for m in body.get("mappings", ())]
        ciel = [t for t, is_same in zip(terms, same, strict=True) if is_same and self._of_ciel(t)]
        self.add(resource, **body, terms=ciel)
        return Answer(201, {"uuid": body["uuid"]})

    def _of_ciel(self, term: str) -> bool:
        source = self.things["conceptreferenceterm"][term]["conceptSource"]
        return bool(self.things["conceptsource"][source]["name"] == "CIEL")

    def _refusal(self, resource: str, body: Body) -> Answer | None:
        others = self._all(resource)
        if any(other["uuid"] == body["uuid"] for other in others):
            return _said(500, f"Duplicate entry '{body['uuid']}' for key 'uuid'")
        if resource == "conceptreferenceterm":
            key = body["code"], body["conceptSource"]
            if any((other["code"], other["conceptSource"]) == key for other in others):
                return _said(400, "Duplicate reference term code in its concept source")
        if resource == "concept":
            name = body["names"][0]["name"].lower()
            if any(
                other.get("names", [{"name": ""}])[0]["name"].lower() == name for other in others
            ):
                return _said(500, f"'{name}' is a duplicate name in locale 'en'")
        for uuid in _references(resource, body):
            if not any(uuid in known for known in self.things.values()):
                return _said(400, f"Object with given uuid doesn't exist [{uuid}]")
        return None


def _references(resource: str, body: Body) -> list[str]:
    single = [body[name] for name in ("concept", "dosageForm", "program") if name in body]
    terms = [mapping["conceptReferenceTerm"] for mapping in body.get("mappings", ())]
    seeded = re.compile("^8d4")  # classes that every OpenMRS has
    classes = [body["conceptClass"]] if "conceptClass" in body else []
    return [
        uuid
        for uuid in (
            *single,
            *terms,
            *body.get("answers", ()),
            *body.get("setMembers", ()),
            *classes,
        )
        if not seeded.match(uuid)
    ]


def _said(status: int, message: str) -> Answer:
    return Answer(status, {"error": {"message": message}})
