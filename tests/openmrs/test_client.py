"""The endpoints: paging, and what an answer that is none means."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest

from bridge.errors import Unfit
from bridge.openmrs.client import Client
from bridge.openmrs.metadata import read_concepts
from bridge.openmrs.models import Concept
from bridge.openmrs.replies import Outcome
from bridge.openmrs.transport import Server, Transport
from tests.lib.loading import QUICK
from tests.lib.scripted_server import Answer, Request, scripted_server


def open_client(url: str) -> Client:
    """Open a client."""
    return Client(Transport(Server(url=url, user="admin", password="x")))


def test_every_page_of_a_list_is_read() -> None:
    """OpenMRS gives a hundred at most."""

    def script(request: Request) -> Answer | None:
        if "/location" not in request.path:
            return None
        if "startIndex=2" in request.path:
            return Answer(200, {"results": [{"uuid": "c"}]})
        more = {"results": [{"uuid": "a"}, {"uuid": "b"}], "links": [{"rel": "next", "uri": "x"}]}
        return Answer(200, more)

    with scripted_server(script) as server:
        found = [location["uuid"] for location in open_client(server.url).every("location", "uuid")]
    assert found == ["a", "b", "c"]


def test_fhir_pages_are_asked_at_the_address_that_was_given() -> None:
    """The server's links may name an address that only it can reach.

    They do not say either that no narratives are wanted, which take most of the server's time.
    """

    def script(request: Request) -> Answer | None:
        if "_getpages" in request.path:
            return Answer(200, {"entry": [{"resource": {"id": "b"}}]})
        if "/Observation" in request.path:
            link = {"relation": "next", "url": "http://inside:8080/openmrs/x?_getpages=1&_count=1"}
            return Answer(200, {"entry": [{"resource": {"id": "a"}}], "link": [link]})
        return None

    with scripted_server(script) as server:
        found = [r["id"] for r in open_client(server.url).fhir_search("Observation?patient=1")]
        first, second = server.paths()
        assert second == "/openmrs/ws/fhir2/R4?_getpages=1&_count=1&_summary=data"
        assert first == "/openmrs/ws/fhir2/R4/Observation?patient=1&_summary=data"
    assert found == ["a", "b"]


def test_a_search_that_the_server_has_forgotten_is_made_again_and_goes_on() -> None:
    """It keeps a hundred, of all who ask: what comes after the page is not lost."""
    searches = iter(("1", "2"))

    def link(search: str, offset: int) -> dict[str, str]:
        url = f"http://inside/openmrs/x?_getpages={search}&_getpagesoffset={offset}&_count=1"
        return {"relation": "next", "url": url}

    def page(found: str, *links: dict[str, str]) -> Answer:
        return Answer(200, {"entry": [{"resource": {"id": found}}], "link": list(links)})

    def script(request: Request) -> Answer | None:
        if "/Observation" in request.path:
            return page("a", link(next(searches), 1))
        if "_getpages=1" in request.path:
            if "offset=1" in request.path:
                return page("b", link("1", 2))
            gone = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "HAPI-0417"}]}
            return Answer(410, gone)
        return page("c") if "_getpages=2&_getpagesoffset=2&_count=1" in request.path else None

    with scripted_server(script) as server:
        found = [r["id"] for r in open_client(server.url).fhir_search("Observation?patient=1")]
    assert found == ["a", "b", "c"]


def test_a_void_that_takes_long_is_not_sent_again_while_the_server_is_at_it() -> None:
    """It would take longer still; of an old chart it may take minutes."""
    answers = iter([{"voided": False}, {"voided": False}, {"voided": True}])

    def script(request: Request) -> Answer | None:
        if request.method == "DELETE":
            return Answer(504, b"<html><title>Gateway Time-out</title></html>")
        return Answer(200, next(answers)) if "/visit/" in request.path else None

    with scripted_server(script) as server:
        transport = Transport(Server(url=server.url, user="admin", password="x"), patience=QUICK)
        assert Client(transport).void("visit", "v", "undo").outcome is Outcome.ACCEPTED
        assert len(server.paths("DELETE")) == 1


def test_a_missing_privilege_ends_the_run() -> None:
    """It would be missing for every patient."""
    body = {"error": {"message": "Privileges required: Add Patients"}}
    refuse = Answer(403, body)

    def script(request: Request) -> Answer | None:
        return refuse if request.method == "POST" else None

    with scripted_server(script) as server, pytest.raises(Unfit, match="Add Patients"):
        open_client(server.url).create("patient", {"a": 1})


def test_a_source_that_gives_too_few_identifiers_is_unfit() -> None:
    """A pool can be empty."""

    def script(request: Request) -> Answer | None:
        return Answer(201, {"identifiers": ["a"]}) if request.method == "POST" else None

    with scripted_server(script) as server, pytest.raises(Unfit, match="identifier source"):
        open_client(server.url).identifiers("source", 2, "test")


def test_no_known_allergies_are_told_from_nothing_known() -> None:
    """204 is unknown, an empty list is none, and a list is a list."""
    answers = {
        "unknown": Answer(204, b""),
        "none": Answer(200, {"results": []}),
        "some": Answer(200, {"results": [{"uuid": "a"}]}),
    }

    def script(request: Request) -> Answer | None:
        return next((a for name, a in answers.items() if f"/patient/{name}/" in request.path), None)

    with scripted_server(script) as server:
        client = open_client(server.url)
        found = {name: client.has_no_known_allergies(name) for name in answers}
    assert found == {"unknown": False, "none": True, "some": False}


WEIGHT, NAME = "5089".ljust(36, "A"), "9999".ljust(36, "A")
BY_AGE = [
    {"criteria": "$patient.getAge() &lt; 5", "lowAbsolute": 1, "hiAbsolute": 30},
    {"criteria": "$patient.getAge() >= 5", "lowAbsolute": 10.0, "hiAbsolute": None},
]


def concept_script(ranges: object, status: int = 200) -> Callable[[Request], Answer | None]:
    """Answer for one numeric concept and one that is not, with these reference ranges."""

    def script(request: Request) -> Answer | None:
        path = unquote(request.path)
        if "referenceRanges" in path:
            assert NAME not in path  # only a numeric concept has them
            body = {"uuid": WEIGHT, "referenceRanges": ranges}
            return Answer(status, {"results": [body]} if status == 200 else {"error": {}})
        if "lowAbsolute" in path and "/concept?" in path:
            own = {"uuid": WEIGHT, "units": "kg", "lowAbsolute": 0, "hiAbsolute": 250}
            return Answer(200, {"results": [own]})
        if "/concept?" in path:
            kinds = {WEIGHT: "Numeric", NAME: "Text"}
            found = [{"uuid": u, "display": u, "datatype": {"display": kinds[u]}} for u in kinds]
            return Answer(200, {"results": found})
        if path.endswith("/fhir2/R4/Patient?_count=1"):
            return Answer(200, {"entry": [{"resource": {"id": "a-patient"}}]})
        if "conceptreferencerange" in path:
            of_one = {"concept": WEIGHT, "lowAbsolute": 2.0, "hiAbsolute": 90}
            return Answer(200, {"results": [of_one]})
        return None

    return script


def read_weight(ranges: object, status: int = 200) -> Concept:
    """Read the weight concept of such a server."""
    with scripted_server(concept_script(ranges, status)) as server:
        client = open_client(server.url)
        found = read_concepts(client, [WEIGHT, NAME])
        client.close()
    assert found[NAME] == Concept(display=NAME, datatype="Text")
    return found[WEIGHT]


def test_limits_are_read_of_every_age_and_not_of_one_patient() -> None:
    """A server's first patient may be a child."""
    read = read_weight(BY_AGE)
    assert (read.low, read.high) == (1, None)
    assert [(one.first, one.last, one.low, one.high) for one in read.ages] == [
        (0, 59, 1, 30),
        (60, 10_000, 10, None),
    ]


def test_ranges_that_are_alike_for_all_are_plain_limits() -> None:
    """So that the patients of a seed are the same as without."""
    alike = [{**one, "lowAbsolute": 0, "hiAbsolute": 200} for one in BY_AGE]
    read = read_weight(alike)
    assert (read.low, read.high, read.ages) == (0, 200, ())
    none = read_weight([])
    assert (none.low, none.high, none.ages) == (0, 250, ())


@pytest.mark.parametrize("status", [400, 500])
def test_a_server_that_does_not_list_its_ranges_says_those_of_a_patient(status: int) -> None:
    """As it was before; one without them refuses that too."""
    read = read_weight(None, status)
    assert (read.low, read.high, read.ages) == (2, 90, ())
