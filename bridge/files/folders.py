"""A folder of files that appears whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.errors import InputError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a draft folder beside `path` that becomes it at the end; on any error it vanishes.

    Raises InputError when `path` holds something already or cannot be written.
    """
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError("exists and is not empty: name another folder", place=path)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", place=path) from error
    try:
        yield draft
        draft.chmod(0o755)
        if path.exists():
            path.rmdir()
        draft.rename(path)
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror}); nothing was kept", place=path
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
