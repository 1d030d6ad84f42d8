"""The content package on a server: looked for, counted, made, and never made twice."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.content.package import Content, load_content
from bridge.delivery.content import ContentPlan, additions, make_content, plan_content
from bridge.delivery.content_state import read_standing
from bridge.delivery.setup import Made
from bridge.errors import InputError, Unreachable
from bridge.openmrs.client import Client
from tests.lib.fake_dictionary import FakeDictionary
from tests.lib.loading import QUICK, connector
from tests.lib.scripted_server import Answer, Request, scripted_server
from tests.lib.small_content import concept_uuid, write_small_content

ROUTES = "order.drugRoutesConceptUuid"
CLASSES = {
    "Test": "8d4907b2-c2cc-11de-8d13-0010c6dffd0f",
    "Misc": "8d492774-c2cc-11de-8d13-0010c6dffd0f",
    "ConvSet": "8d492594-c2cc-11de-8d13-0010c6dffd0f",
    "Frequency": "8d4e071b-520c-44c0-a89b-538e9129b42a",
}
OTHER = "0a6c9d4e-1111-4222-8333-944455556666"

Connect = Callable[[], Client]


@pytest.fixture
def content(tmp_path: Path) -> Content:
    """Read the small package."""
    return load_content(write_small_content(tmp_path / "package"))


@pytest.fixture
def fake() -> FakeDictionary:
    """Make a server as OpenMRS is after its first start."""
    fake = FakeDictionary((ROUTES,))
    for name, uuid in CLASSES.items():
        fake.add("conceptclass", uuid=uuid, name=name)
    return fake


@pytest.fixture
def connect(fake: FakeDictionary) -> Iterator[Connect]:
    """Serve it, and return what signs in."""
    with scripted_server(fake) as server:
        yield connector(server.url)


def _plan(content: Content, connect: Connect) -> ContentPlan:
    client = connect()
    try:
        return plan_content(content, read_standing(client, content))
    finally:
        client.close()


def _make(content: Content, connect: Connect, *, extend: bool = False) -> list[Made]:
    plan = _plan(content, connect)
    return list(make_content(plan, connect, threading.Event(), extend=extend))


def test_it_is_said_what_will_be_made(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """By kind, and before anything is written; what REST cannot make is named."""
    plan = _plan(content, connect)
    assert plan.counts() == {
        "concept class": 1,
        "concept source": 2,
        "code": 7,
        "concept": 8,
        "drug": 1,
        "frequency": 1,
        "encounter type": 1,
        "encounter role": 1,
        "visit type": 1,
        "identifier type": 1,
        "person attribute type": 1,
        "program": 1,
        "workflow": 1,
        "state": 1,
        "appointment service": 1,
        "setting": 1,
    }
    assert plan.elsewhere == ("answer Haemoglobin of Last result", "concept Photograph")
    assert fake.posts == 0


def test_all_of_it_is_made_once(content: Content, connect: Connect, fake: FakeDictionary) -> None:
    """As said; a second time nothing is written."""
    planned = len(_plan(content, connect))
    made = _make(content, connect)
    assert [thing for thing in made if thing.refused] == []
    assert len(made) == planned == fake.posts
    assert _make(content, connect) == []
    assert fake.posts == planned


def test_a_concept_is_sent_whole(content: Content, connect: Connect, fake: FakeDictionary) -> None:
    """Its name, class, datatype, unit, limits, codes and answers, as OpenMRS takes them."""
    _make(content, connect)
    concepts = fake.things["concept"]
    blood = concepts[concept_uuid(21)]
    assert blood["names"][0]["name"] == "Haemoglobin"
    assert blood["conceptClass"] == CLASSES["Test"]
    assert (blood["units"], blood["allowDecimal"], blood["hiAbsolute"]) == ("g/dL", True, 30)
    terms = fake.things["conceptreferenceterm"]
    said = {
        terms[m["conceptReferenceTerm"]]["code"]: m["conceptMapType"] for m in blood["mappings"]
    }
    assert said == {
        "21": "35543629-7d8c-11e1-909d-c80aa9edcf4e",
        "718-7": "4b9d9421-7d8c-11e1-909d-c80aa9edcf4e",
    }
    assert concepts[concept_uuid(32)]["answers"] == [concept_uuid(703), concept_uuid(664)]
    assert concepts[concept_uuid(8)]["set"] is True
    assert fake.settings[ROUTES] == concept_uuid(8)


def test_a_break_is_mended_by_setting_up_again(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """Wherever it came: nothing is doubled, nothing is missing."""
    planned = len(_plan(content, connect))
    fake.stop_after = 11
    with pytest.raises(Unreachable):
        _make(content, connect)
    fake.stop_after = None
    again = _make(content, connect)
    assert [thing for thing in again if thing.refused] == []
    assert 0 < len(again) < planned
    assert len(_plan(content, connect)) == 0


def test_what_exists_stays_as_it_is(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """A set that lacks members is named, and only extended on request."""
    own = {"uuid": concept_uuid(8), "names": [{"name": "Tests of ours"}], "setMembers": [OTHER]}
    fake.add("concept", **own)
    fake.settings[ROUTES] = OTHER
    plan = _plan(content, connect)
    assert [(c.label, c.lacking) for c in plan.extensions] == [
        ("Blood tests", ("Haemoglobin", "Malarial smear"))
    ]
    _make(content, connect)
    assert fake.things["concept"][concept_uuid(8)] == {"retired": False, "voided": False, **own}
    assert fake.settings[ROUTES] == OTHER
    extended = _make(content, connect, extend=True)
    assert [(made.label, made.result) for made in extended] == [("concept Blood tests", "extended")]
    kept = fake.things["concept"][concept_uuid(8)]
    assert kept["setMembers"] == [OTHER, concept_uuid(21), concept_uuid(32)]
    assert kept["names"] == own["names"]


def test_only_what_may_grow_is_extended(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """Not a question that says nothing of it, and by no part that is retired on the server."""
    fake.add("concept", uuid=concept_uuid(32), names=[{"name": "Malarial smear"}], answers=[])
    fake.add("concept", uuid=concept_uuid(8), names=[{"name": "Blood tests"}], setMembers=[])
    fake.add("concept", uuid=concept_uuid(21), names=[{"name": "Haemoglobin"}])
    fake.things["concept"][concept_uuid(21)]["retired"] = True
    plan = _plan(content, connect)
    assert [(c.label, c.lacking) for c in plan.extensions] == [("Blood tests", ("Malarial smear",))]


def test_a_concept_of_another_uuid_is_found_by_its_code(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """What refers to it refers to the server's own then."""
    source, term = OTHER.replace("0a", "1a"), OTHER.replace("0a", "2a")
    fake.add("conceptsource", uuid=source, name="CIEL")
    fake.add("conceptreferenceterm", uuid=term, code="703", conceptSource=source)
    fake.add("concept", uuid=OTHER, names=[{"name": "positive"}], terms=[term])
    made = _make(content, connect)
    assert [thing for thing in made if thing.refused] == []
    assert fake.things["concept"][concept_uuid(32)]["answers"][0] == OTHER
    assert next(iter(fake.things["drug"].values()))["concept"] == OTHER
    assert [s["name"] for s in fake.things["conceptsource"].values()] == ["CIEL", "LOINC"]
    assert concept_uuid(703) not in fake.things["concept"]


