"""Whether a visit's note says another number than was measured at that visit."""

import re
from collections.abc import Iterator

from bridge.scenarios.scenario import StoryVisit

_NUMBER = r"(\d{1,3}(?:\.\d{1,2})?)"

MEASURED = {
    "temperature_c": rf"temperature (?:of |is |was )?{_NUMBER}|{_NUMBER} ?(?:°C|degrees)",
    "pulse_bpm": rf"pulse (?:of |is |was )?{_NUMBER}",
    "resp_rate_bpm": rf"{_NUMBER} breaths|(?:breaths|respiratory rate) (?:of |is )?{_NUMBER}",
    "spo2_pct": rf"(?:SpO2|saturation) (?:of |is |was )?{_NUMBER}",
    "weight_kg": rf"(?:weighs|weight) (?:is |of |was )?{_NUMBER} ?kg\b(?! at)",
    "muac_cm": rf"(?:MUAC|arm) (?:of |is |was )?{_NUMBER}",
}
"""How a note names each measurement, with its number."""

_PRESSURE = re.compile(r"\b(\d{2,3})/(\d{2,3})\b(?! ?mg)")
_TESTS = {
    "21": re.compile(rf"(?:haemoglobin|hemoglobin|\bHb) (?:of |is )?{_NUMBER}", re.IGNORECASE)
}


def contradictions(visit: StoryVisit) -> Iterator[str]:
    """Yield each number of the note that is not the one measured at this visit.

    Only the finding and the plan are held against it: a history tells of other days.
    """
    text = f"{visit.finding} {visit.plan}"
    taken = visit.vitals.taken
    for name, pattern in MEASURED.items():
        for found in re.finditer(pattern, text, re.IGNORECASE):
            said = float(next(filter(None, found.groups())))
            if name in taken and said != taken[name]:
                yield f"the note says {found[0]!r}, {name} is {taken[name]:g}"
    for test, expression in _TESTS.items():
        values = [one.value for one in visit.results if one.test.code == test]
        for found in expression.finditer(visit.finding):
            if values and float(found[1]) not in values:
                yield f"the note says {found[0]!r}, the test {values[0]:g}"
    yield from _pressures(visit)


def _pressures(visit: StoryVisit) -> Iterator[str]:
    """Yield a pressure in the finding that is not the one taken."""
    high, low = visit.vitals.sbp_mmhg, visit.vitals.dbp_mmhg
    for found in _PRESSURE.finditer(visit.finding):
        if high is not None and (float(found[1]), float(found[2])) != (high, low):
            yield f"the note says {found[0]}, the pressure is {high:g}/{low:g}"
