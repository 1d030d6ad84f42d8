"""A file that appears whole or not at all."""

import os
from pathlib import Path
from typing import Any

import pytest

from bridge.atomic_write import write_atomically
from bridge.errors import InputError


def test_what_is_written_replaces_what_was_there(tmp_path: Path) -> None:
    """In a folder that is made."""
    path = tmp_path / "new" / "model.npz"
    for content in (b"old", b"new"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk fills up half way."""
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")
    opened = os.fdopen

    class Full:
        def __init__(self, *arguments: Any) -> None:
            self._file = opened(*arguments)

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

        def write(self, content: bytes) -> None:
            self._file.write(content[:3])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", Full)
    with pytest.raises(InputError, match=r"model\.npz: cannot be written \(No space left"):
        write_atomically(path, b"new content")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_to_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "file" / "model.npz", tmp_path / "folder"):
        with pytest.raises(InputError, match=f"{place}: cannot be written"):
            write_atomically(place, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
