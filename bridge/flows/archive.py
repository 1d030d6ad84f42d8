"""A model's file as it lies on disk: one .npz of plain arrays, with a JSON header among them.

Nothing in it is code, so a file from a stranger can do no harm when it is read.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bridge.errors import InputError

DAMAGED: Final = (zipfile.BadZipFile, zlib.error, ValueError, LookupError)
"""What reading a damaged file, or one of another kind, raises."""

_HEADER: Final = "header"


def read_content(path: Path | Traversable) -> bytes:
    """Return a file's bytes; an InputError says why it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"the model cannot be read: {error.strerror}", place=str(path)) from error


def unpack_header(content: bytes) -> dict[str, Any]:
    """Return the header alone, without the arrays; raises one of DAMAGED."""
    with _opened(content) as archive:
        return _parsed(archive[_HEADER])


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays in a file's bytes; raises one of DAMAGED."""
    with _opened(content) as archive:
        arrays = dict(archive)
    return _parsed(arrays.pop(_HEADER)), arrays


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a file's bytes."""
    file = io.BytesIO()
    first = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez_compressed(file, allow_pickle=False, **{_HEADER: first, **arrays})
    return file.getvalue()


def _opened(content: bytes) -> np.lib.npyio.NpzFile:
    return np.lib.npyio.NpzFile(io.BytesIO(content), allow_pickle=False)


def _parsed(header: NDArray[Any]) -> dict[str, Any]:
    read = json.loads(header.tobytes())
    if not isinstance(read, dict):
        raise ValueError("its header is none")
    return read
