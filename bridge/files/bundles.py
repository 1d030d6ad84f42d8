"""Patients as FHIR transactions: a file of JSON for each, as Synthea writes them.

Posted to a FHIR server, a bundle makes its patient anew: references within it are by `fullUrl`,
and the server gives ids of its own.
"""

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bridge.chart import Patient
from bridge.files.fhir_fragments import Resource
from bridge.files.fhir_rendering import fhir_resources
from bridge.files.formats import Append, Form, Pieces
from bridge.files.ndjson import Batch, json_of
from bridge.mapping.model import Mapping

_NO_NAME_OF_A_FILE: Final = re.compile(r"\W+")


def bundles_form(mapping: Mapping) -> Form:
    """Return how patients are written as transaction bundles, one file each."""
    return Form(functools.partial(_pieces, mapping=mapping), _files)


@contextmanager
def _files(folder: Path) -> Iterator[Append]:
    def append(pieces: Pieces) -> None:
        for name, content in pieces:
            (folder / name).write_bytes(content)

    yield append


def _pieces(batch: Batch, mapping: Mapping) -> Pieces:
    """Return the file of each patient: its name and its bytes."""
    return tuple(
        (file_name(patient), json_of(bundle(patient, mapping)).encode() + b"\n")
        for patient in batch.patients()
    )


def file_name(patient: Patient) -> str:
    """Return what a patient's file is called, as Synthea does: names, then the uuid."""
    named = f"{patient.given_name}_{patient.family_name}"
    return f"{_NO_NAME_OF_A_FILE.sub('-', named)[:100]}_{patient.uuid}.json"


def bundle(patient: Patient, mapping: Mapping) -> Resource:
    """Render all of a patient as one transaction."""
    resources = list(fhir_resources(patient, mapping))
    known = {f"{one['resourceType']}/{one['id']}" for one in resources}
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": f"urn:uuid:{one['id']}",
                "resource": _by_url(one, known),
                "request": {"method": "POST", "url": one["resourceType"]},
            }
            for one in resources
        ],
    }


def _by_url(value: Any, known: set[str]) -> Any:
    """Refer to what is in the bundle by its fullUrl."""
    if isinstance(value, list):
        return [_by_url(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("reference") in known:
        return {**value, "reference": f"urn:uuid:{value['reference'].rpartition('/')[2]}"}
    return {key: _by_url(one, known) for key, one in value.items()}
