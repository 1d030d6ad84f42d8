"""Plays a tape of a live server against the sandbox and says where the answers differ."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import requests

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
ACCIDENTS = (
    (re.compile(r"\(conn=\d+\) "), ""),
    (re.compile(r"org\.openmrs\.Patient#\d+"), "org.openmrs.Patient#n"),
    (re.compile(r"State Concept #\d+"), "State Concept #n"),
    (re.compile(r"http://localhost:8080/openmrs"), "{{base}}"),
    # what the parser of the server says of a body that is no JSON
    (re.compile(r"JSON parse error: .*", re.DOTALL), "JSON parse error"),
)
"""What differs from run to run, or with the program that reads the JSON."""

VOLATILE = frozenset(
    {
        "appointmentNumber",
        "dateAppointmentScheduled",
        "date",
        "dateChanged",
        "dateCreated",
        "div",
        "issued",
        "lastLoginTimestamp",
        "lastUpdated",
        "versionId",
        "SystemInfo.OpenMRSInstallation.openmrsVersion",
        "SystemInfo.OpenMRSInstallation.systemDate",
        "SystemInfo.OpenMRSInstallation.systemTime",
    }
)
"""Keys whose value belongs to the one run; only its type is compared."""


class Answer(NamedTuple):
    """What a server answered, as far as the tape keeps it."""

    status: int
    headers: dict[str, str]
    body: Any


class Player:
    """Plays exchanges in order, as the people of the tape, and keeps what they capture."""

    def __init__(self, base: str, user: str, password: str, tape: list[dict[str, Any]]) -> None:
        self.base = base
        self.captured: dict[str, str] = {}
        self.signed_in = requests.Session()
        self.signed_in.headers["Authorization"] = _basic(user, password)
        self.user = user
        asked = json.dumps([exchange["request"] for exchange in tape])
        self.given = frozenset(UUID.findall(asked))

    def play(self, exchange: dict[str, Any]) -> Answer:
        """Ask what the exchange asked."""
        request = exchange["request"]
        is_fhir = request["path"].startswith("/ws/fhir2")
        headers = {"Accept": "application/fhir+json" if is_fhir else "application/json"}
        body: str | None = None
        if "json" in request:
            headers["Content-Type"] = "application/json"
            body = json.dumps(self.fill(request["json"]))
        elif "text" in request:
            body = request["text"]
            # the tape does not keep the one header that its steps set
            plain = exchange["name"] == "patient no content type"
            headers["Content-Type"] = "text/plain" if plain else "application/json"
        response = self._as(exchange["as"], headers)(
            request["method"],
            self.base + self.fill(request["path"]),
            data=body,
            headers=headers,
            timeout=10,
            allow_redirects=False,
        )
        answer = Answer(response.status_code, dict(response.headers), _json(response))
        self._capture(exchange["capture"], answer.body)
        return answer

    def fill(self, given: Any) -> Any:
        """Put captured values into a request."""
        if isinstance(given, str):
            return re.sub(r"\{\{(\w+)\}\}", lambda found: self.captured[found[1]], given)
        if isinstance(given, dict):
            return {name: self.fill(value) for name, value in given.items()}
        return [self.fill(item) for item in given] if isinstance(given, list) else given

    def normal(self, text: str) -> str:
        """Blank out what no two servers share: the uuids they mint, their address, captures."""
        text = text.replace("{{base}}", self.base)
        for name, value in self.captured.items():
            text = text.replace("{{" + name + "}}", value)
        for accident, blank in ACCIDENTS:
            text = accident.sub(blank, text)
        text = text.replace(self.base, "{{base}}")
        return UUID.sub(lambda found: found[0] if found[0] in self.given else "<uuid>", text)

    def differences(self, exchange: dict[str, Any], answer: Answer) -> list[str]:
        """Say how an answer differs from the tape's."""
        taped = exchange["response"]
        found = []
        if answer.status != taped["status"]:
            found.append(f"status {answer.status} instead of {taped['status']}")
        found += self._header_differences(taped["headers"], answer.headers)
        return found + list(self._compare("", taped.get("json"), answer.body))

    def close(self) -> None:
        """Hang up."""
        self.signed_in.close()

    def _as(self, who: str, headers: dict[str, str]) -> Callable[..., requests.Response]:
        if who == "user":
            return self.signed_in.request
        if who == "bad-password":
            headers["Authorization"] = _basic(self.user, "wrong-password")
        if who == "bogus-cookie":
            headers["Cookie"] = "JSESSIONID=0123456789ABCDEF0123456789ABCDEF"
        return requests.request

    def _capture(self, wanted: dict[str, str], body: Any) -> None:
        for name, path in wanted.items():
            found = body
            for part in path.split("."):
                found = found[int(part)] if isinstance(found, list) else found[part]
            self.captured[name] = found

    def _header_differences(self, taped: dict[str, str], got: dict[str, str]) -> list[str]:
        lower = {name.lower(): value for name, value in got.items()}
        found = []
        for name, value in taped.items():
            here = self.normal(lower.get(name, ""))
            here = re.sub(r"JSESSIONID=\w+", "JSESSIONID=...", here)
            if here.lower().replace(" ", "") != self.normal(value).lower().replace(" ", ""):
                found.append(f"header {name}: {here!r} instead of {value!r}")
        return found

    def _compare(self, place: str, taped: Any, got: Any) -> Iterator[str]:
        if isinstance(taped, dict) and isinstance(got, dict):
            yield from (f"{place}/{name} is missing" for name in taped if name not in got)
            yield from (f"{place}/{name} is too much" for name in got if name not in taped)
            for name in taped:
                if name in got:
                    yield from self._compare(f"{place}/{name}", taped[name], got[name])
        elif isinstance(taped, list) and isinstance(got, list):
            yield from self._compare_lists(place, taped, got)
        elif type(taped) is not type(got):
            yield f"{place} is {got!r} instead of {taped!r}"
        elif place.rsplit("/", 1)[-1] not in VOLATILE:
            here, there = (
                self.normal(value) if isinstance(value, str) else value for value in (got, taped)
            )
            if here != there:
                yield f"{place} is {here!r} instead of {there!r}"

    def _compare_lists(self, place: str, taped: list[Any], got: list[Any]) -> Iterator[str]:
        """Compare as bags: OpenMRS keeps observations and the like in no order."""
        if len(taped) != len(got):
            yield f"{place} has {len(got)} items instead of {len(taped)}"
        left = list(got)
        for number, item in enumerate(taped):
            twin = next((one for one in left if not any(self._compare("", item, one))), None)
            if twin is not None:
                left.remove(twin)
            elif left:
                yield from self._compare(f"{place}/{number}", item, left[0])


def load_exchanges(path: Path) -> list[dict[str, Any]]:
    """Read the exchanges of a tape."""
    exchanges: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["exchanges"]
    return exchanges


def _basic(user: str, password: str) -> str:
    return requests.auth._basic_auth_str(user, password)


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
