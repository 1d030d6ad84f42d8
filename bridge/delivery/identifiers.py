"""Patient identifiers: from the server's own source, or made here with the check digit."""

import hashlib
import itertools
import secrets
from collections.abc import Callable, Iterator, Sequence

from bridge.delivery.target import IdentifierSlot
from bridge.identity import MOD10_ALPHABET, MOD30_ALPHABET, check_digit
from bridge.openmrs.client import Client

_BATCH = 1000
"""The most identifiers asked for in one request, so that none takes minutes."""


class IdentifierDesk:
    """Issues the identifiers of one run, one of each type a patient needs."""

    def __init__(self, slots: Sequence[IdentifierSlot], run: str) -> None:
        self._run = run
        self._slots = slots
        self._made_here = [_made_here(slot, run) for slot in slots]

    def issue(self, client: Client, count: int) -> list[tuple[str, ...]]:
        """Return the identifiers of `count` patients."""
        columns = [
            self._from_server(client, slot.source, count)
            if slot.source
            else list(itertools.islice(made_here, count))
            for slot, made_here in zip(self._slots, self._made_here, strict=True)
        ]
        return list(zip(*columns, strict=True)) if columns else [()] * count

    def _from_server(self, client: Client, source: str, count: int) -> list[str]:
        issued: list[str] = []
        while len(issued) < count:
            batch = min(_BATCH, count - len(issued))
            issued += client.identifiers(source, batch, f"bridge {self._run}")
        return issued


def spare_identifiers(client: Client, slots: Sequence[IdentifierSlot], run: str) -> tuple[str, ...]:
    """Issue one more set, for a patient whose own turned out to be somebody else's."""
    desk = IdentifierDesk(slots, f"{run} {secrets.token_hex(4)}")
    return desk.issue(client, 1)[0]


def _made_here(slot: IdentifierSlot, run: str) -> Iterator[str]:
    """Count up from a place that follows from the run, far from where a server's source starts."""
    start = int.from_bytes(hashlib.sha256(f"{run}/{slot.type}".encode()).digest()[:8], "big")
    write = _writer(slot.validator or "")
    return (write(start + step) for step in itertools.count())


def _writer(validator: str) -> Callable[[int], str]:
    if "LuhnMod30" in validator:
        return lambda number: _with_check(_digits(number, MOD30_ALPHABET, 5, "Y"), MOD30_ALPHABET)
    if "LuhnIdentifierValidator" in validator:
        # OpenMRS's own validator wants the check digit after a hyphen.
        return lambda number: _with_check(
            _digits(number, MOD10_ALPHABET, 8, "9"), MOD10_ALPHABET, hyphen="-"
        )
    return lambda number: _digits(number, MOD30_ALPHABET, 7, "Y")


def _digits(number: int, alphabet: str, places: int, first: str) -> str:
    text = ""
    for _ in range(places):
        number, place = divmod(number, len(alphabet))
        text = alphabet[place] + text
    return first + text


def _with_check(base: str, alphabet: str, *, hyphen: str = "") -> str:
    return base + hyphen + check_digit(base, alphabet)
