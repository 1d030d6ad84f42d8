"""Bundles, or single resources, as files of JSON: their resources one after the other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.chart import LeftOut
from bridge.errors import InputError
from bridge.files.fhir.resources import (
    NOT_FHIR,
    NOT_JSON,
    SHARED,
    TAKEN,
    Resource,
    resource_of,
)
from bridge.opening import opened

WHOLE = 16_000_000
"""Bytes of a file that are parsed at once; a larger one is read entry by entry."""

MOST = 1_000_000_000
"""Bytes of one bundle: an arbitrary bound, ten times the largest of Synthea's."""

HALF_A_CHARACTER = re.compile(rb"\\u[dD][89abAB]")
"""Two of them are one; what stands alone is none, and fails wherever it is written."""

_NESTED = ("text", "meta", "implicitRules", "language")
"""What no chart has: a resource's text says again what the resource says."""


def bundle_resources(path: Path) -> Iterator[Resource | LeftOut]:
    """Yield the resources of a file, or what is left out of it and why.

    Those that no chart has come without what they say.
    """
    try:
        with opened(path) as file:
            head = file.read(WHOLE + 1)
            if len(head) <= WHOLE:
                yield from _parsed(head, path)
                return
        with opened(path) as file:
            yield from streamed_resources(file, path)
    except InputError as error:
        yield LeftOut(f"Bundle/{path.name}", "cannot be read", str(error))


def _parsed(data: bytes, path: Path) -> Iterator[Resource | LeftOut]:
    try:
        whole = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield LeftOut(f"Bundle/{path.name}", "is not UTF-8 text", str(path))
        return
    except (ValueError, RecursionError) as error:
        yield LeftOut(f"Bundle/{path.name}", NOT_JSON, f"{path}: {error}"[:300])
        return
    must_check = HALF_A_CHARACTER.search(data) is not None
    if not isinstance(whole, dict) or whole.get("resourceType") != "Bundle":
        yield _entry(whole, path.name, must_check=must_check)
        return
    entries = whole.get("entry") or []
    if not isinstance(entries, list):
        yield LeftOut(f"Bundle/{path.name}", NOT_FHIR, f"{path}: entry")
        return
    for place, entry in enumerate(entries, start=1):
        yield from _unpacked(entry, f"{path.name}-{place}", must_check=must_check)


def streamed_resources(file: Any, path: Path) -> Iterator[Resource | LeftOut]:
    """Yield the resources of a large bundle, entry by entry."""
    import ijson

    place = 0
    try:
        entries = ijson.items(_Counted(file, path), "entry.item", use_float=True)
        for place, entry in enumerate(entries, start=1):
            yield from _unpacked(entry, f"{path.name}-{place}", must_check=True)
    except (ijson.JSONError, ValueError, OverflowError, RecursionError) as error:
        yield LeftOut(f"Bundle/{path.name}", NOT_JSON, f"{path}: {error}"[:300])
        return
    if not place:
        yield LeftOut(f"Bundle/{path.name}", NOT_FHIR, f"{path}: no entry")


class _Counted:
    """A file that may not go on for ever."""

    def __init__(self, file: Any, path: Path) -> None:
        self._file, self._path, self._left = file, path, MOST

    def read(self, size: int = -1) -> bytes:
        """Read some bytes."""
        data: bytes = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise InputError(f"is larger than {MOST:,} bytes: split it", place=self._path)
        return data


def _unpacked(entry: Any, place: str, *, must_check: bool) -> Iterator[Resource | LeftOut]:
    if not isinstance(entry, dict):
        yield LeftOut(f"entry/{place}", NOT_FHIR)
    elif isinstance(entry.get("resource"), dict):
        url = entry.get("fullUrl")
        url = url[:300] if isinstance(url, str) else ""
        yield _entry(entry["resource"], place, url, must_check=must_check)
    elif entry.get("request") is None and entry.get("response") is None:
        yield LeftOut(f"entry/{place}", NOT_FHIR)


def _entry(body: Any, place: str, url: str = "", *, must_check: bool) -> Resource | LeftOut:
    try:
        resource = resource_of(body, place=place, url=url)
    except ValueError:
        return LeftOut(f"entry/{place}", NOT_FHIR)
    return checked(resource, must_check=must_check)


def checked(resource: Resource, *, must_check: bool) -> Resource | LeftOut:
    """Return a resource without what no chart has; one with half a character is left out."""
    has_chart = resource.kind in TAKEN or resource.kind in SHARED
    kept = resource if has_chart else resource._replace(body={})
    if must_check and not _is_whole(kept):
        return LeftOut(resource.source.encode(errors="replace").decode(), NOT_FHIR, "text")
    for key in _NESTED:
        kept.body.pop(key, None)
    return kept


def _is_whole(resource: Resource) -> bool:
    """Tell whether a resource and what it is called can be written as UTF-8."""
    try:
        json.dumps(resource, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
