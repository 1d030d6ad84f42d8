"""Whole inputs made hostile: JSON by its parts, all else by its bytes."""

import json
import random
from typing import Any

WORDS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, 1.5, -0.0, 1e308, [], {}, "", "x", [[]], [{}], {"": {}}),
    *("2026-03-04", "0000-00-00", "9999-12-31T23:59:59.999+2359", "\x00", "\x1b[2J", "\u202e"),
    *("\ud800", "=1+1", "<script>", "../../x", "a" * 10_000, "1" * 5000, "NaN", "-Infinity", "%s"),
)
PIECES = (
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\n", b"\r", b"\t", b'"', b"'", b"{", b"["),
    *(b"}", b"]", b",", b":", b"&a ", b"*a", b"<<: ", b"!!int ", b"!!binary ", b"1e400", b"NaN"),
    *(b"9" * 5000, b"-", b"null", b"0x", b"1:", b"\\", b"%", b"\xc2\x9b", b"\x1b[2J", b"="),
    *(b"[" * 2000, b"\x85"),
)


def spoilt(data: bytes, rng: random.Random, length: int = 100_000) -> bytes:
    """Return `data` with one to four things wrong."""
    for _ in range(rng.randint(1, 4)):
        lines = data.split(b"\n")
        place = rng.randrange(len(lines))
        try:
            body = json.loads(lines[place])
        except (ValueError, RecursionError):
            data = _cut(data, rng)
            continue
        lines[place] = json.dumps(_changed(body, rng)).encode()
        data = b"\n".join(lines) if rng.random() < 0.9 else _cut(data, rng)
    return data[:length]


def _cut(data: bytes, rng: random.Random) -> bytes:
    first = rng.randrange(len(data) + 1)
    last = min(len(data), first + rng.choice((0, 0, 1, 2, 8, 40)))
    other = rng.randrange(len(data) + 1)
    within = rng.choice((b"", rng.choice(PIECES), rng.randbytes(2), data[other : other + 20]))
    return data[:first] + within + data[last:]


def _changed(body: Any, rng: random.Random) -> Any:
    """Return a JSON value with one part of it changed."""
    if not isinstance(body, dict | list) or not body or rng.random() < 0.15:
        return rng.choice(WORDS)
    if isinstance(body, dict):
        key = rng.choice(list(body))
        if rng.random() < 0.1:
            return {name: value for name, value in body.items() if name != key}
        return {**body, key: _changed(body[key], rng)}
    place = rng.randrange(len(body))
    if rng.random() < 0.1:
        return body[:place] + body[place + 1 :] * 2
    return [*body[:place], _changed(body[place], rng), *body[place + 1 :]]
