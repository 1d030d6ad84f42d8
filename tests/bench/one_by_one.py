"""One resource after another through FHIR2, as the uploaders that are known do it."""

import time
from collections.abc import Iterable

from bridge.chart import Patient
from bridge.codes import GENDERS
from tests.bench.loading import Bench
from tests.bench.replay import Line, Replayed
from tests.lib.loading import MAPPING

_ENCOUNTER_TYPES = "http://fhir.openmrs.org/code-system/encounter-type"
_CLASSES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def send_one_by_one(bench: Bench, patients: Iterable[Patient]) -> Replayed:
    """Send each Patient, each Encounter and each Observation with a request of its own."""
    given = list(patients)
    identifiers = bench.identifiers(len(given))
    line = Line(bench.account)
    before = line.requests
    started = time.monotonic()
    observations = sum(
        _send(line, bench, patient, own) for patient, own in zip(given, identifiers, strict=True)
    )
    seconds = time.monotonic() - started
    line.close()
    return Replayed(
        1, seconds, len(given), line.requests - before, observations, line.sent, line.received
    )


def _send(line: Line, bench: Bench, patient: Patient, identifiers: tuple[str, ...]) -> int:
    goal = bench.target
    names = {kind.uuid: kind.name for kind in bench.state.identifier_types}
    place = {"reference": f"Location/{goal.location}"}
    identity = {
        "extension": [
            {
                "url": "http://fhir.openmrs.org/ext/patient/identifier#location",
                "valueReference": place,
            }
        ]
    }
    subject = line.post_fhir(
        "Patient",
        {
            "resourceType": "Patient",
            "identifier": [
                {"use": "official", "type": {"text": names[slot.type]}, "value": value, **identity}
                for slot, value in zip(goal.identifiers, identifiers, strict=True)
            ],
            "name": [{"family": patient.family_name, "given": [patient.given_name]}],
            "gender": GENDERS[patient.sex],
            "birthDate": patient.birthdate.isoformat(),
        },
    )
    sent = 0
    for encounter in patient.encounters():
        within = line.post_fhir(
            "Encounter",
            {
                "resourceType": "Encounter",
                "status": "unknown",
                "class": {"system": _CLASSES, "code": "AMB"},
                "type": [{"coding": [{"system": _ENCOUNTER_TYPES, "code": goal.encounter_type}]}],
                "subject": {"reference": f"Patient/{subject}"},
                "period": {"start": encounter.time.isoformat()},
                "location": [{"location": place}],
            },
        )
        for measurement in encounter.measurements:
            if entry := MAPPING.measurements.get(measurement.name):
                line.post_fhir(
                    "Observation",
                    {
                        "resourceType": "Observation",
                        "status": "final",
                        "code": {"coding": [{"code": entry.concept}]},
                        "subject": {"reference": f"Patient/{subject}"},
                        "encounter": {"reference": f"Encounter/{within}"},
                        "effectiveDateTime": encounter.time.isoformat(),
                        "valueQuantity": {"value": measurement.value, "unit": entry.unit},
                    },
                )
                sent += 1
    return sent
