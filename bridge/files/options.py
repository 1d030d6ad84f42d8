"""What is wanted of files of others: names, years, dates, and how many patients."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

from bridge.chart import LeftOut, Patient
from bridge.files.account import lost
from bridge.files.fhir.resources import NotTaken
from bridge.files.narrowing import last_day, moved_before, since, years_before

BEFORE_SINCE = "before --since"
NOT_MOVED = "has dates that cannot be moved with the others"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What a load from files is asked for."""

    keep_names: bool = False
    """Leave the digits in Synthea's names."""
    since: date | None = None
    years: int | None = None
    shift: bool = False
    as_of: date | None = None
    """The day that counts as today: nothing later is taken. None: whatever the files say."""
    count: int | None = None
    active: int = 0
    """How many patients are there at the moment `here`: their last visit goes on."""
    here: datetime | None = None

    @property
    def now(self) -> datetime | None:
        """The end of the day that counts as today; None where dates are moved anyway."""
        if self.as_of is None or self.shift:
            return None
        return datetime.combine(self.as_of + timedelta(days=1), time(tzinfo=UTC))

    def as_json(self) -> dict[str, Any]:
        """Return those that were given, as plain JSON; how many is recorded elsewhere."""
        given = {name: value for name, value in asdict(self).items() if value not in (None, False)}
        given.pop("count", None)
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in given.items()}

    @classmethod
    def from_json(cls, recorded: dict[str, Any], count: int | None = None) -> Self:
        """Return the options that `as_json` wrote."""
        read: dict[str, Callable[[Any], Any]] = {
            "since": date.fromisoformat,
            "as_of": date.fromisoformat,
            "here": datetime.fromisoformat,
        }
        given: dict[str, Any] = {k: read.get(k, _as_it_is)(v) for k, v in recorded.items()}
        return cls(**given, count=count)

    def narrowed(self, patient: Patient) -> tuple[Patient, tuple[LeftOut, ...]]:
        """Take off what is too old, and move the dates; raise NotTaken where that cannot be."""
        kept = patient
        gone: tuple[LeftOut, ...] = ()
        first = self._first_day(patient)
        if first:
            kept = since(patient, first)
            gone = tuple(lost(patient, kept, BEFORE_SINCE))
        if self.shift and self.as_of:
            try:
                kept = moved_before(kept, self.as_of)
            except OverflowError as error:  # beyond the years 1 to 9999
                raise NotTaken(NOT_MOVED, str(patient.birthdate)) from error
        return kept, gone

    def _first_day(self, patient: Patient) -> date | None:
        firsts = [self.since] if self.since else []
        if self.years is not None:
            today = last_day(patient) if self.shift or self.as_of is None else self.as_of
            firsts += [years_before(today, self.years)] if today else []
        return max(firsts, default=None)


def _as_it_is(value: Any) -> Any:
    return value
