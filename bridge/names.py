"""How names are spelt: which characters belong to one, whichever file it comes from."""

import unicodedata

JOINERS = "\u200c\u200d"
"""Spelling between letters in Persian, Sinhala, Malayalam and others, though nothing to look at."""

LONGEST_NAME = 50
"""How many characters OpenMRS takes of a name."""

NO_NAME = "."
"""What OpenMRS's users write where a person has one name only."""


def spelt(name: str) -> str:
    """Return a name with single spaces, for no-break spaces too, and no joiner that joins nothing.

    What is at the edges of a word, a space or a joiner, is no part of it. A tab or the end of a
    line is no space: it is a stranger.
    """
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in name)
    words = (word.strip(JOINERS) for word in spaced.split(" "))
    return " ".join(word for word in words if word)


def stranger(name: str) -> str:
    """Return the first character that is no spelling, as `U+200B ZERO WIDTH SPACE`, else nothing.

    A joiner is spelling between two letters (or their marks), and nowhere else.
    """
    for place, character in enumerate(name):
        if character.isprintable() or (character in JOINERS and _joins(name, place)):
            continue
        return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()
    return ""


def _joins(name: str, place: int) -> bool:
    before, after = name[:place].rstrip(JOINERS), name[place:].lstrip(JOINERS)
    return all(one and unicodedata.category(one)[0] in "LM" for one in (before[-1:], after[:1]))
