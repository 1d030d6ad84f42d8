"""Who may ask, and how OpenMRS tells those who may not."""

import requests

from bridge.sandbox import PASSWORD, USER, Sandbox


def get(sandbox: Sandbox, path: str, **how: object) -> requests.Response:
    return requests.get(sandbox.url + path, timeout=10, **how)  # type: ignore[arg-type]


def test_a_wrong_password_is_no_error_on_the_session(sandbox: Sandbox) -> None:
    answer = get(sandbox, "/ws/rest/v1/session", auth=(USER, "wrong"))
    assert answer.status_code == 200
    assert answer.json()["authenticated"] is False


def test_the_session_cookie_signs_in_without_the_password(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        url = f"{sandbox.url}/ws/rest/v1/session"
        assert session.get(url, auth=(USER, PASSWORD), timeout=10).json()["authenticated"] is True
        assert session.get(url, timeout=10).json()["user"]["display"] == "admin"


def test_an_unknown_cookie_is_refused_in_html_even_with_the_password(sandbox: Sandbox) -> None:
    cookies = {"JSESSIONID": "0123456789ABCDEF"}
    answer = get(sandbox, "/ws/rest/v1/session", auth=(USER, PASSWORD), cookies=cookies)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("text/html")


def test_signing_out_ends_the_session(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        url = f"{sandbox.url}/ws/rest/v1/session"
        session.get(url, auth=(USER, PASSWORD), timeout=10)
        cookie = session.cookies["JSESSIONID"]
        assert session.delete(url, timeout=10).status_code == 204
    assert get(sandbox, "/ws/rest/v1/session", cookies={"JSESSIONID": cookie}).status_code == 401


def test_rest_names_the_missing_privilege_to_strangers(sandbox: Sandbox) -> None:
    answer = get(sandbox, "/ws/rest/v1/patient?q=ab")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert "Privileges required: Get Patients" in answer.json()["error"]["message"]


def test_fhir_tells_strangers_only_what_it_can_do(sandbox: Sandbox) -> None:
    assert get(sandbox, "/ws/fhir2/R4/Patient").status_code == 401
    assert get(sandbox, "/ws/fhir2/R4/metadata").json()["resourceType"] == "CapabilityStatement"


def test_a_name_that_is_not_this_machine_s_is_refused(sandbox: Sandbox) -> None:
    answer = get(sandbox, "/ws/rest/v1/session", headers={"Host": "evil.example:80"})
    assert answer.status_code == 403
    assert get(sandbox, "/health/started", headers={"Host": "localhost"}).status_code == 200
