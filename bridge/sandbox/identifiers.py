"""Patient identifiers: check digits by the validators' class names, and sequences of idgen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.identity import MOD10_ALPHABET, MOD30_ALPHABET, check_digit
from bridge.sandbox.conversion import convert, to_whole, unique
from bridge.sandbox.refusals import Broken
from bridge.sandbox.store import Record, Store

MOD25_ALPHABET = "34679ACDEFGHJKLMNPRTUVWXY"


class Unfitting(Exception):
    """An identifier has characters that its check-digit scheme does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A check-digit scheme: the check character comes last, after a hyphen where `hyphen`."""

    name: str
    alphabet: str
    hyphen: str = ""

    def complete(self, base: str) -> str:
        """Append the check character.

        Raises Unfitting when `base` has a character outside the alphabet.
        """
        try:
            return f"{base}{self.hyphen}{check_digit(base, self.alphabet)}"
        except ValueError as fault:
            raise Unfitting(base) from fault

    def accepts(self, identifier: str) -> bool:
        """Tell whether the check character is right."""
        upper = identifier.strip().upper()
        base = upper[: -1 - len(self.hyphen)]
        if set(upper) - set(self.alphabet + self.hyphen):
            raise Unfitting(identifier)
        return self.complete(base) == upper


IDGEN = "org.openmrs.module.idgen.validator."
VALIDATORS: Mapping[str, Scheme] = {
    f"{IDGEN}LuhnMod30IdentifierValidator": Scheme(
        name="Luhn Mod-30 Check-Digit Validator", alphabet=MOD30_ALPHABET
    ),
    f"{IDGEN}LuhnMod25IdentifierValidator": Scheme(
        name="Luhn Mod-25 Check-Digit Validator", alphabet=MOD25_ALPHABET
    ),
    f"{IDGEN}LuhnMod10IdentifierValidator": Scheme(
        name="Luhn Mod-10 Check-Digit Validator", alphabet=MOD10_ALPHABET
    ),
    "org.openmrs.patient.impl.LuhnIdentifierValidator": Scheme(
        name="Luhn CheckDigit Validator", alphabet=MOD10_ALPHABET, hyphen="-"
    ),
}
"""A validator class that is not here checks nothing, as one that OpenMRS cannot load."""

SOURCE_TEXTS = (
    *("name", "description", "baseCharacterSet", "prefix", "suffix"),
    "firstIdentifierBase",
)
SEQUENTIAL = "SequentialIdentifierGenerator"


def create_source(store: Store, body: Mapping[str, Any]) -> Record:
    """Make an identifier source from a request's body."""
    kind = store.resource_types["patientidentifiertype"]
    identifier_type = unique(store, kind, str(body.get("identifierType") or ""))
    inputs = {
        "source type": body.get("sourceType") == SEQUENTIAL,
        "name": body.get("name"),
        "patient identifier type": identifier_type,
    }
    missing = [name for name, present in inputs.items() if not present]
    if missing:
        raise Broken(
            f"The values of the following inputs are missing or invalid: [{', '.join(missing)}]",
            java="org.openmrs.module.webservices.validation.ValidationException",
            code="org.openmrs.module.idgen.rest.resource.IdentifierSourceResource:192",
        )
    source = store.new("identifiersource")
    for name in SOURCE_TEXTS:
        source[name] = convert(source.type.by_name[name], body.get(name))
    for name in ("minLength", "maxLength"):
        source[name] = to_whole(body.get(name))
    source["identifierType"] = identifier_type
    store.insert(source)
    return source


def issue(store: Store, source: Record, count: int) -> list[str]:
    """Take the next `count` identifiers of a source; none is ever issued twice."""
    first = source["issued"]
    source["issued"] = first + count
    store.update(source)
    identifier_type = store.ref(source, "identifierType")
    scheme = VALIDATORS.get((identifier_type and identifier_type["validator"]) or "")
    bases = (_base(source, number) for number in range(first, first + count))
    return [scheme.complete(base) if scheme else base for base in bases]


def _base(source: Record, number: int) -> str:
    alphabet = source["baseCharacterSet"]
    start = source["firstIdentifierBase"] or alphabet[0]
    digits = _digits(_number(start, alphabet) + number, alphabet).rjust(len(start), alphabet[0])
    return f"{source['prefix'] or ''}{digits}{source['suffix'] or ''}"


def _number(digits: str, alphabet: str) -> int:
    value = 0
    for digit in digits:
        value = value * len(alphabet) + alphabet.index(digit)
    return value


def _digits(value: int, alphabet: str) -> str:
    digits = ""
    while value:
        value, place = divmod(value, len(alphabet))
        digits = alphabet[place] + digits
    return digits
