"""A thin line between bridge and a server: few bits a second, long round trips, cut connections.

It works on bytes, for all connections together, as a modem does; what TCP and IP add is left out.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

PACKET = 1460
"""How many bytes travel together on an Ethernet."""


@dataclass(frozen=True)
class Line:
    """What a line is like; as given, there is nothing to be felt of it."""

    bits_per_second: float = 1e12
    round_trip: float = 0.0
    cut: float = 0.0
    """The share of requests whose connection is cut, half before they arrive and half after."""
    seed: int = 1


THIN = Line(bits_per_second=1e6, round_trip=0.6, cut=0.02)


class Traffic:
    """What has gone over a line so far."""

    url = ""

    def __init__(self) -> None:
        self.up = self.down = self.requests = self.connections = self.cuts = 0


class _Way:
    """One direction: bytes leave one after another, and arrive half a round trip later."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._free = 0.0

    def arrival(self, size: int) -> float:
        """Send so many bytes; return when they arrive, in the loop's time."""
        self._free = max(self._free, _now()) + 8 * size / self._line.bits_per_second
        return self._free + self._line.round_trip / 2

    async def carry(
        self, near: asyncio.StreamReader, far: asyncio.StreamWriter, fate: Callable[[bytes], bool]
    ) -> None:
        """Carry bytes in their order until they end, or `fate` says that they go no further."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while (parcel := await under_way.get())[1]:
                await asyncio.sleep(max(0.0, parcel[0] - _now()))
                far.write(parcel[1])
                await far.drain()

        delivery = asyncio.ensure_future(deliver())
        try:
            while (data := await near.read(PACKET)) and fate(data):
                under_way.put_nowait((self.arrival(len(data)), data))
            under_way.put_nowait((0.0, b""))
            await delivery
        finally:
            delivery.cancel()


class _Proxy:
    def __init__(self, line: Line, upstream: str, traffic: Traffic) -> None:
        parts = urlsplit(upstream)
        self._line, self._traffic = line, traffic
        self._upstream = (parts.hostname, parts.port)
        self._up, self._down = _Way(line), _Way(line)
        self._chance = random.Random(line.seed)
        self._connections: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    def connected(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        """Begin to serve a connection; its writer is known even if the task never runs."""
        self._writers.append(to_near)
        task = asyncio.ensure_future(self._serve(near, to_near))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def end(self) -> None:
        """Take the line down: nothing is carried any more, and every connection is closed."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes aborted sockets in its next round

    async def _serve(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        """Carry one connection until either side or a cut ends it."""
        self._traffic.connections += 1
        # A connection takes a round trip before it carries anything.
        await asyncio.sleep(self._line.round_trip)
        far, to_far = await asyncio.open_connection(*self._upstream)
        self._writers.append(to_far)
        cut = False

        def upward(data: bytes) -> bool:
            nonlocal cut
            if data.startswith((b"GET ", b"POST ", b"DELETE ")):
                self._traffic.requests += 1
                fate = self._chance.random()
                cut = fate < self._line.cut
                self._traffic.cuts += cut
                if fate < self._line.cut / 2:
                    return False
            self._traffic.up += len(data)
            return True

        def downward(data: bytes) -> bool:
            self._traffic.down += len(data)
            return not cut

        ways = [
            asyncio.ensure_future(self._up.carry(near, to_far, upward)),
            asyncio.ensure_future(self._down.carry(far, to_near, downward)),
        ]
        with suppress(asyncio.CancelledError):  # the line is taken down
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for writer in (to_near, to_far):
            writer.transport.abort()
            self._writers.remove(writer)


def _now() -> float:
    return asyncio.get_running_loop().time()


@contextmanager
def thin_line(upstream: str, line: Line = THIN) -> Iterator[Traffic]:
    """Serve on loopback what the server at `upstream` answers, over such a line."""
    loop = asyncio.new_event_loop()
    traffic = Traffic()
    proxy = _Proxy(line, upstream, traffic)
    server = loop.run_until_complete(asyncio.start_server(proxy.connected, "127.0.0.1", 0))
    port = server.sockets[0].getsockname()[1]
    traffic.url = f"http://127.0.0.1:{port}{urlsplit(upstream).path}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield traffic
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(proxy.end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
