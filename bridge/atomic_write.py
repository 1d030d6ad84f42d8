"""A file that appears whole or not at all."""

import os
import tempfile
from pathlib import Path

from bridge.errors import InputError


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` at `path`, in place of what is there; raise InputError if it cannot be."""
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        if draft:
            draft.unlink(missing_ok=True)
        raise InputError(f"cannot be written ({error.strerror})", place=path) from error