def test_a_concept_of_the_same_name_and_kind_is_the_same(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """A server's own dictionary has it without CIEL's code, and takes no second of that name."""
    fake.add(
        "concept",
        uuid=OTHER,
        names=[{"name": "POSITIVE"}],
        conceptClass=CLASSES["Misc"],
        datatype_name="N/A",
    )
    made = _make(content, connect)
    assert [thing for thing in made if thing.refused] == []
    assert fake.things["concept"][concept_uuid(32)]["answers"][0] == OTHER


def test_things_are_known_by_name(content: Content, connect: Connect, fake: FakeDictionary) -> None:
    """A drug or program of that name is there, whatever its uuid."""
    fake.add("program", uuid=OTHER, name="Malaria care")
    _make(content, connect)
    assert list(fake.things["program"]) == [OTHER]
    assert next(iter(fake.things["workflow"].values()))["program"] == OTHER


def test_what_is_retired_is_named_and_stays_so(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """It is not made a second time."""
    fake.add("visittype", uuid="vist-" + "7" * 31, name="Facility Visit")
    fake.things["visittype"]["vist-" + "7" * 31]["retired"] = True
    plan = _plan(content, connect)
    assert plan.retired == ("visittype Facility Visit",)
    assert "visit type" not in plan.counts()


def test_a_refusal_is_reported_and_the_rest_made(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """With the server's words: here somebody else's concept has the name."""
    fake.add("concept", uuid=OTHER, names=[{"name": "Tablet"}])
    made = _make(content, connect)
    refused = {thing.label: thing.result for thing in made if thing.refused}
    assert "duplicate name" in refused.pop("concept Tablet")
    assert refused.keys() == {"drug Iron 60mg"}  # its form is not there
    assert concept_uuid(32) in fake.things["concept"]


def test_a_server_without_appointments_gets_no_services(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """They are among what REST cannot make there."""
    fake.services = None
    plan = _plan(content, connect)
    assert "appointment service Outpatients" in plan.elsewhere
    assert "appointment service" not in plan.counts()


def test_a_class_that_is_nowhere_is_named(
    content: Content, connect: Connect, fake: FakeDictionary
) -> None:
    """Before anything is written."""
    del fake.things["conceptclass"][CLASSES["Frequency"]]
    with pytest.raises(InputError, match=r"Once daily: its class 'Frequency'.*classes\.csv"):
        _plan(content, connect)


def test_what_is_left_to_the_initializer_is_only_what_is_lacking(
    content: Content, connect: Connect
) -> None:
    """After setup: the answer that REST does not take."""
    _make(content, connect)
    client = connect()
    standing = read_standing(client, content)
    client.close()
    assert [tuple(one) for one in additions(content, standing)] == [
        (concept_uuid(5), concept_uuid(21), True)
    ]
    assert [c.name for c in content.concepts if standing.lacks(c.uuid)] == ["Photograph"]


def test_a_second_try_after_a_lost_answer_is_no_refusal(
    content: Content, fake: FakeDictionary
) -> None:
    """The server has it: the first try had arrived."""
    lost: set[str] = set()

    def losing(request: Request) -> Answer | None:
        answer = fake(request)
        key = f"{request.method} {request.path} {request.body}"
        if request.method == "POST" and "/concept?" in request.path and key not in lost:
            lost.add(key)
            return Answer(drop=True)
        return answer

    with scripted_server(losing) as server:
        made = _make(content, connector(server.url, patience=QUICK))
    assert lost
    assert [thing for thing in made if thing.refused] == []
