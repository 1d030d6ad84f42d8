"""Who is signed in: OpenMRS's default user, by Basic authentication or the session cookie.

Sessions live in this process only; another process or a restart knows nothing of them, and a
client signs in again as it must with the real server.
"""

import base64
import binascii
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

USER = "admin"
PASSWORD = "Admin123"  # noqa: S105 - OpenMRS's published default, for a server on loopback only
COOKIE = "JSESSIONID"
MOST_SESSIONS = 1000


@dataclass(slots=True)
class Session:
    """One session; it starts anonymous."""

    id: str
    signed_in: bool = False
    location: str | None = None


class Sessions:
    """The open sessions, the longest unused forgotten first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def start(self) -> Session:
        """Open an anonymous session."""
        session = Session(secrets.token_hex(16).upper())
        with self._lock:
            self._open[session.id] = session
            while len(self._open) > MOST_SESSIONS:
                self._open.popitem(last=False)
        return session

    def get(self, session_id: str) -> Session | None:
        """Return a session by the cookie's value."""
        with self._lock:
            session = self._open.get(session_id)
            if session:
                self._open.move_to_end(session_id)
            return session

    def end(self, session: Session) -> None:
        """Sign out."""
        with self._lock:
            self._open.pop(session.id, None)


def proves_identity(authorization: str | None) -> bool:
    """Tell whether an Authorization header carries the right name and password."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, f"{USER}:{PASSWORD}".encode())
