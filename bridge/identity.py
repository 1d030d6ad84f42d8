"""Stable names for things: uuids that follow from a seed, and identifier check digits. Pure."""

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


def patient_uuids(cohort: str, number: int, parts: int) -> bytes:
    """Name a patient and `parts` parts of theirs: 16 bytes each, without version and variant.

    `cohort` is the fingerprint of the cohort's inputs. One SHAKE-128 of as many bytes as are
    wanted is six times as fast as a SHA-1 for each uuid. That makes them version 8 of RFC 9562
    (5.8 and B.2: names under another hash than version 5's).
    """
    named = NAMESPACE.bytes + f"{cohort}/{number}".encode()
    return hashlib.shake_128(named).digest(16 * (1 + parts))


def part_uuid(owner: str, role: str) -> str:
    """Name a part of the thing `owner`: the same owner and role give the same uuid everywhere."""
    return str(uuid.uuid5(uuid.UUID(owner), role))


def reissue(original: str, generation: int) -> str:
    """Name `original`'s place in a later generation, since OpenMRS never frees a voided uuid."""
    return original if generation == 0 else part_uuid(original, f"edition/{generation}")


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
