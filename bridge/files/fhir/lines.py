"""Newline-delimited JSON, as a bulk export gives it: where each resource stands in its file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bridge.chart import LeftOut
from bridge.files.fhir.bundles import HALF_A_CHARACTER, checked
from bridge.files.fhir.resources import NOT_FHIR, NOT_JSON, Resource, resource_of
from bridge.opening import opened

LONGEST = 16_000_000
"""Bytes of one line: a document with an image of 10 MB."""


class Line(NamedTuple):
    """A resource of a file, or what is left out of it, and the bytes where it stands."""

    found: Resource | LeftOut
    offset: int
    length: int


def ndjson_lines(path: Path) -> Iterator[Line]:
    """Yield the resources of a file; one that cannot be read costs its own line only."""
    kind = path.name.split(".")[0]
    offset = 0
    with opened(path) as file:
        for number in _counting():
            line = file.readline(LONGEST + 1)
            if not line:
                return
            length = len(line)
            too_long = length > LONGEST
            while too_long and not line.endswith(b"\n") and (line := file.readline(LONGEST)):
                length += len(line)
            if too_long:
                place = f"{path}:{number}"
                yield Line(LeftOut(f"{kind}/line-{number}", "is too long", place), offset, length)
            elif line.strip():
                yield Line(parse_line(line, kind, f"{path}:{number}"), offset, length)
            offset += length


def _counting() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def parse_line(line: bytes, kind: str, place: str) -> Resource | LeftOut:
    """Read one resource; `kind` is what it is counted as where it does not say."""
    number = place.rpartition(":")[2]
    try:
        body = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return LeftOut(f"{kind}/line-{number}", "is not UTF-8 text", place)
    except (ValueError, RecursionError) as error:
        return LeftOut(f"{kind}/line-{number}", NOT_JSON, f"{place}: {error}"[:300])
    try:
        resource = resource_of(body, place=f"line-{number}")
    except ValueError:
        return LeftOut(f"{kind}/line-{number}", NOT_FHIR, place)
    found = checked(resource, must_check=HALF_A_CHARACTER.search(line) is not None)
    return found._replace(detail=place) if isinstance(found, LeftOut) else found
