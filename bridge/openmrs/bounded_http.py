"""The line to a server that may be hostile: each answer is bounded in bytes and in time.

What requests calls a time limit is for one read: a server that drips a byte now and then keeps
within it for ever. Here all the reads of an answer, head and body, share one limit.
"""

import http.client
import io
import socket
import time
import zlib
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError

MOST_BYTES = 8 * 2**20
"""The longest answer, packed and unpacked: none that bridge asks for comes near it. As Python's
objects it may take thirty times as much."""

_PIECE = 2**16


class Endless(OSError):
    """An answer is longer than any that bridge asks for."""


class _Stream(io.RawIOBase):
    """A connection's bytes: one time limit for all reads, and no more than so many."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._sock = sock
        self._limit = sock.gettimeout()
        self._end = time.monotonic() + (self._limit or float("inf"))
        self._left = 2 * MOST_BYTES  # a head of a hundred lines may be nearly as long as a body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left if self._limit else None)
        try:
            count: int | None = self._stream.readinto(buffer)
        finally:
            self._sock.settimeout(self._limit)  # the next request has all of it again
        self._left -= count or 0
        if self._left < 0:
            raise Endless("the answer does not end")
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **more: Any) -> None:
        super().__init__(sock, *arguments, **more)
        self.fp: io.BufferedReader = io.BufferedReader(_Stream(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _Answer


class _TlsConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        found = super().proxy_manager_for(proxy, **more)
        found.pool_classes_by_scheme = _POOLS
        return found


class BoundedSession(requests.Session):
    """A session whose answers are bounded and that never follows a redirect.

    requests looks where a redirect leads even when it is not to follow: it then reads the whole
    body, however long, and stumbles over an address that is none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mount("http://", _Adapter())
        self.mount("https://", _Adapter())
        self.headers["Accept-Encoding"] = "gzip"  # the one packing that is undone here

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that an answer leads nowhere; its Location is still in its headers."""


def read_body(answer: BaseHTTPResponse) -> bytes:
    """Return an answer's body, unpacked no further than is sane.

    Raises Endless, urllib3's HTTPError and, where the packing is broken, its DecodeError.
    """
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise DecodeError(f"it is packed as {packing!r}")
    unpack = zlib.decompressobj(wbits=31) if "gzip" in packing else None
    body, packed = bytearray(), 0
    for piece in answer.stream(_PIECE, decode_content=False):
        packed += len(piece)
        try:
            body += unpack.decompress(piece, MOST_BYTES + 1 - len(body)) if unpack else piece
        except zlib.error as error:
            raise DecodeError("its packing is broken") from error
        if len(body) > MOST_BYTES:
            raise Endless("the answer does not end")
    if unpack and packed and not unpack.eof:
        raise DecodeError("its packing breaks off")
    return bytes(body)
