"""Words to be shown: a number with its noun, and what strangers (a server, a file) wrote."""

import re

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""What steers a terminal, turns round the letters that follow, or is no character."""


def how_many(number: int, noun: str) -> str:
    """Return a number with its noun: 1 patient, 2,138 visits."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def singular(nouns: str) -> str:
    """Return what one of them is called: conditions, allergies, diagnoses."""
    return "diagnosis" if nouns == "diagnoses" else nouns.replace("ies", "y").removesuffix("s")


def as_counted(number: int, nouns: str) -> str:
    """Return a number with its noun, given in the plural: 1 allergy, 2,138 conditions."""
    return f"{number:,} {nouns if number != 1 else singular(nouns)}"


def one_line(text: str, limit: int = 300) -> str:
    """Return `text` without what cannot be printed, in one line of at most `limit` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def harmless(text: str) -> str:
    """Return `text` with what steers a terminal written as its code; lines and tabs stay."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
