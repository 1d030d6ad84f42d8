"""Whether a port speaks https or plain http: asked before a sign-in that could only wait.

A server that speaks plain http may keep silent to a TLS handshake for ever, as one that is starting
does. Nothing secret is sent here: a handshake, or a request without a name or a password.
"""

import re
import socket
import ssl
from urllib.parse import urlsplit, urlunsplit

from requests.utils import get_environ_proxies, select_proxy

from bridge.openmrs.transport import LOOPBACK

SECONDS = 2.0
"""How long a handshake, or an answer, may take; who takes longer is not told from a busy server."""

_PORTS = {"http": 80, "https": 443}
_OTHER = {"http": "https", "https": "http"}


def other_scheme(url: str, *, seconds: float = SECONDS) -> str | None:
    """Return the address under the other scheme, where its port speaks that; None: not known.

    What lies behind a proxy of the environment cannot be asked.
    """
    parts = urlsplit(url)
    if not parts.hostname or (
        parts.hostname not in LOOPBACK and select_proxy(url, get_environ_proxies(url))
    ):
        return None
    port = parts.port or _PORTS[parts.scheme]
    is_tls = _speaks_tls(parts.hostname, port, seconds)
    if parts.scheme == "https":
        is_other = is_tls is False and _speaks_plainly(parts.hostname, port, seconds)
    else:
        is_other = is_tls is True
    return urlunsplit(parts._replace(scheme=_OTHER[parts.scheme])) if is_other else None


def _speaks_tls(host: str, port: int, seconds: float) -> bool | None:
    """Tell whether a handshake comes about; None: nothing is there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # whose it is matters to who sends a password, not here
    try:
        line = socket.create_connection((host, port), timeout=seconds)
    except OSError:
        return None
    try:
        with line, context.wrap_socket(line, server_hostname=host):
            return True
    except (OSError, ValueError):  # also ssl.SSLError and a time limit; a name that is none
        return False


def _speaks_plainly(host: str, port: int, seconds: float) -> bool:
    """Tell whether a plain request is answered; a port for TLS says so in plain HTTP."""
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection((host, port), timeout=seconds) as line:
            line.sendall(request)
            answer = line.recv(4096)
    except (OSError, UnicodeError):
        return False
    wants_tls = answer.split()[1:2] == [b"400"] and _TLS.search(answer)
    return answer.startswith(b"HTTP/") and not wants_tls


_TLS = re.compile(rb"https|tls|ssl", re.IGNORECASE)
