"""A fault in bridge itself: where it is written down, and what the user is told."""

import traceback
from tempfile import NamedTemporaryFile

FAULT = 70


def write_fault(error: Exception) -> str:
    """Write down where an unforeseen error came from; return what to say of it."""
    with NamedTemporaryFile(
        "w", prefix="bridge-fault-", suffix=".txt", encoding="utf-8", delete=False
    ) as report:
        report.write("".join(traceback.format_exception(error)))
    return f"a fault in bridge itself ({error!r}): please report {report.name}"
