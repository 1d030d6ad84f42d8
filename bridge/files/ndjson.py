"""Patients as FHIR: newline-delimited JSON, one file a resource type."""

import functools
import json
from contextlib import AbstractContextManager
from pathlib import Path

from bridge.files.fhir_rendering import fhir_resources
from bridge.files.formats import Append, Form, Pieces, text_files
from bridge.mapping.model import Mapping
from bridge.patient_arrays import PatientArrays

TYPES = ("Patient", "Encounter", "Observation")


def fhir_form(mapping: Mapping) -> Form:
    """Return how patients are written as FHIR by `mapping`."""
    return Form(functools.partial(_pieces, mapping=mapping), _files)


def _files(folder: Path) -> AbstractContextManager[Append]:
    return text_files([folder / f"{kind}.ndjson" for kind in TYPES], [b""] * len(TYPES))


def _pieces(batch: PatientArrays, mapping: Mapping) -> Pieces:
    """Return the lines that a batch adds to each type's file."""
    lines: dict[str, list[str]] = {kind: [] for kind in TYPES}
    for patient in batch.patients():
        for resource in fhir_resources(patient, mapping):
            line = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
            lines[resource["resourceType"]].append(line + "\n")
    return tuple("".join(written).encode() for written in lines.values())
