"""Lines of text files of strangers, none of them endless."""

from collections.abc import Iterator
from typing import TextIO

LONGEST = 1_000_000
"""Characters of one line: a row or a resource has a few thousand."""


def bounded_lines(file: TextIO) -> Iterator[str]:
    """Yield the lines of an open file; raise ValueError at one that does not end."""
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise ValueError(f"has a line of more than {LONGEST:,} characters")
        yield line
