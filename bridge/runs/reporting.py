"""What came of a run, as one page and as figures: from its record, no server needed."""

from pathlib import Path
from typing import Any, NamedTuple

from bridge.delivery.history import History
from bridge.delivery.ledger import Summary, read_with_history
from bridge.delivery.report import figures, notes, render, sentence
from bridge.runs.clinics import clinic_section
from bridge.runs.records import choose_record


class ReportResult(NamedTuple):
    """A run's report; its page is rendered when it is asked for."""

    summary: Summary
    history: History

    @property
    def html(self) -> str:
        """The page, which needs nothing else."""
        return render(self.summary, self.history, clinic_section(self.summary.run))

    @property
    def sentence(self) -> str:
        """What came of the run, in one sentence."""
        return sentence(self.summary, self.history.verification)

    @property
    def notes(self) -> list[str]:
        """What a reader has to know before believing the figures."""
        return notes(self.summary)

    @property
    def figures(self) -> dict[str, Any]:
        """What the page shows beyond the run's summary, as JSON values."""
        return figures(self.summary, self.history)


def report(run: str | None, records: Path) -> ReportResult:
    """Read what came of a run of a folder of records: the newest, where none is named."""
    return ReportResult(*read_with_history(choose_record(records, run)))
