"""What reads a server's answers: one that is not as OpenMRS has it is an error, no traceback."""

import json
from typing import Any

import pytest

from bridge.errors import ServerError, Unfit
from bridge.mapping.loading import load_mapping
from bridge.upload.facts import read_facts, read_identifier_types, read_marks
from bridge.upload.run import _free_edition
from bridge.upload.setup import make, marks
from bridge.upload.standing import standing
from bridge.upload.undo import find_marked
from bridge.upload.verify import verify_patient
from tests.fuzz.answers import TASK, client_of
from tests.lib.patients import HandmadeCohort

MAPPING = load_mapping(None)


def said(*bodies: Any) -> bytes:
    """Return answers, given in turn."""
    return "\n".join(json.dumps(body) for body in bodies).encode()


READS = {
    "facts": lambda data: read_facts(client_of(data), MAPPING),
    "types": lambda data: read_identifier_types(client_of(data)),
    "marks": lambda data: read_marks(client_of(data)),
    "standing": lambda data: standing(client_of(data), "x", "mark"),
    "marked": lambda data: find_marked("run", client_of(data)),
    "verify": lambda data: verify_patient(client_of(data), TASK, MAPPING),
    "setup": lambda data: make(client_of(data), marks()[0]),
}
STRANGE = {
    "facts": [{"user": 7}, {"user": {"roles": 7}}, {"user": {"roles": ["x"]}}],
    "types": [{"results": [{"uuid": "a"}]}, {"results": [{"uuid": "a", "name": ["b"]}]}],
    "marks": [{"results": [{"name": "demo_patient"}]}, {"results": "x"}],
    "standing": [{"person": 7}, {"person": {"attributes": [{"value": "x"}]}}],
    "marked": [{"results": [{}]}, {"results": [{"uuid": None}]}, {"results": [7]}],
    "verify": [{"name": 7, "entry": []}, {"entry": [{"resource": {}}]}, {"name": [{"given": 7}]}],
    "setup": [{"uuid": "x"}],
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
    monkeypatch.setattr("bridge.upload.run._MOST_EDITIONS", 20)
    with pytest.raises(Unfit, match="use --seed"):
        _free_edition(client_of(said({"voided": True})), HandmadeCohort(1))
