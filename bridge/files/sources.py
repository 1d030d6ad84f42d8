"""What a file or folder is: found out by what stands there."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bridge.bounded_lines import LONGEST
from bridge.errors import InputError
from bridge.files import own_csv, patient_csv, synthea_csv
from bridge.files.fhir_source import FhirSource, index_fhir
from bridge.opening import opened

OWN_CSV = "bridge CSV"
SYNTHEA_CSV = "Synthea CSV"
PATIENT_CSV = "patient CSV"
BUNDLES = "FHIR bundles"
LINES = "FHIR NDJSON"

_LOOKED_FOR = (
    "FHIR bundles (*.json), FHIR by type (Patient.ndjson, Patient.000.ndjson), each also as .gz; "
    "tables of Synthea (patients.csv and others), of patients for the initializer module or "
    "Bahmni (*.csv), or of `bridge generate` (patients.csv, visits.csv, observations.csv)"
)


class Found(NamedTuple):
    """The patients of some files: in which form, in which files, and how they are read."""

    form: str
    files: Sequence[Path]
    source: "FhirSource | own_csv.OwnSource"


def find_source(path: Path) -> Found:
    """Find out what a file or folder is, and index it; raise InputError when it is nothing known.

    Folders within the folder are not looked into.
    """
    try:
        forms = _forms(path)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error
    if not forms:
        raise InputError(f"{_standing(path)}. Looked for {_LOOKED_FOR}", place=path)
    if len(forms) > 1:
        both = " and ".join(f"{form} ({files[0].name})" for form, files in forms.items())
        raise InputError(f"holds both {both}: put one of them into a folder of its own", place=path)
    ((form, files),) = forms.items()
    return Found(form, files, _OPEN[form](files))


def _forms(path: Path) -> dict[str, list[Path]]:
    if not path.exists():
        raise InputError("does not exist; `bridge generate --out` writes a folder", place=path)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    forms: dict[str, list[Path]] = {}
    tables, fhir = [], []
    for file in files:
        name = file.name.removesuffix(".gz").lower()
        if file.name.startswith(".") or not file.is_file():
            continue
        if name.endswith((".ndjson", ".json")):
            fhir.append(file)
        elif name.endswith(".csv"):
            tables.append(file)
    if fhir:
        in_lines = any(file.name.removesuffix(".gz").lower().endswith("ndjson") for file in fhir)
        forms[LINES if in_lines else BUNDLES] = fhir
    return {**forms, **_tables(tables)}


def _tables(files: list[Path]) -> dict[str, list[Path]]:
    """Tell tables by their first lines."""
    heads = {file: _columns(file) for file in files}
    by_name = {file.name.removesuffix(".gz"): file for file in files}
    if (own := by_name.get("patients.csv")) and own_csv.is_own(heads[own]):
        return {OWN_CSV: [by_name[name] for name in own_csv.FILES if name in by_name]}
    if (theirs := by_name.get("patients.csv")) and synthea_csv.is_synthea(heads[theirs]):
        return {SYNTHEA_CSV: files}
    people = [file for file in files if patient_csv.is_patients(heads[file])]
    return {PATIENT_CSV: people} if people else {}


def _columns(path: Path) -> list[str]:
    with opened(path) as file:
        head = file.readline(LONGEST)
    if len(head) >= LONGEST:
        raise InputError(f"has a line of more than {LONGEST:,} characters", place=path)
    try:
        return next(csv.reader(io.StringIO(head.decode("utf-8-sig"))), [])
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text: save it as UTF-8", place=path) from error
    except csv.Error:
        return []


def _standing(path: Path) -> str:
    if path.is_dir():
        names = sorted(file.name for file in path.iterdir())
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        return f"holds no patients that bridge can read: {shown or 'it is empty'}"
    return "is no file of patients that bridge can read"


def _opened_by(index: Callable[[FhirSource], None]) -> Callable[[Sequence[Path]], FhirSource]:
    def open_files(files: Sequence[Path]) -> FhirSource:
        source = FhirSource(files)
        index(source)
        source.index.close_files()
        return source

    return open_files


_OPEN: dict[str, Callable[[Sequence[Path]], "FhirSource | own_csv.OwnSource"]] = {
    BUNDLES: _opened_by(index_fhir),
    LINES: _opened_by(index_fhir),
    SYNTHEA_CSV: _opened_by(synthea_csv.index_tables),
    PATIENT_CSV: _opened_by(patient_csv.index_people),
    OWN_CSV: lambda files: own_csv.OwnSource(files),
}
