"""The sandbox as a running server, for as long as somebody needs it."""

import errno
import logging
import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType

from waitress import wasyncore
from waitress.server import create_server

from bridge.errors import InputError
from bridge.sandbox.app import create_app
from bridge.sandbox.catalogue import RESOURCE_TYPES
from bridge.sandbox.request_context import PREFIX
from bridge.sandbox.seed import plant
from bridge.sandbox.snapshot import unpack
from bridge.sandbox.storage import Database
from bridge.sandbox.store import Store

HOST = "127.0.0.1"
THREADS = 8
MOST_BYTES = 16 * 2**20
"""The longest body: a patient's has a few thousand."""


class Sandbox:
    """An OpenMRS-compatible server on loopback that keeps its data in one directory."""

    def __init__(
        self, database: Database, listening: socket.socket, clock: Callable[[], datetime]
    ) -> None:
        # more requests than threads is no fault here, and waitress would say it on the terminal
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._database = database
        self._map: dict[int, object] = {}
        self._stopping = threading.Event()
        self._server = create_server(
            create_app(database, clock),
            map=self._map,
            sockets=[listening],
            threads=THREADS,
            max_request_body_size=MOST_BYTES,
        )
        self.port: int = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        port: int = 0,
        clock: Callable[[], datetime],
        with_content: bool = False,
    ) -> "Sandbox":
        """Serve the data in `directory` (made if need be) on a port; 0 takes a free one.

        New data is a bare server's, or, `with_content`, has the content package.

        Raises InputError if the port is taken or the directory cannot be written.
        """
        database = open_database(directory, clock, with_content=with_content)
        try:
            listening = _listen(port)
        except InputError:
            database.close()
            raise
        return cls(database, listening, clock)

    @property
    def url(self) -> str:
        """Where OpenMRS's address begins."""
        return f"http://{HOST}:{self.port}{PREFIX}"

    def wait(self) -> None:
        """Serve until the user interrupts."""
        try:
            while not self._stopping.wait(timeout=1):
                pass
        except KeyboardInterrupt:
            return

    def stop(self) -> None:
        """Finish the requests that are under way and close the data."""
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)
        self._database.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1, map=self._map, count=1)


def open_database(
    directory: Path, clock: Callable[[], datetime], *, with_content: bool = False
) -> Database:
    """Open the data in a directory; new data is a bare server's, older data is brought up."""
    database = Database(directory, RESOURCE_TYPES)
    try:
        if with_content:
            unpack(directory)
        directory.mkdir(parents=True, exist_ok=True)
        with database.writing() as connection:
            if database.is_outdated(connection):
                plant(Store(connection, RESOURCE_TYPES, clock(), ""))
    except (OSError, sqlite3.Error) as fault:
        database.close()
        raise InputError(
            f"the sandbox cannot keep its data here ({fault}): see to the folder's rights, to "
            "the room on the disk and to what is in it already, or name another one",
            place=directory,
        ) from fault
    return database


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # or a server that was killed could not come back for a minute
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as fault:
        listening.close()
        if fault.errno in (errno.EADDRINUSE, errno.EACCES):
            raise InputError(
                f"port {port} is taken or not allowed; name another with --port, or 0 for any"
            ) from fault
        raise
    return listening
