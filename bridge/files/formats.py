"""What a form of file is: how a batch of patients becomes pieces, and who puts them together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bridge.patient_arrays import PatientArrays

Pieces = tuple[Any, ...]
"""What a batch adds to each file of a form."""

Append = Callable[[Pieces], None]


class Form(NamedTuple):
    """A way to write patients: `encode` may run in any process, and `opened` in the one that asks.

    The same batches, appended in the same order, give the same bytes.
    """

    encode: Callable[[PatientArrays], Pieces]
    opened: Callable[[Path], AbstractContextManager[Append]]


@contextmanager
def text_files(paths: Sequence[Path], heads: Sequence[bytes]) -> Iterator[Append]:
    """Open files that begin with `heads` and grow by pieces of encoded text."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]

        def append(pieces: Pieces) -> None:
            for file, piece in zip(files, pieces, strict=True):
                file.write(piece)

        append(tuple(heads))
        yield append
