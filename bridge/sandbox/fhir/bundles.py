"""Search results as Bundles, page by page. Later pages live in this process, as with HAPI."""

import re
import threading
import uuid
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from bridge.sandbox.fhir.outcomes import Outcome
from bridge.sandbox.fhir.resources import SUBSETTED, resource
from bridge.sandbox.fhir.search import Found
from bridge.sandbox.store import Record, Store

DEFAULT_COUNT = 10
MOST = 100
KEPT_SEARCHES = 100


class Results(NamedTuple):
    """A search that was answered: what it found, and how it wants to be shown."""

    found: tuple[Found, ...]
    summary: str

    @property
    def is_summary(self) -> bool:
        """Whether resources leave their narrative out."""
        return self.summary in ("data", "true")


class SearchCache:
    """The searches whose next pages may still be asked for, the oldest thrown away first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Results] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, results: Results) -> str:
        """Keep a search and name it."""
        name = str(uuid.uuid4())
        with self._lock:
            self._kept[name] = results
            while len(self._kept) > KEPT_SEARCHES:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Results:
        """Return a kept search.

        Raises Outcome where there is none of this name.
        """
        with self._lock:
            results = self._kept.get(name)
        if results is None:
            message = f'HAPI-0417: Search ID "{name}" does not exist and may have expired'
            raise Outcome(410, message)
        return results


class Page(NamedTuple):
    """Which part of the results to show."""

    size: int
    start: int


def page_of(given: dict[str, str]) -> Page:
    """Read the page from a request; over the most it is the most."""
    size = _number(given.get("_count", ""), DEFAULT_COUNT)
    return Page(min(size, MOST), _number(given.get("_getpagesoffset", ""), 0))


def _number(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else default


def bundle(
    store: Store, cache: SearchCache, results: Results, page: Page, *, name: str = "", self_url: str
) -> dict[str, Any]:
    """Show one page of a search as a searchset Bundle."""
    shown = _head(store, len(results.found), subsetted=results.is_summary)
    shown["link"] = [{"relation": "self", "url": self_url}]
    shown["link"] += _neighbours(store, cache, results, page, name)
    part = results.found[page.start : page.start + page.size]
    # what was purged since the search was made is left out
    records = [(one, record) for one in part if (record := store.one(one.type, one.number))]
    entries = [
        _entry(store, record, one.resource, summary=results.is_summary) for one, record in records
    ]
    return shown | ({"entry": entries} if entries else {})


def total(store: Store, number: int) -> dict[str, Any]:
    """Show only how much a search would find."""
    return _head(store, number, subsetted=True)


def _head(store: Store, number: int, *, subsetted: bool) -> dict[str, Any]:
    now = datetime.fromtimestamp(store.now, UTC).isoformat(timespec="milliseconds")
    meta: dict[str, Any] = {"lastUpdated": now}
    if subsetted:
        meta["tag"] = [SUBSETTED]
    return {
        "resourceType": "Bundle",
        "id": str(uuid.uuid4()),
        "meta": meta,
        "type": "searchset",
        "total": number,
    }


def _neighbours(
    store: Store, cache: SearchCache, results: Results, page: Page, name: str
) -> list[dict[str, str]]:
    starts = {}
    if page.start + page.size < len(results.found):
        starts["next"] = page.start + page.size
    if page.start > 0:
        starts["previous"] = max(0, page.start - page.size)
    if starts and not name:
        name = cache.keep(results)
    return [
        {
            "relation": relation,
            "url": f"{store.base}/ws/fhir2/R4?_getpages={name}&_getpagesoffset={start}"
            f"&_count={page.size}&_bundletype=searchset",
        }
        for relation, start in starts.items()
    ]


def _entry(store: Store, record: Record, type_name: str, *, summary: bool) -> dict[str, Any]:
    return {
        "fullUrl": f"{store.base}/ws/fhir2/R4/{type_name}/{record.uuid}",
        "resource": resource(store, record, type_name, summary=summary),
    }


def search_url(base: str, query: list[tuple[str, str]]) -> str:
    """Write a search's own address as HAPI does: its parameters in order of name."""
    pairs = "&".join(f"{quote(name, safe='')}={quote(value)}" for name, value in sorted(query))
    return f"{base}?{pairs}" if pairs else base
