"""Whatever is sent gets an answer in OpenMRS's form, never a crash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.sandbox import PASSWORD, USER, Sandbox

from .clinic import Clinic, ciel
from .conftest import NOW

WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["2026-03-04", "0000-00-00T00:00:00Z", "\ud800", "CIEL:5085", ciel(5085), "NaN"]
    ),
)
JSON = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
PATHS = ("patient", "person", "visit", "encounter", "obs", "concept", "location", "systemsetting")
PROPERTIES = (
    *("uuid", "person", "gender", "birthdate", "dead", "deathDate", "names", "addresses", "name"),
    *("attributes", "identifiers", "patient", "visitType", "startDatetime", "stopDatetime"),
    *("encounters", "visit", "encounterType", "encounterDatetime", "obs", "encounterProviders"),
    *("concept", "value", "obsDatetime", "groupMembers", "encounter", "tags", "parentLocation"),
    *("datatype", "conceptClass", "setMembers", "mappings", "hiAbsolute", "displayPrecision"),
)
PATIENT = "6f3c9d1e-0000-5000-8000-000000000001"
SPANS = ("q", "patient", "identifier", "limit", "startIndex", "v", "references", "fromdate", "code")
FHIR = ("patient", "code", "date", "_count", "_sort", "_getpagesoffset", "birthdate", "_tag")


PROPERTY = st.sampled_from(PROPERTIES)


@pytest.fixture(scope="module")
def shared_clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    directory: Path = tmp_path_factory.mktemp("sandbox")
    with Sandbox.start(directory, clock=lambda: NOW) as sandbox:
        clinic = Clinic(sandbox.url)
        clinic.set_up()
        clinic.vitals(clinic.patient(uuid=PATIENT), {5087: 76})
        yield clinic
        clinic.client.close()


def whole(clinic: Clinic) -> dict[str, Any]:
    """Return bodies that would be accepted, to be spoilt."""
    person = clinic.patient_body("100000Y")
    return {
        "patient": person,
        "person": person["person"],
        "visit": clinic.visit_body("x"),
        "encounter": clinic.encounter_body("x", {5087: 76}),
        "obs": {"person": "x", "obsDatetime": "2026-03-04", "concept": ciel(5087), "value": 70},
        "concept": {"names": [{"name": "n", "locale": "en"}], "datatype": "x", "conceptClass": "x"},
        "location": {"name": "x"},
        "systemsetting": {"property": "x", "value": "y"},
    }


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS), PROPERTY, JSON)
def test_a_spoilt_body_is_answered_in_json(
    shared_clinic: Clinic, path: str, name: str, value: Any
) -> None:
    body = whole(shared_clinic)[path] | {name: value}
    answer = shared_clinic.ask("POST", path, body)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.status_code in (201, 400, 404, 500)


@pytest.mark.parametrize("name", [None, ""])
def test_a_setting_without_a_name_is_refused_and_not_kept(
    shared_clinic: Clinic, name: str | None
) -> None:
    """As core 2.8.7 does; found by fuzzing."""
    before = shared_clinic.read("systemsetting", limit="100")
    answer = shared_clinic.ask("POST", "systemsetting", {"property": name, "value": "b"})
    assert answer.status_code == 400
    assert "GlobalProperty.getProperty()" in answer.json()["error"]["message"]
    assert shared_clinic.read("systemsetting", limit="100") == before


@settings(max_examples=200, deadline=None)
@example("visit", "encounters", [{}])
@given(st.sampled_from(("patient", "person", "visit", "encounter", "obs")), PROPERTY, JSON)
def test_a_spoilt_change_is_answered_in_json(
    shared_clinic: Clinic, path: str, name: str, value: Any
) -> None:
    uuid = PATIENT
    if path not in ("patient", "person"):
        found = shared_clinic.read(path, patient=PATIENT, includeAll="true", v="custom:(uuid)")
        uuid = found["results"][0]["uuid"]
    answer = shared_clinic.ask("POST", f"{path}/{uuid}", {name: value})
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.status_code in (200, 400, 404, 500)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from((*PATHS, "provider")), st.dictionaries(st.sampled_from(SPANS), st.text()))
def test_a_spoilt_search_is_answered_in_json(
    shared_clinic: Clinic, path: str, parameters: dict[str, str]
) -> None:
    answer = shared_clinic.ask("GET", path, **parameters)
    assert answer.headers["Content-Type"].startswith("application/json")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(("Patient", "Encounter", "Observation")),
    st.dictionaries(st.sampled_from(FHIR), st.text()),
)
def test_a_spoilt_fhir_search_is_answered_in_json(
    shared_clinic: Clinic, type_name: str, parameters: dict[str, str]
) -> None:
    url = f"{shared_clinic.fhir}/{type_name}"
    answer = shared_clinic.client.get(url, params=parameters, timeout=10)
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    assert answer.status_code in (200, 400)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_a_spoilt_resource_is_answered_in_json(shared_clinic: Clinic, value: Any) -> None:
    for type_name, name in (("Patient", "name"), ("Patient", "birthDate"), ("Observation", "code")):
        resource = {"resourceType": type_name, "status": "final", name: value}
        answer = shared_clinic.client.post(
            f"{shared_clinic.fhir}/{type_name}", json=resource, timeout=10
        )
        assert answer.headers["Content-Type"].startswith("application/fhir+json")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"value": NaN}', '{"name": "\\ud800"}', "", "7"])
def test_strange_json_is_refused(shared_clinic: Clinic, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = shared_clinic.client.post(
        f"{shared_clinic.rest}/location", data=text, headers=headers, timeout=10
    )
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize("depth", [90, 5_000])
def test_a_representation_may_be_deep_but_not_bottomless(shared_clinic: Clinic, depth: int) -> None:
    answer = shared_clinic.ask("GET", "location", v="custom:" + "(parentLocation:" * depth)
    assert answer.status_code in (200, 400)
    assert answer.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("number", [str(2**31), "9" * 20, "9" * 5000, "-1", "NaN"])
def test_a_start_beyond_all_numbers_is_left_aside(shared_clinic: Clinic, number: str) -> None:
    """It does not fit into the database."""
    answer = shared_clinic.ask("GET", "patient", q="otieno", startIndex=number)
    assert answer.status_code == 200
    root = shared_clinic.rest.partition("/openmrs")[0]
    page = shared_clinic.client.get(
        f"{root}/", params={"start": number}, auth=(USER, PASSWORD), timeout=10
    )
    assert page.status_code == 200


@pytest.mark.parametrize(
    "half", [b"\xed\xa0\x80", b"\\ud800", b"\xff", b"\xed\xa0\x80\xed\xb0\x80"]
)
def test_half_a_character_is_refused(shared_clinic: Clinic, half: bytes) -> None:
    """As bytes and as an escape: no database takes it."""
    body = b'{"name": "' + half + b'"}'
    for address in (f"{shared_clinic.rest}/location", f"{shared_clinic.fhir}/Patient"):
        answer = shared_clinic.client.post(
            address, data=body, headers={"Content-Type": "application/json"}, timeout=10
        )
        assert answer.status_code == 400


def test_a_session_s_place_is_a_word(shared_clinic: Clinic) -> None:
    """Anything else is left aside, and the session lives on."""
    assert shared_clinic.ask("POST", "session", {"sessionLocation": {"a": []}}).status_code == 200
    assert shared_clinic.ask("GET", "session").json()["authenticated"] is True
