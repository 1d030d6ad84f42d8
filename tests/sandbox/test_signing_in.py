"""Who may ask, and how OpenMRS tells those who may not."""

import socket
import subprocess
import sys

import pytest
import requests

from bridge.sandbox import PASSWORD, USER, Sandbox
from bridge.sandbox.server import MOST_BYTES


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


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[", "[::1", "a@b", ""])
def test_another_name_is_refused_whatever_it_is(sandbox: Sandbox, host: str) -> None:
    """A name that its owner lets lead to this machine, or that is none."""
    assert get(sandbox, "/health/started", headers={"Host": host}).status_code in (400, 403)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "file://"])
def test_another_site_s_page_may_not_ask(sandbox: Sandbox, origin: str) -> None:
    """The browser would send along the password that it remembers."""
    path = "/ws/fhir2/R4/Patient"
    answer = get(sandbox, path, headers={"Origin": origin}, auth=(USER, PASSWORD))
    assert answer.status_code == 403
    own = {"Origin": f"http://localhost:{sandbox.port}"}
    assert get(sandbox, path, headers=own, auth=(USER, PASSWORD)).status_code == 200


OTHER_ADDRESSES = """
import socket, sys
addresses = {"127.0.0.2"}
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    try:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses an address of this machine
        addresses.add(probe.getsockname()[0])
    except OSError:
        pass
for address in addresses - {"127.0.0.1"}:
    try:
        socket.create_connection((address, int(sys.argv[1])), timeout=2).close()
        print("reached by", address)
    except OSError:
        pass
"""


def test_no_other_address_of_the_machine_leads_to_it(sandbox: Sandbox) -> None:
    """Neither another loopback address nor that of the network card."""
    run = subprocess.run(
        [sys.executable, "-c", OTHER_ADDRESSES, str(sandbox.port)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == ""


def test_a_body_without_end_is_refused(sandbox: Sandbox) -> None:
    """It would be kept in memory."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as line:
        head = "POST /openmrs/ws/rest/v1/patient HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        line.sendall(f"{head}Content-Length: {MOST_BYTES + 1}\r\n\r\n".encode())
        assert b" 413 " in line.recv(2**16).split(b"\r\n")[0]
