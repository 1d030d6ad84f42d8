"""Whom bridge trusts: the system's certificates, or those of --ca-file, and the right name."""

import socket
import ssl
from pathlib import Path

import pytest

from bridge.__main__ import run
from bridge.errors import Unreachable, option
from bridge.openmrs.replies import Outcome
from bridge.openmrs.transport import Patience, Server, Transport
from tests.lib.certificates import own_certificate
from tests.lib.raw_server import Conduct, raw_server

SESSION = b'{"authenticated": true, "user": {"display": "admin", "roles": [], "privileges": []}}'
BRIEF = Patience(attempts=1, total=2, connect=2, read=2, first_pause=0, longest_pause=0)


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for the loopback address."""
    return own_certificate(tmp_path, "IP:127.0.0.1")


def answering() -> Conduct:
    """Answer each request as a sign-in that works."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(SESSION)}\r\n\r\n".encode()

    def conduct(line: socket.socket) -> None:
        line.sendall(head + SESSION)
        while line.recv(2**16):
            line.sendall(head + SESSION)

    return conduct


def open_transport(url: str, ca_file: Path | None = None) -> Transport:
    """Open a transport."""
    server = Server(url=url, user="admin", password="Secret", ca_file=ca_file)
    return Transport(server, patience=BRIEF)


def test_an_unknown_certificate_is_refused(own: tuple[Path, ssl.SSLContext]) -> None:
    """With the way out; the password is not sent."""
    heard: list[bytes] = []
    with (
        raw_server(lambda line: heard.append(b"x"), own[1]) as url,
        pytest.raises(Unreachable, match="not trusted") as caught,
    ):
        open_transport(url).sign_in()
    assert caught.value.hints == option("ca_file")
    assert "self-signed certificate" in str(caught.value).replace("self signed", "self-signed")
    assert len(str(caught.value)) < 300
    assert heard == []


def test_it_is_trusted_once_it_is_named(
    own: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the environment's certificates do not come in its place."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with raw_server(answering(), own[1]) as url:
        transport = open_transport(url, own[0])
        assert transport.sign_in().outcome is Outcome.ACCEPTED
        transport.close()


def test_the_name_has_to_be_right_all_the_same(tmp_path: Path) -> None:
    """Whoever holds one certificate of a maker could else be any server."""
    certificate, context = own_certificate(tmp_path, "DNS:elsewhere.example")
    with (
        raw_server(answering(), context) as url,
        pytest.raises(Unreachable, match=r"not trusted.*(mismatch|not valid)"),
    ):
        open_transport(url, certificate).sign_in()


def test_another_s_certificate_is_refused(own: tuple[Path, ssl.SSLContext], tmp_path: Path) -> None:
    """The file is all that is trusted."""
    (tmp_path / "other").mkdir()
    other, _ = own_certificate(tmp_path / "other", "IP:127.0.0.1")
    with (
        raw_server(answering(), own[1]) as url,
        pytest.raises(Unreachable, match="not trusted"),
    ):
        open_transport(url, other).sign_in()


@pytest.mark.parametrize("said_by", ["flag", "environment", "file"])
def test_a_command_takes_the_file(
    said_by: str,
    own: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its flag, by the environment or from bridge.yaml: what answers is no whole OpenMRS."""
    monkeypatch.setenv("BRIDGE_PASSWORD", "Secret")
    flags = ["--ca-file", str(own[0])] if said_by == "flag" else []
    if said_by == "environment":
        monkeypatch.setenv("BRIDGE_CA_FILE", str(own[0]))
    if said_by == "file":
        Path("bridge.yaml").write_text(f"ca_file: {own[0]}\n")
    with raw_server(answering(), own[1]) as url:
        run(["check", "--url", url, "--user", "admin", *flags])
    shown = capsys.readouterr()
    assert "not trusted" not in shown.err
    assert url in shown.out


@pytest.mark.parametrize("command", ["load", "check", "setup", "resume", "verify", "undo"])
def test_every_command_that_signs_in_knows_it(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each may be the first to meet the server."""
    run([command, "--help"])
    assert "--ca-file" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read: No such file"),
        ("hello\n", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n", "holds no certificate"),
        ("", "holds no certificate"),
    ],
)
def test_a_file_of_no_certificates_is_said_so(
    content: str | None,
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything is asked or sent."""
    monkeypatch.setenv("BRIDGE_PASSWORD", "Secret")
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    url = "https://127.0.0.1:1/openmrs"
    assert run(["check", "--url", url, "--user", "admin", "--ca-file", str(path)]) == 2
    assert f"{path}: " in (error := capsys.readouterr().err)
    assert complaint in error


def test_a_folder_is_no_file_of_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, too."""
    monkeypatch.setenv("BRIDGE_PASSWORD", "Secret")
    url = "https://127.0.0.1:1/openmrs"
    assert run(["check", "--url", url, "--user", "admin", "--ca-file", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
