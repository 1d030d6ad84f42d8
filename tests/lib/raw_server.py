"""A loopback server that writes bytes, not HTTP: whatever a hostile one might."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Conduct = Callable[[socket.socket], None]
"""What becomes of a connection once a request has come in on it."""


@contextmanager
def raw_server(conduct: Conduct, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Yield the base address of a server that treats each connection so."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=treat, args=[connection], daemon=True)
            threads.append(thread)
            thread.start()

    def treat(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            line = tls.wrap_socket(connection, server_side=True) if tls else connection
            with line:
                line.settimeout(20)
                if line.recv(2**16):
                    conduct(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/openmrs"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for one in [thread, *threads]:
            one.join(timeout=0.3)


def saying(*pieces: bytes) -> Conduct:
    """Write these bytes and hang up."""
    return lambda line: [line.sendall(piece) for piece in pieces] and None


def flooding(head: bytes, piece: bytes) -> Conduct:
    """Write a head and then a piece over and over, as fast as it is read."""

    def conduct(line: socket.socket) -> None:
        line.sendall(head)
        while True:
            line.sendall(piece)

    return conduct


def dripping(head: bytes, pause: threading.Event) -> Conduct:
    """Write a head and then a byte now and then, until `pause` is set."""

    def conduct(line: socket.socket) -> None:
        line.sendall(head)
        while not pause.wait(0.05):
            line.sendall(b"a")

    return conduct
