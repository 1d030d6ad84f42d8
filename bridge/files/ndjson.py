"""Patients as FHIR: newline-delimited JSON, one file a resource type."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.mapping.model import Mapping
from bridge.records import Patient
from bridge.resources.fhir import fhir_resources

TYPES = ("Patient", "Encounter", "Observation")


def write_ndjson(folder: Path, patients: Iterable[Patient], mapping: Mapping) -> None:
    """Write the resources of `patients` into `folder`, as they come."""
    with ExitStack() as files:
        opened = {
            kind: files.enter_context(
                (folder / f"{kind}.ndjson").open("w", encoding="utf-8", newline="\n")
            )
            for kind in TYPES
        }
        for patient in patients:
            for resource in fhir_resources(patient, mapping):
                line = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
                opened[resource["resourceType"]].write(line + "\n")


def read_ndjson(path: Path, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and resources of one type; raise InputError with file and line.

    Each resource is checked against FHIR R4B (whose Patient, Encounter and Observation are R4's).
    """
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    model = get_fhir_model_class(kind)
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{path}:{number}"
            try:
                resource = json.loads(line)
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
