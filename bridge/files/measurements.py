"""Findings that are bridge's own measurements, told by the codes and the unit. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from bridge.chart import Entry, Finding, Measurement, Patient, Quantity
from bridge.codes import CIEL_SYSTEM, LOINC_SYSTEM
from bridge.mapping.model import Mapping

Names = dict[tuple[str, str], tuple[str, str]]
"""Code systems and codes to a measurement's name and unit."""


def with_measurements(patient: Patient, mapping: Mapping) -> Patient:
    """Turn findings into measurements where code and unit are the mapping's, and nothing is lost.

    One with a comment or a time of its own stays a finding, since a measurement has neither.
    """
    names = {
        (system, code): (name, entry.ucum)
        for name, entry in mapping.measurements.items()
        for system, code in ((LOINC_SYSTEM, entry.loinc), (CIEL_SYSTEM, entry.ciel))
        if code
    }
    return replace(
        patient,
        visits=tuple(
            replace(
                visit,
                encounters=tuple(
                    replace(
                        encounter,
                        entries=tuple(
                            made for entry in encounter.entries for made in _measured(entry, names)
                        ),
                    )
                    for encounter in visit.encounters
                ),
            )
            for visit in patient.visits
        ),
    )


def _measured(entry: Entry, names: Names) -> Iterator[Entry]:
    """Yield an entry, a measurement in its place, or those that a whole panel consists of."""
    if not isinstance(entry, Finding) or entry.time or entry.comment:
        yield entry
        return
    if not entry.members:
        yield _measurement(entry, names) or entry
        return
    inner = [one for member in entry.members for one in _measured(member, names)]
    parts = [one for one in inner if isinstance(one, Measurement)]
    is_one_resource = all(one.source.startswith(f"{entry.source}#") for one in parts)
    if len(parts) == len(inner) and is_one_resource:
        yield replace(parts[0], source=entry.source)
        yield from parts[1:]
    else:
        yield entry


def _measurement(finding: Finding, names: Names) -> Measurement | None:
    value = finding.value
    if not isinstance(value, Quantity):
        return None
    for code in finding.what.codes:
        name, unit = names.get((code.system, code.code), ("", ""))
        if name and unit == value.unit:
            return Measurement(
                uuid=finding.uuid, name=name, value=value.value, source=finding.source
            )
    return None
