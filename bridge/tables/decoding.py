"""The text of a file of strangers: unpacked and decoded, and what was made of it said."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final, NamedTuple

from bridge.errors import InputError

MOST_BYTES: Final = 2**31
"""Of one table, unpacked."""

MOST_UNFOLDED: Final = 1000
"""How many times its own size a packed table may become; numbers in CSV become 3 to 20 times."""

_ALWAYS_ALLOWED: Final = 10_000_000

_BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError)


class Content(NamedTuple):
    """The bytes of one table, the name that says its kind, and what was unpacked."""

    data: bytes
    name: str
    notes: tuple[str, ...]


class Text(NamedTuple):
    """A table as text, with what was made of its bytes."""

    text: str
    notes: tuple[str, ...]


def read_content(path: Path) -> Content:
    """Read a file, gzip, bzip2, xz or a zip of one table among them; raise InputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", place=path) from error
    if data[:4] == b"PK\x03\x04":
        return _of_zip(data, path)
    for magic, suffix, opened in _PACKED:
        if data.startswith(magic):
            unpacked = _bounded(opened(io.BytesIO(data)), len(data), path)
            return Content(unpacked, path.name.removesuffix(suffix), ())
    return Content(data, path.name, ())


_PACKED: Final = (
    (b"\x1f\x8b", ".gz", gzip.open),
    (b"BZh", ".bz2", bz2.BZ2File),
    (b"\xfd7zXZ\x00", ".xz", lzma.LZMAFile),
)


def _of_zip(data: bytes, path: Path) -> Content:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir()]
            names = {one.filename for one in inside}
            if "[Content_Types].xml" in names:  # a workbook is a zip too
                _check_size(sum(one.file_size for one in inside), _most(len(data)), path)
                return Content(data, path.name, ())
            if {"mimetype", "content.xml"} <= names:
                raise InputError("is an OpenDocument file: save it as CSV", place=path)
            tables = [
                one
                for one in inside
                if not one.filename.startswith("__MACOSX/")
                and not Path(one.filename).name.startswith(".")
            ]
            if len(tables) != 1:
                some = ", ".join(one.filename for one in tables[:5]) or "nothing"
                raise InputError(
                    f"holds {len(tables)} files ({some}): a zip of one table is read; unpack it "
                    "and give the table",
                    place=path,
                )
            with archive.open(tables[0]) as file:
                unpacked = _bounded(file, len(data), path)
            return Content(unpacked, tables[0].filename, (f"unpacked {tables[0].filename}",))
    except InputError:
        raise
    except (*_BROKEN, RuntimeError, NotImplementedError) as error:  # encrypted, or an odd method
        raise InputError(f"is no zip file that can be unpacked ({error})", place=path) from error


def _bounded(file: Any, size: int, path: Path) -> bytes:
    most = _most(size)
    try:
        data: bytes = file.read(most + 1)
    except (*_BROKEN, MemoryError) as error:
        raise InputError(f"cannot be unpacked ({error})", place=path) from error
    _check_size(len(data), most, path)
    return data


def _most(size: int) -> int:
    return min(MOST_BYTES, max(size * MOST_UNFOLDED, _ALWAYS_ALLOWED))


def _check_size(size: int, most: int, path: Path) -> None:
    if size > most:
        raise InputError(f"unpacks to more than {most:,} bytes: is it a table?", place=path)


_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig", ""),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)

_OTHER_ALPHABET: Final = re.compile(r"[À-ÿŠšŽžŒœŸ]{3}")
"""Western European words have one or two such letters in a row; other alphabets have many."""


def decode(data: bytes, path: Path) -> Text:
    """Decode UTF-8, UTF-16 with its mark, or what is plainly Western European; raise InputError."""
    for mark, encoding, name in _MARKS:
        if data.startswith(mark):
            try:
                return _checked(data.decode(encoding), (f"encoding {name}",) * bool(name), path)
            except UnicodeDecodeError as error:
                raise InputError(f"is not whole {name or 'UTF-8'} text", place=path) from error
    try:
        return _checked(data.decode("utf-8"), (), path)
    except UnicodeDecodeError:
        return _western(data, path)


def _western(data: bytes, path: Path) -> Text:
    advice = "is not UTF-8 text: save it as UTF-8 (in Excel: CSV UTF-8)"
    if 0 in data:
        raise InputError(f"{advice}; or is it no table at all?", place=path)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise InputError(advice, place=path) from error
    if _OTHER_ALPHABET.search(text):
        raise InputError(advice, place=path)
    note = "encoding not UTF-8, read as Windows-1252 (if é, ü or ° come out wrong, save as UTF-8)"
    return _checked(text, (note,), path)


def _checked(text: str, notes: tuple[str, ...], path: Path) -> Text:
    if (place := text.find("\0")) >= 0:
        line = text.count("\n", 0, place) + 1
        raise InputError(
            "has a zero byte, which no text has: save it as CSV in UTF-8", place=f"{path}:{line}"
        )
    return Text(text, notes)
