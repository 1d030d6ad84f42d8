"""Answers as plain types: what is not as OpenMRS has it is never taken for something else."""

from typing import Any

import pytest

from bridge.errors import ServerError
from bridge.openmrs.models import patient_record_of, session_user_of, visit_record_of
from bridge.openmrs.parsing import as_openmrs_has_it


def test_a_patient_s_attributes_are_text_by_type() -> None:
    """Whether the server writes true as a word, a value of its own or a coded one."""
    values: list[Any] = ["run-1", True, {"display": "Yes"}, None]
    listed = [{"value": v, "attributeType": {"uuid": f"t{n}"}} for n, v in enumerate(values)]
    found = patient_record_of({"uuid": "a", "person": {"attributes": listed}})
    assert [found.attribute(f"t{n}") for n in range(5)] == ["run-1", "true", "Yes", None, None]
    assert not found.voided


def test_a_voided_encounter_is_none_of_its_visit_s() -> None:
    """It would be taken for made."""
    encounters = [{"uuid": "b", "voided": False}, {"uuid": "c", "voided": True}]
    assert visit_record_of({"uuid": "a", "encounters": encounters}).encounters == ("b",)


def test_a_system_developer_may_do_everything() -> None:
    """OpenMRS lists no privileges of theirs."""
    boss = {"user": {"display": "a", "roles": [{"display": "System Developer"}]}}
    assert session_user_of(boss, None).privileges is None
    nurse = {"user": {"display": "a", "privileges": [{"display": "Add Visits"}]}}
    assert session_user_of(nurse, None).privileges == {"Add Visits"}


@pytest.mark.parametrize(
    "body", [{}, {"uuid": 7}, {"uuid": "a", "person": {"attributes": [{"value": "x"}]}}]
)
def test_a_strange_patient_is_the_server_s_fault(body: Any) -> None:
    """And a fault beyond the reading is bridge's own: it stays what it is."""
    with pytest.raises(ServerError, match="not as OpenMRS has it"), as_openmrs_has_it("a patient"):
        patient_record_of(body)
