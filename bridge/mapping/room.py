"""How much room OpenMRS has for words, by its columns; what does not fit is a part left out. Pure.

Its checks count as Java does, where a letter beyond the first 65,536 is two; MySQL's TEXT counts
bytes. A longer text is refused, and all that is sent with it.
"""

from typing import NamedTuple

from bridge.chart import LeftOut

WORDS = 255
"""Of what stands in place of a concept, of a comment, of a caption."""
ALLERGY_COMMENT = 1024
TEXT_BYTES = 65_535
"""Of a text value and of a drug's instructions."""

TEXT_TOO_LONG = f"what follows {TEXT_BYTES:,} bytes"


def too_long(most: int) -> str:
    """Return the reason for leaving out the rest of a text."""
    return f"what follows {most:,} characters"


class Bounded(NamedTuple):
    """As much of a text as there is room for, and the rest."""

    text: str
    left_out: tuple[LeftOut, ...]


def bounded(text: str, source: str, most: int = WORDS) -> Bounded:
    """Cut a text to so many characters."""
    kept = text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")
    return _cut(text, kept, source, too_long(most))


def bounded_text(text: str, source: str) -> Bounded:
    """Cut a text to what a column of type TEXT takes."""
    kept = text.encode()[:TEXT_BYTES].decode(errors="ignore")
    return _cut(text, kept, source, TEXT_TOO_LONG)


def _cut(text: str, kept: str, source: str, reason: str) -> Bounded:
    if kept == text:
        return Bounded(text, ())
    return Bounded(kept.rstrip(), (LeftOut(source, reason, text[len(kept) :][:200]),))
