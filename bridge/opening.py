"""Files of strangers, opened with a bound: also those that unfold."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bridge.errors import InputError

MOST_UNFOLDED = 200
"""How many times its own size a .gz file may become; FHIR as JSON becomes 10 to 30 times."""
_ALWAYS_ALLOWED = 10_000_000
_CHUNK = 1 << 20


class _Bounded(io.RawIOBase):
    """A gzip stream that ends with an error once it has given too much."""

    def __init__(self, path: Path, inner: gzip.GzipFile, most: int) -> None:
        self._path, self._inner, self._left = path, inner, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        try:
            read = self._inner.read(min(len(buffer), _CHUNK))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"is no whole gzip file ({error})", place=self._path) from error
        self._left -= len(read)
        if self._left < 0:
            raise InputError(
                f"unfolds to more than {MOST_UNFOLDED} times its size: is it what it says?",
                place=self._path,
            )
        buffer[: len(read)] = read
        return len(read)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, gzip or plain, to be read as bytes; raise InputError if it cannot be."""
    try:
        with path.open("rb") as plain:
            if path.suffix != ".gz":
                yield plain
                return
            most = max(path.stat().st_size * MOST_UNFOLDED, _ALWAYS_ALLOWED)
            with gzip.open(plain) as inner:
                yield io.BufferedReader(_Bounded(path, inner, most), _CHUNK)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error


def digest(files: Sequence[Path]) -> str:
    """Return the SHA-256 of files, with their names."""
    whole = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                whole.update(path.name.encode(errors="surrogateescape"))
                whole.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", place=path) from error
    return whole.hexdigest()[:16]
