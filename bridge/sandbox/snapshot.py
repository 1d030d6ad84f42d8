"""A sandbox that has the content package already: made once, and unpacked in no time.

The content is some 3,000 concepts, drugs and programs. Making them over HTTP takes longer than
loading 200 patients; `python -m bridge.runs.sandbox_snapshot` does it and writes the file anew.
"""

import lzma
import os
import sqlite3
from pathlib import Path
from typing import Final

from bridge.sandbox.storage import FILE_NAME

SNAPSHOT: Final = Path(__file__).with_name("content.sqlite.xz")


def unpack(directory: Path) -> None:
    """Let the data in `directory` begin with the content, where there is none yet.

    Raises OSError where it cannot be written.
    """
    target = directory / FILE_NAME
    if target.exists() or not SNAPSHOT.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    part = directory / f"{FILE_NAME}.{os.getpid()}.part"
    part.write_bytes(lzma.decompress(SNAPSHOT.read_bytes()))
    try:
        os.link(part, target)  # somebody else's that was first stays
    except FileExistsError:
        pass
    finally:
        part.unlink()


def pack(directory: Path, into: Path = SNAPSHOT) -> None:
    """Write the data in `directory`, which nobody has open, as the file that `unpack` reads."""
    whole = directory / "whole.sqlite"
    with sqlite3.connect(directory / FILE_NAME) as connection:
        connection.execute("VACUUM INTO ?", (str(whole),))
    into.write_bytes(lzma.compress(whole.read_bytes(), preset=9))
    whole.unlink()
