"""Whole inputs made hostile: JSON by its parts, tables by their cells, all else by its bytes.

Most of what is changed stays what it was, JSON or a table, so that it gets past the first line of a
reader: one value is another's, or under another name, or one of the words that the readers know.
"""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bridge.files

WORDS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, 1.5, -0.0, 1e308, [], {}, "", "x", [[]], [{}], {"": {}}),
    *("2026-03-04", "0000-00-00", "9999-12-31T23:59:59.999+2359", "\x00", "\x1b[2J", "\u202e"),
    *("\ud800", "=1+1", "<script>", "../../x", "a" * 10_000, "1" * 5000, "NaN", "-Infinity", "%s"),
    *("0001-01-01", "9999-12-31", "2024-02-30", "2024", "2024-03", "2024-03-05T10:00:00-05:00"),
    *("urn:uuid:x", "#x", "Patient/x", "1e5", " ", "\u200d", "é" * 300, 2**31, 1e-9),
)
PIECES = (
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\n", b"\r", b"\t", b'"', b"'", b"{", b"["),
    *(b"}", b"]", b",", b":", b"&a ", b"*a", b"<<: ", b"!!int ", b"!!binary ", b"1e400", b"NaN"),
    *(b"9" * 5000, b"-", b"null", b"0x", b"1:", b"\\", b"%", b"\xc2\x9b", b"\x1b[2J", b"="),
    *(b"[" * 2000, b"\x85"),
)

_READERS = sorted(Path(bridge.files.__file__).parent.rglob("*.py"))
KNOWN = sorted(
    {
        word
        for path in _READERS
        for word in re.findall(r'"([A-Za-z][\w. -]{0,40})"', path.read_text(encoding="utf-8"))
    }
)
"""What the readers look for: names of elements and columns, codes of a status."""

_Place = tuple[dict[str, Any] | list[Any], Any]


def spoilt(data: bytes, rng: random.Random, length: int = 100_000) -> bytes:
    """Return `data` with one to four things wrong."""
    for _ in range(rng.randint(1, 4)):
        lines = data.split(b"\n")
        place = rng.randrange(len(lines))
        if place and rng.random() < 0.7 and lines[place - 1].startswith(b"%%%%"):
            place = min(place + 1, len(lines) - 1)  # a table without its columns is refused whole
        if rng.random() < 0.05:
            data = _cut(data, rng)
        elif lines[place][:1] in (b"{", b"["):
            lines[place] = _spoilt_json(lines[place], rng)
            data = b"\n".join(lines)
        elif lines[place].count(b",") > 1 and rng.random() < 0.8:
            lines[place] = _spoilt_row(lines[place], rng.choice(lines), rng)
            data = b"\n".join(lines)
        else:
            data = _cut(data, rng)
    return data[:length]


def _cut(data: bytes, rng: random.Random) -> bytes:
    first = rng.randrange(len(data) + 1)
    last = min(len(data), first + rng.choice((0, 0, 1, 2, 8, 40)))
    other = rng.randrange(len(data) + 1)
    within = rng.choice((b"", rng.choice(PIECES), rng.randbytes(2), data[other : other + 20]))
    return data[:first] + within + data[last:]


def _spoilt_row(row: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return a row of a table with one cell changed, or once more."""
    cells, others = row.split(b","), other.split(b",")
    place = rng.randrange(len(cells))
    cell = rng.choice((b"", _text(rng.choice(WORDS)), _text(rng.choice(KNOWN)), rng.choice(others)))
    if rng.random() < 0.1:
        return row + b"\n" + row
    return b",".join([*cells[:place], cell, *cells[place + 1 :]])


def _text(word: object) -> bytes:
    return str(word).encode(errors="surrogatepass")


def _spoilt_json(line: bytes, rng: random.Random) -> bytes:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return _cut(line, rng)
    places = list(_places(body))
    if not places or rng.random() < 0.02:
        return json.dumps(rng.choice(WORDS)).encode()
    _change(rng.choice(places), rng.choice(places), rng)
    return json.dumps(body).encode()


def _places(body: Any) -> Iterator[_Place]:
    """Yield where each part of a JSON value stands, however deep."""
    if isinstance(body, dict | list):
        for key in list(body) if isinstance(body, dict) else range(len(body)):
            yield body, key
            yield from _places(body[key])


def _change(place: _Place, other: _Place, rng: random.Random) -> None:
    """Change one part of a JSON value, some ways by what stands at another place of it."""
    within, key = place
    copied = json.loads(json.dumps(other[0][other[1]]))
    match rng.randrange(6):
        case 0:
            del within[key]
        case 1:
            within[key] = rng.choice(WORDS)
        case 2:
            within[key] = rng.choice(KNOWN)
        case 3:
            within[key] = copied
        case 4 if isinstance(within, dict):
            within[rng.choice(KNOWN)] = within[key]
        case _ if isinstance(within, dict):
            within[rng.choice(KNOWN)] = copied
        case _:
            within.insert(key, copied)
