"""What reads a server's answers: one that is not as OpenMRS has it is an error, no traceback."""

import json
from typing import Any

import pytest

from bridge.content.package import load_content
from bridge.delivery.content_state import read_standing
from bridge.delivery.ownership import ownership_of
from bridge.delivery.reference_terms import find_term, read_sources
from bridge.delivery.run import _free_generation
from bridge.delivery.server_state import read_server_state, read_tags
from bridge.delivery.setup import make, tags
from bridge.delivery.undo import find_marked
from bridge.delivery.verify import verify_patient
from bridge.errors import ServerError, Unfit
from bridge.mapping.loading import load_mapping
from bridge.openmrs.metadata import read_identifier_types
from tests.fuzz.answers import CONTEXT, TASK, client_of
from tests.lib.patients import HandmadeCohort

MAPPING = load_mapping(None)
CONTENT = load_content()


def said(*bodies: Any) -> bytes:
    """Return answers, given in turn."""
    return "\n".join(json.dumps(body) for body in bodies).encode()


READS = {
    "state": lambda data: read_server_state(client_of(data), MAPPING),
    "types": lambda data: read_identifier_types(client_of(data)),
    "tags": lambda data: read_tags(client_of(data)),
    "ownership": lambda data: ownership_of(client_of(data), "x", "mark"),
    "marked": lambda data: find_marked("run", client_of(data)),
    "verify": lambda data: verify_patient(client_of(data), TASK, CONTEXT),
    "setup": lambda data: make(client_of(data), tags()[0]),
    "sources": lambda data: read_sources(client_of(data)),
    "term": lambda data: find_term(client_of(data), "source", "5089"),
    "content": lambda data: read_standing(client_of(data), CONTENT),
}
STRANGE = {
    "state": [{"user": 7}, {"user": {"roles": 7}}, {"user": {"roles": ["x"]}}],
    "types": [{"results": [{"uuid": "a"}]}, {"results": [{"uuid": "a", "name": ["b"]}]}],
    "tags": [{"results": [{"name": "demo_patient"}]}, {"results": "x"}],
    "ownership": [{"person": 7}, {"person": {"attributes": [{"value": "x"}]}}],
    "marked": [{"results": [{}]}, {"results": [{"uuid": None}]}, {"results": [7]}],
    "verify": [{"name": 7, "entry": []}, {"entry": [{"resource": {}}]}, {"name": [{"given": 7}]}],
    "setup": [{"uuid": "x"}],
    "sources": [{"results": [{"uuid": "x"}]}, {"results": 7}],
    "term": [{"results": [{"uuid": "x", "code": "5089"}]}, {"results": ["x"]}],
    "content": [
        {"results": [{"uuid": "x"}]},
        {"results": [{"uuid": "x", "name": "CIEL", "retired": False}]},
        {"results": [7]},
    ],
}


@pytest.mark.parametrize(
    ("read", "body"), [(read, body) for read, bodies in STRANGE.items() for body in bodies]
)
def test_a_strange_answer_is_the_server_s_fault(read: str, body: Any) -> None:
    """Said in one line."""
    with pytest.raises(ServerError, match="not as OpenMRS has it") as caught:
        READS[read](said(body))
    assert len(str(caught.value).splitlines()) == 1


def test_a_server_that_voids_everything_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be asked for ever whether the next uuids are free."""
    monkeypatch.setattr("bridge.delivery.run._MOST_GENERATIONS", 20)
    with pytest.raises(Unfit, match="another seed"):
        _free_generation(client_of(said({"uuid": "a", "voided": True})), HandmadeCohort(1))
