"""Patients as FHIR: newline-delimited JSON, one file a resource type."""

import functools
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from bridge.chart import Patient
from bridge.files.fhir_fragments import Resource
from bridge.files.fhir_rendering import fhir_resources
from bridge.files.formats import Append, Form, Pieces, text_files
from bridge.mapping.model import Mapping

TYPES = ("Patient", "Encounter", "Observation")
"""What vital signs alone are written as."""

CHART_TYPES = (
    *TYPES,
    "Condition",
    "ServiceRequest",
    "MedicationRequest",
    "Immunization",
    "AllergyIntolerance",
    "CarePlan",
    "Appointment",
    "RelatedPerson",
    "DocumentReference",
)
"""What whole charts are written as."""


class Batch(Protocol):
    """Some patients as arrays."""

    def patients(self) -> Iterator[Patient]:
        """Yield them one by one."""


def fhir_form(mapping: Mapping, types: Sequence[str] = TYPES) -> Form:
    """Return how patients are written as FHIR by `mapping`, in a file for each of some types."""
    encode = functools.partial(_pieces, mapping=mapping, types=tuple(types))
    return Form(encode, functools.partial(_files, types=tuple(types)))


def _files(folder: Path, types: Sequence[str]) -> AbstractContextManager[Append]:
    return text_files([folder / f"{kind}.ndjson" for kind in types], [b""] * len(types))


def _pieces(batch: Batch, mapping: Mapping, types: Sequence[str]) -> Pieces:
    """Return the lines that a batch adds to each type's file."""
    lines: dict[str, list[str]] = {kind: [] for kind in types}
    for patient in batch.patients():
        for resource in fhir_resources(patient, mapping):
            lines[resource["resourceType"]].append(json_of(resource) + "\n")
    return tuple("".join(written).encode() for written in lines.values())


def json_of(resource: Resource) -> str:
    """Return a resource as one line of JSON."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
