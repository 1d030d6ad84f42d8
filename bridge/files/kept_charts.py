"""Charts that were read once, kept on disk until the files are closed.

To read 1,000 bundles a second time takes the processor as long as to send them takes a fast server.
"""

import pickle
import tempfile
import threading
import weakref
import zlib

from bridge.files.fhir.chart import Chart

MOST_BYTES = 2**29
"""Half a gigabyte, some 12,000 of Synthea's whole lives; charts beyond are read again."""


class KeptCharts:
    """Charts by their patients' numbers, in a file that no one else can open."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="bridge-charts-")  # noqa: SIM115
        self._lock = threading.Lock()
        self._places: dict[int, tuple[int, int]] = {}
        self._size = 0
        self.close = weakref.finalize(self, self._file.close)

    def keep(self, number: int, chart: Chart) -> None:
        """Keep a chart, where there is room."""
        if self._size >= MOST_BYTES:
            return
        content = zlib.compress(pickle.dumps(chart, pickle.HIGHEST_PROTOCOL), level=1)
        try:
            with self._lock:
                self._file.seek(self._size)
                self._file.write(content)
        except OSError:  # the disk is full: what is there stays readable, the rest is read again
            self._size = MOST_BYTES
            return
        self._places[number] = (self._size, len(content))
        self._size += len(content)

    def chart(self, number: int) -> Chart | None:
        """Return a chart that was kept."""
        if number not in self._places:
            return None
        offset, length = self._places[number]
        with self._lock:
            self._file.seek(offset)
            content = self._file.read(length)
        chart: Chart = pickle.loads(zlib.decompress(content))  # noqa: S301, our own, just written
        return chart
