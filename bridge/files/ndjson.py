"""Patients as FHIR: newline-delimited JSON, one file a resource type."""

import functools
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TextIO

from bridge.bounded_lines import bounded_lines
from bridge.errors import InputError
from bridge.files.fhir_rendering import fhir_resources
from bridge.files.formats import Append, Form, Pieces, text_files
from bridge.mapping.model import Mapping
from bridge.patient_arrays import PatientArrays

_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
"""Two of them are one; what stands alone is none, and fails wherever it is written."""

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


def _read_lines(lines: TextIO, path: Path) -> Iterator[str]:
    try:
        yield from bounded_lines(lines)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise InputError(str(error), place=path) from error


def read_ndjson(path: Path, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and resources of one type; raise InputError with file and line.

    Each resource is checked against FHIR R4B (whose Patient, Encounter and Observation are R4's).
    """
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    model = get_fhir_model_class(kind)
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(_read_lines(lines, path), start=1):
            place = f"{path}:{number}"
            try:
                resource = json.loads(line)
                if _HALF_A_CHARACTER.search(line):
                    json.dumps(resource, ensure_ascii=False).encode()
                model.model_validate(resource)
            except ValidationError as error:
                fault = error.errors(include_url=False)[0]
                key = ".".join(str(part) for part in fault["loc"])
                raise InputError(f"{key}: {fault['msg']}", place=place) from error
            except (ValueError, RecursionError) as error:
                raise InputError(f"is not JSON: {error}", place=place) from error
            if resource.get("resourceType") != kind:
                raise InputError(f"a {kind} is expected here", place=place)
            yield number, resource
