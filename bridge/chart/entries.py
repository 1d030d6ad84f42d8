"""What stands in a chart: within an encounter, and of the patient as a whole.

Every entry has a uuid of its own and, where it was read from a file, the `source` it came from
(`Observation/17`), by which what was read is counted.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from bridge.chart.codes import CodeableConcept, Quantity

Value = Quantity | CodeableConcept | str | bool | datetime | date
"""What a finding says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One vital sign in bridge's own words: a name of MEASUREMENTS, in the unit that it says."""

    uuid: str
    name: str
    value: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something observed: vital signs of others, answers of a form, examinations, social history.

    A panel has `members` and no value. `time` is None where it is the encounter's.
    """

    uuid: str
    what: CodeableConcept
    value: Value | None = None
    time: datetime | None = None
    comment: str = ""
    is_vital_sign: bool = False
    members: tuple["Finding", ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A laboratory's result, or a panel of them; `order` is the uuid of the test order, if any."""

    uuid: str
    what: CodeableConcept
    value: Value | None = None
    time: datetime | None = None
    comment: str = ""
    order: str | None = None
    members: tuple["Result", ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What an encounter found the patient to have; rank 1 is the primary diagnosis."""

    uuid: str
    what: CodeableConcept
    is_confirmed: bool = True
    rank: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugOrder:
    """A prescription. Times are aware; `duration` has a UCUM unit of time (d, wk, mo).

    Without a dose it is free text: `instructions` say how the drug is taken. `stopped` is when
    it was ended before its duration was over.
    """

    uuid: str
    drug: CodeableConcept
    start: datetime
    dose: Quantity | None = None
    """In UCUM, or in words such as `Tablet` where it is counted."""
    route: CodeableConcept | None = None
    frequency: CodeableConcept | None = None
    """In words such as `Twice daily`, or times a day as a Code of the system FREQUENCY_SYSTEM."""
    duration: Quantity | None = None
    quantity: Quantity | None = None
    refills: int = 0
    as_needed: bool = False
    reason: CodeableConcept | None = None
    instructions: str = ""
    stopped: datetime | None = None
    source: str = ""

    @property
    def end(self) -> datetime | None:
        """When it is over at the latest; None: it goes on."""
        if self.stopped:
            return self.stopped
        if self.duration and self.duration.unit in LONGEST_DAYS:
            return self.start + timedelta(self.duration.value * LONGEST_DAYS[self.duration.unit])
        return None


LONGEST_DAYS = {"s": 1, "min": 1, "h": 1, "d": 1, "wk": 7, "mo": 31, "a": 366}
"""A unit of time's longest length in days, by UCUM; what is less than a day counts as one."""

FREQUENCY_SYSTEM = "urn:bridge:times-a-day"
"""The system of a frequency that is a number: how many times a day (`2`, `0.5`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOrder:
    """A request for a test of the laboratory; completed once its result is there."""

    __test__ = False  # no test of pytest's

    uuid: str
    what: CodeableConcept
    time: datetime
    is_completed: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The text of a visit note."""

    uuid: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An image or a document, whole, with its caption."""

    uuid: str
    content: bytes
    media_type: str
    file_name: str
    time: datetime
    caption: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Immunization:
    """A vaccine that was given."""

    uuid: str
    vaccine: CodeableConcept
    time: datetime
    dose_number: int | None = None
    lot: str = ""
    manufacturer: str = ""
    expires: date | None = None
    source: str = ""


Entry = (
    Measurement
    | Finding
    | Result
    | Diagnosis
    | DrugOrder
    | TestOrder
    | Note
    | Immunization
    | Attachment
)
"""What stands within an encounter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A problem of the patient's list, with or without an encounter that found it."""

    uuid: str
    what: CodeableConcept
    is_active: bool = True
    is_confirmed: bool | None = True
    """None: nobody has said."""
    onset: date | None = None
    end: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy:
    """An allergy or intolerance."""

    uuid: str
    allergen: CodeableConcept
    kind: Literal["drug", "food", "environment", "other"] = "other"
    reactions: tuple[CodeableConcept, ...] = ()
    severity: Literal["mild", "moderate", "severe"] | None = None
    comment: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoKnownAllergies:
    """That the patient was asked and has no allergy: more than an empty list says."""

    uuid: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramState:
    """Where a patient stood in a program's workflow, from `start` to `end`."""

    state: CodeableConcept
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """A patient's time in a program."""

    uuid: str
    program: CodeableConcept
    enrolled: date
    completed: date | None = None
    states: tuple[ProgramState, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """An appointment with a service, kept, missed, cancelled or to come."""

    uuid: str
    service: CodeableConcept
    start: datetime
    stop: datetime
    status: Literal["scheduled", "checked in", "completed", "missed", "cancelled"] = "scheduled"
    comment: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """How another patient of the cohort is related to this one."""

    uuid: str
    other: str
    """The uuid of the other patient."""
    kind: Literal["parent", "child", "sibling"]
    """What the other one is to this one."""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """That and when a patient died; of what, where it is known."""

    time: datetime | None
    """None: nobody has said when."""
    cause: CodeableConcept | None = None
    source: str = ""


PatientEntry = Condition | Allergy | NoKnownAllergies | Enrollment | Appointment | Relationship
"""What stands in the chart of the patient as a whole."""
