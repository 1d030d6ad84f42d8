"""Times on the clock of this machine: who reads the pages sits at it."""

from datetime import datetime


def moment(seconds: int) -> datetime:
    """Return a time on this machine's clock."""
    return datetime.fromtimestamp(seconds).astimezone()


def moment_if_any(seconds: int | None) -> datetime | None:
    """Return a time, or None where there is none."""
    return moment(seconds) if seconds is not None else None
