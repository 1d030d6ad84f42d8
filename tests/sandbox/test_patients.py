"""Patients: made, found, refused."""

import pytest

from .clinic import Clinic, fields, message


def test_a_patient_has_the_uuid_of_its_person(clinic: Clinic) -> None:
    uuid = clinic.patient(uuid="6f3c9d1e-0000-5000-8000-000000000001")
    assert uuid == "6f3c9d1e-0000-5000-8000-000000000001"
    assert clinic.read(f"person/{uuid}")["display"] == "Amina Otieno"


def test_identifiers_are_issued_in_order_and_never_twice(clinic: Clinic) -> None:
    assert clinic.identifiers(3) == ["100000Y", "100001W", "100002U"]
    assert clinic.identifiers(9)[-1] == "10000C7"
    path = f"idgen/identifiersource/{clinic.source}/identifier"
    assert clinic.make(path)["identifier"].startswith("10000D")


def test_the_same_person_is_not_made_a_patient_twice(clinic: Clinic) -> None:
    first, second = clinic.identifiers(2)
    body = clinic.patient_body(first)
    clinic.make("patient", **body)
    body["identifiers"][0]["identifier"] = second
    answer = clinic.ask("POST", "patient", body)
    assert answer.status_code == 500
    assert "already associated with the session" in message(answer)


def test_an_identifier_is_one_patient_s_only_until_that_is_voided(clinic: Clinic) -> None:
    (identifier,) = clinic.identifiers(1)
    uuid = clinic.make("patient", **clinic.patient_body(identifier))["uuid"]
    answer = clinic.ask("POST", "patient", clinic.patient_body(identifier))
    assert answer.status_code == 400
    assert "already in use" in answer.json()["error"]["globalErrors"][0]["message"]
    clinic.ask("DELETE", f"patient/{uuid}", reason="test")
    clinic.make("patient", **clinic.patient_body(identifier))


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"gender": None}, "gender", "Person.gender.required"),
        ({"birthdate": "2099-01-01"}, "birthdate", "error.date.future"),
        ({"birthdate": "1850-01-01"}, "birthdate", "error.date.nonsensical"),
        ({"names": []}, "names", "Person.shouldHaveAtleastOneNonVoidedName"),
        (
            {"names": [{"givenName": "A" * 51, "familyName": "Otieno"}]},
            "names[0].givenName",
            "error.exceededMaxLengthOfField",
        ),
        (
            {"addresses": [{"country": "A" * 51}]},
            "addresses[0].country",
            "error.exceededMaxLengthOfField",
        ),
    ],
)
def test_a_person_who_cannot_be_is_refused(
    clinic: Clinic, changes: dict[str, object], field: str, code: str
) -> None:
    (identifier,) = clinic.identifiers(1)
    answer = clinic.ask("POST", "patient", clinic.patient_body(identifier, **changes))
    assert answer.status_code == 400
    assert code in fields(answer)[field]


@pytest.mark.parametrize("identifier", ["100000A", "!!!", ""])
def test_an_identifier_with_a_wrong_check_character_is_refused(
    clinic: Clinic, identifier: str
) -> None:
    assert clinic.ask("POST", "patient", clinic.patient_body(identifier)).status_code == 400


def test_a_refused_patient_leaves_nothing_behind(clinic: Clinic) -> None:
    body = clinic.patient_body("100000A")
    clinic.ask("POST", "patient", body)
    assert clinic.ask("GET", f"person/{body['person']['uuid']}").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Otieno", True),
        ("otieno am", True),
        ("Amina Otieno", True),
        ("tieno", False),
        ("O", False),
        ("run-7", True),
        ("run", False),
        ("100000Y", True),
        ("%", False),
    ],
)
def test_patients_are_found_by_name_identifier_and_mark(
    clinic: Clinic, query: str, found: bool
) -> None:
    uuid = clinic.patient(attributes=[{"attributeType": clinic.run, "value": "run-7"}])
    results = clinic.read("patient", q=query, v="custom:(uuid)")["results"]
    assert [result["uuid"] for result in results] == ([uuid] if found else [])


def test_a_search_hides_the_dead_unless_it_is_asked_for_them(clinic: Clinic) -> None:
    uuid = clinic.patient()
    death = {"dead": True, "causeOfDeathNonCoded": "unknown"}
    assert clinic.ask("POST", f"person/{uuid}", death).status_code == 200
    assert clinic.read("patient", q="Otieno")["results"] == []
    found = clinic.read("patient", q="Otieno", includeDead="true", v="custom:(uuid)")["results"]
    assert [one["uuid"] for one in found] == [uuid]


def test_pages_follow_one_another_to_the_end(clinic: Clinic) -> None:
    made = {clinic.patient() for _ in range(7)}
    seen: list[str] = []
    page = clinic.read("patient", q="Otieno", limit="3", totalCount="true", v="custom:(uuid)")
    assert page["totalCount"] == 7
    while True:
        seen += [result["uuid"] for result in page["results"]]
        onward = [link["uri"] for link in page.get("links", []) if link["rel"] == "next"]
        if not onward:
            break
        page = clinic.client.get(onward[0], timeout=10).json()
    assert len(seen) == 7
    assert set(seen) == made


@pytest.mark.parametrize(("limit", "status"), [("100", 200), ("101", 500), ("0", 500), ("x", 200)])
def test_the_limit_has_a_limit(clinic: Clinic, limit: str, status: int) -> None:
    assert clinic.ask("GET", "location", limit=limit).status_code == status


def test_a_person_can_be_corrected(clinic: Clinic) -> None:
    uuid = clinic.patient()
    answer = clinic.ask("POST", f"patient/{uuid}", {"person": {"gender": "M"}})
    assert answer.json()["person"]["gender"] == "M"
    answer = clinic.ask(
        "POST", f"person/{uuid}", {"attributes": [{"attributeType": clinic.mark, "value": "false"}]}
    )
    marks = clinic.read(f"person/{uuid}/attribute", v="custom:(value)")["results"]
    assert [mark["value"] for mark in marks] == [False]


def test_a_body_that_is_no_json_is_refused(clinic: Clinic) -> None:
    url = f"{clinic.rest}/patient"
    for body in (b'{"person": ', b"[]", b"\xff"):
        answer = clinic.client.post(
            url, data=body, headers={"Content-Type": "application/json"}, timeout=10
        )
        assert answer.status_code == 400
    assert clinic.client.post(url, data=b"{}", timeout=10).status_code == 500


def test_a_page_on_another_site_cannot_write(clinic: Clinic) -> None:
    """A form can send text/plain, never JSON, to another origin."""
    headers = {"Content-Type": "text/plain"}
    answer = clinic.client.post(f"{clinic.rest}/location", "{}", headers=headers, timeout=10)
    assert answer.status_code == 500
