"""Stable names for things: UUIDv5s that follow from a seed, and identifier check digits. Pure."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

NAMESPACE = uuid.UUID("6f1d2b0c-58a4-5c8e-9d53-0b1f5a7e4c11")
"""bridge's own namespace; changing it changes every patient ever made."""

MOD30_ALPHABET = "0123456789ACDEFGHJKLMNPRTUVWXY"
MOD10_ALPHABET = "0123456789"


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of `inputs` as canonical JSON."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def patient_uuid(cohort: str, number: int) -> str:
    """Name patient `number` of the cohort whose inputs have the fingerprint `cohort`."""
    return str(uuid.uuid5(NAMESPACE, f"{cohort}/{number}"))


def part_uuid(owner: str, role: str) -> str:
    """Name a part of the thing `owner`: the same owner and role give the same uuid everywhere."""
    return str(uuid.uuid5(uuid.UUID(owner), role))


def reissue(original: str, edition: int) -> str:
    """Name `original`'s place in a later edition, since OpenMRS never frees a voided uuid."""
    return original if edition == 0 else part_uuid(original, f"edition/{edition}")


def check_digit(base: str, alphabet: str) -> str:
    """Return the Luhn check character of `base` over `alphabet` (ISO/IEC 7812-1 taken mod n).

    Raises ValueError when `base` has a character outside the alphabet.
    """
    n = len(alphabet)
    total = 0
    for place, char in enumerate(reversed(base.strip().upper())):
        doubled = alphabet.index(char) * (2 if place % 2 == 0 else 1)
        total += doubled // n + doubled % n
    return alphabet[-total % n]
