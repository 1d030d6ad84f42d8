"""What bridge's own FHIR says beyond FHIR: where its names stand, and what they are read as. Pure.

Whoever else reads it may ignore these; of others' resources nothing is taken for them.
"""

from collections.abc import Iterator
from typing import Final, get_args

from bridge.chart import CodeableConcept, EncounterKind, ProgramState
from bridge.files.fhir.elements import codeable, day
from bridge.files.fhir.resources import Body

ENCOUNTER_KIND: Final = "urn:bridge:encounter-kind"
"""The system of an Encounter's type that says what it is."""

CAUSE_OF_DEATH: Final = "urn:bridge:cause-of-death"
"""The extension of a Patient that says what they died of."""

PROGRAM: Final = "urn:bridge:program"
"""What a CarePlan instantiates whose activities are the states of a program."""

_KINDS: Final[dict[str, EncounterKind]] = {kind: kind for kind in get_args(EncounterKind)}


def own_kind(body: Body) -> EncounterKind | None:
    """Return what an Encounter of bridge's own is."""
    for one in body.get("type") or ():
        for coding in one.get("coding") or ():
            if coding.get("system") == ENCOUNTER_KIND:
                return _KINDS.get(str(coding.get("code")))
    return None


def own_cause(body: Body) -> CodeableConcept | None:
    """Return what a Patient of bridge's own died of."""
    for one in body.get("extension") or ():
        if isinstance(one, dict) and one.get("url") == CAUSE_OF_DEATH:
            return codeable(one.get("valueCodeableConcept"))
    return None


def own_states(body: Body) -> Iterator[ProgramState]:
    """Yield the states of a program of bridge's own."""
    if PROGRAM not in (body.get("instantiatesUri") or ()):
        return
    for one in body.get("activity") or ():
        span = one["detail"]["scheduledPeriod"]
        end = span.get("end")
        yield ProgramState(
            state=codeable(one["detail"]["code"]),
            start=day(span["start"]).date,
            end=day(end).date if end else None,
        )
