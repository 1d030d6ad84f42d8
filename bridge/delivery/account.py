"""What a run came to: entries of each kind, and what became of all that was read of files."""

from collections import Counter
from typing import Any, Final, NamedTuple

from bridge.delivery.ledger import RESOURCES, FilesAccount, Summary
from bridge.delivery.relating import PART

OBSERVATIONS: Final = "observations"

_CHANGED: Final = "values "
"""How the counts of values begin that were sent otherwise than they were read."""


class Account(NamedTuple):
    """What became of what was read of files; `read` is None of patients that bridge made.

    read = sent + those left out + rejected + not sent. Of patients that were there already, or
    that wait, nothing is sent by this run.
    """

    read: int | None
    sent: int
    left_out: Counter[str]
    """By reason."""
    parts_left_out: Counter[str]
    """By reason: parts of what is sent, which the sum does not count."""
    rejected: int
    """With the patient that they are of."""
    not_sent: int
    rejected_patients: tuple[str, ...]
    """The first that could not be made of the files, each with the reason."""

    @property
    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        if self.read is None:
            return {"left_out": dict(self.left_out)}
        counts = {"left_out": dict(self.left_out), "parts_left_out": dict(self.parts_left_out)}
        return {**self._asdict(), **counts, "rejected_patients": list(self.rejected_patients)}


def account_of(seen: Summary) -> Account:
    """Return what became of all that was read of a run's files."""
    left_out, parts = Counter[str](), Counter[str]()
    for reason, count in seen.tally.left_out.items():
        (parts if reason.endswith(PART) else left_out)[reason.removesuffix(PART)] += count
    sent = seen.tally.counts[RESOURCES] - left_out.total() - seen.refused_resources
    files = seen.run.files
    if files is None:
        return Account(None, 0, left_out, parts, 0, 0, ())
    return _with_reading(files, sent, seen.refused_resources, left_out, parts)


def _with_reading(
    files: FilesAccount, sent: int, refused: int, left_out: Counter[str], parts: Counter[str]
) -> Account:
    """Add what the reader left out and rejected to what the server did not get."""
    left_out = left_out + Counter(files.left_out)
    rejected = sum(files.rejected.values()) + refused
    return Account(
        read=files.read,
        sent=sent,
        left_out=left_out,
        parts_left_out=parts + Counter(files.parts_left_out),
        rejected=rejected,
        not_sent=files.read - left_out.total() - rejected - sent,
        rejected_patients=files.rejected_patients,
    )


def entries_of(seen: Summary) -> dict[str, int]:
    """Return how many entries of each kind the server accepted, the most frequent first."""
    counts = Counter({OBSERVATIONS: seen.totals.observations})
    for kind, count in seen.tally.counts.items():
        if kind != RESOURCES and not kind.startswith(_CHANGED):
            counts[kind] += count
    return dict((+counts).most_common())


def changes_of(seen: Summary) -> dict[str, int]:
    """Return how many values were sent otherwise than they were read, by what was done to them."""
    counts = sorted(seen.tally.counts.items())
    return {
        kind.removeprefix(_CHANGED): count for kind, count in counts if kind.startswith(_CHANGED)
    }
