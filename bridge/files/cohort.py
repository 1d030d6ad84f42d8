"""Files of others, or of bridge's own, as a cohort: what a load, a check and a verify read."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from bridge.chart import LeftOut, Patient, Relationship
from bridge.errors import InputError
from bridge.files.account import Reading, Rejected, counted, kind_of, sources_of
from bridge.files.fhir.chart import Chart
from bridge.files.index import Index, Stored
from bridge.files.kept_charts import KeptCharts
from bridge.files.measurements import with_measurements
from bridge.files.narrowing import can_be_here, still_here
from bridge.files.options import FileOptions
from bridge.files.sources import Found, find_source
from bridge.mapping.model import Mapping
from bridge.opening import digest

__all__ = ["FileOptions", "FilesCohort", "Reading", "Rejected"]

BEYOND_COUNT = "beyond --count"
NOT_LOADED = "is no patient of these files"


class Source(Protocol):
    """Patients in one form of file."""

    index: Index

    def chart(self, patient: Stored, options: FileOptions) -> Chart | Rejected:
        """Read the chart of a patient, or why none can be made."""

    def close(self) -> None:
        """Drop what was kept on disk."""


class FilesCohort:
    """The patients of a file or folder.

    The first pass, when it is made, reads everything once: it finds out what belongs to whom,
    which patients can be made, and what is left out. With a mapping, findings that are its
    measurements in their very units become such.
    """

    resampled = 0

    def __init__(
        self,
        path: Path,
        options: FileOptions | None = None,
        mapping: Mapping | None = None,
        *,
        seen: Callable[[Patient], None] = lambda patient: None,
    ) -> None:
        """Read the files once; `seen` is told of each patient that is made."""
        self._path = path
        self._options = options or FileOptions()
        self._mapping = mapping
        self._found: Found = find_source(path)
        self._source: Source = self._found.source
        self._kept = KeptCharts()
        self._here: set[int] = set()
        """Who is there now: the first whose last visit can be moved to today."""
        self.form = self._found.form
        made, self.reading = self._first_pass(seen)
        self.count = made
        self.inputs: dict[str, Any] = {
            "from": str(path.absolute()),
            "files": digest(self._found.files),
        }
        if recorded := self._options.as_json():
            self.inputs["options"] = recorded

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers."""
        for number in numbers:
            yield self._made(number)[0]

    def left_out(self, number: int) -> tuple[LeftOut, ...]:
        """Return what of one patient's resources is left out by the reader."""
        return self._made(number)[1]

    def close(self) -> None:
        """Drop the index of the files, and what was kept of them."""
        self._source.close()
        self._kept.close()

    def _made(self, number: int) -> tuple[Patient, tuple[LeftOut, ...]]:
        chart = self._kept.chart(number) or self._source.chart(
            self._source.index.numbered(number), self._options
        )
        if isinstance(chart, Rejected):
            raise InputError(f"has changed while it was read: {chart.source}", place=self._path)
        patient, unknown = self._with_relatives(chart.patient)
        if number in self._here:
            assert self._options.here
            patient = still_here(patient, self._options.here)
        if self._mapping:
            patient = with_measurements(patient, self._mapping)
        return replace(patient, number=number), (*chart.left_out, *unknown)

    def _with_relatives(self, patient: Patient) -> tuple[Patient, tuple[LeftOut, ...]]:
        """Keep the relationships to patients that are made."""
        gone = [
            entry
            for entry in patient.entries
            if isinstance(entry, Relationship) and not self._source.index.is_made(entry.other)
        ]
        if not gone:
            return patient, ()
        kept = tuple(entry for entry in patient.entries if entry not in gone)
        return replace(patient, entries=kept), tuple(
            LeftOut(entry.source, NOT_LOADED) for entry in gone
        )

    def _first_pass(self, seen: Callable[[Patient], None]) -> tuple[int, Reading]:
        index = self._source.index
        read, left_out = index.read, index.left_out
        rejected, assumed = list(index.rejected), Counter[str]()
        relatives: list[Relationship] = []
        made, wanted = 0, self._options.count
        for patient in index.patients():
            chart = self._source.chart(patient, self._options)
            if isinstance(chart, Rejected):
                rejected.append(chart)
            elif wanted is not None and made >= wanted:
                left_out.update(counted(_all(chart)))
            else:
                made += 1
                seen(chart.patient)
                index.number(patient, made)
                self._kept.keep(made, chart)
                if len(self._here) < self._options.active and can_be_here(chart.patient):
                    self._here.add(made)
                left_out.update(counted(chart.left_out))
                assumed.update(chart.assumed)
                entries = chart.patient.entries
                relatives += [one for one in entries if isinstance(one, Relationship)]
        for relative in relatives:
            if not index.is_made(relative.other):
                left_out[(kind_of(relative.source), NOT_LOADED)] += 1
        self._require(made, rejected)
        return made, Reading(read, left_out, tuple(rejected), assumed, tuple(index.strays))

    def _require(self, made: int, rejected: list[Rejected]) -> None:
        wanted = self._options.count
        missing = self._options.active - len(self._here)
        if made and (wanted is None or made >= wanted) and not missing:
            return
        self.close()
        if made and missing:
            raise InputError(
                f"the last visit can be of today for {len(self._here)} of its patients, not for "
                f"{self._options.active}: the others are dead, or something was done after it",
                place=self._path,
            )
        if made:
            raise InputError(f"holds {made} patients, not {wanted}", place=self._path)
        strays = self._source.index.strays
        why = ""
        if rejected:
            first = rejected[0]
            why = f": {first.source} {first.reason}"
            why += f" ({first.detail})" if first.detail else ""
        elif strays:
            why = f": {strays[0].source} {strays[0].reason} ({strays[0].detail})"
        raise InputError(f"holds no patients that can be made{why}", place=self._path)


def _all(chart: Chart) -> Iterator[LeftOut]:
    """Yield all of a chart that nobody asked for."""
    yield from chart.left_out
    for source in dict.fromkeys(sources_of(chart.patient)):
        yield LeftOut(source, BEYOND_COUNT)
