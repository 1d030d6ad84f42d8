"""FHIR resources, however they are written, as the charts of patients: indexed once, then read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from bridge.chart import LeftOut
from bridge.files.account import TWICE, Rejected, kind_of
from bridge.files.fhir.bundles import bundle_resources
from bridge.files.fhir.chart import Chart, chart_of
from bridge.files.fhir.lines import ndjson_lines, parse_line
from bridge.files.fhir.record import Outside
from bridge.files.fhir.resources import (
    MISREAD,
    NOT_FHIR,
    SHARED,
    TAKEN,
    NotTaken,
    Resource,
    names_of,
    owner_of,
)
from bridge.files.index import SPILL, WHOLE_FILE, Index, Piece, Stored
from bridge.files.options import FileOptions

_SHARED_KEPT = 200
"""How many medications and the like are kept in memory."""

NOT_WHOLE = "its file is not whole"
ANOTHER_OF_THE_ID = "another patient has this id"


class FhirSource:
    """The patients of some files, by an index of them."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files
        self.index = Index()
        self._shared = lru_cache(_SHARED_KEPT)(self._read_shared)

    def close(self) -> None:
        """Drop the index."""
        self.index.close()

    def chart(self, patient: Stored, options: FileOptions) -> Chart | Rejected:
        """Read the chart of a patient, or why none can be made."""
        owner, others = None, []
        for resource in self._resources(patient):
            if resource.kind != "Patient":
                others.append(resource)
            elif owner is None and f"Patient/{resource.id}" == patient.name:
                owner = resource
        if owner is None:  # two of this id in one bundle: both are rejected already
            return Rejected(patient.name, ANOTHER_OF_THE_ID, Counter())
        outside = Outside(self._find, self.index.uuid_of, self.index.repeated)
        return chart_or_why_not(patient.uuid, owner, others, outside, options)

    def _resources(self, patient: Stored) -> Iterator[Resource]:
        for piece in self.index.pieces(patient):
            if piece.offset == WHOLE_FILE:
                found = bundle_resources(self.files[piece.file])
                for one in found:
                    if isinstance(one, Resource) and (one.kind in TAKEN or one.kind in SHARED):
                        yield one
            else:
                yield self._at(piece)

    def _at(self, piece: Piece) -> Resource:
        if piece.file == SPILL:
            return self.index.copy(piece)
        path = self.files[piece.file]
        with path.open("rb") as file:
            file.seek(piece.offset)
            found = parse_line(file.read(piece.length), path.name.split(".")[0], f"{path}:0")
        if isinstance(found, LeftOut):
            raise NotTaken("file has changed while it was read", path.name)
        return found._replace(source=piece.source or found.source)

    def _find(self, name: str) -> Resource | None:
        return self._shared(name)

    def _read_shared(self, name: str) -> Resource | None:
        piece = self.index.shared(name)
        return self._at(piece) if piece else None


def chart_or_why_not(
    uuid: str, owner: Resource, others: list[Resource], outside: Outside, options: FileOptions
) -> Chart | Rejected:
    """Read a patient's resources as a chart, or say why none can be made of them."""
    try:
        return chart_of(uuid, owner, others, outside, options)
    except NotTaken as fault:
        return _rejected(owner, others, fault.reason, fault.detail)
    except MISREAD as fault:
        return _rejected(owner, others, NOT_FHIR, f"{type(fault).__name__}: {fault}")


def _rejected(
    owner: Resource, others: Iterable[Resource], reason: str, detail: str = ""
) -> Rejected:
    theirs = Counter(kind_of(r.source) for r in (owner, *others) if r.kind in TAKEN)
    return Rejected(owner.source, reason, theirs, detail)


def index_fhir(source: FhirSource) -> None:
    """Index files of FHIR: bundles, each of one patient or of many, and resources line by line."""
    for number, path in enumerate(source.files):
        if path.name.removesuffix(".gz").lower().endswith(".ndjson"):
            _index_lines(source, number, path)
        else:
            _index_bundle(source, number, _counted(source.index, path))


def _counted(index: Index, path: Path) -> list[Resource]:
    """Count the resources of a bundle; nothing is taken of one that breaks off."""
    found = list(bundle_resources(path))
    is_broken = any(
        isinstance(one, LeftOut) and one.source == f"Bundle/{path.name}" for one in found
    )
    if not is_broken:
        return [kept for one in found if (kept := index.count(one))]
    for one in found:
        index.count(one if isinstance(one, LeftOut) else LeftOut(one.source, NOT_WHOLE, path.name))
    return []


def _index_bundle(source: FhirSource, number: int, resources: list[Resource]) -> None:
    index = source.index
    patients: dict[str, Resource] = {}
    strangers: set[str] = set()
    for one in resources:
        if one.kind != "Patient":
            continue
        if one.id in patients and one.body == patients[one.id].body:
            index.leave_out(LeftOut(one.source, TWICE))
        elif one.id in patients or not index.add_patient(one):
            strangers |= set(names_of(one))
        patients.setdefault(one.id, one)
    if strangers:
        resources = list(_without(index, resources, strangers))
    theirs = [one for one in resources if one.kind in TAKEN]
    if len(patients) == 1 and not strangers:
        (patient,) = patients.values()
        names = set(names_of(patient))
        if all(owner_of(one) in names for one in theirs):
            index.add_bundle(patient, number, resources)
            return
    written: set[str] = set()
    for one in resources:
        if one.kind != "Patient" or one.id not in written:
            index.add_copy(one)
        written |= {one.id} if one.kind == "Patient" else set()


def _without(index: Index, resources: list[Resource], strangers: set[str]) -> Iterator[Resource]:
    """Reject those whose id is another patient's already, with all that is theirs."""
    theirs: Counter[str] = Counter()
    named = ""
    for one in resources:
        if owner_of(one) in strangers:
            theirs[kind_of(one.source)] += 1
            named = one.source if one.kind == "Patient" else named
        else:
            yield one
    index.rejected.append(Rejected(named, ANOTHER_OF_THE_ID, theirs))


def _index_lines(source: FhirSource, number: int, path: Path) -> None:
    index = source.index
    for line in ndjson_lines(path):
        resource = index.count(line.found)
        if resource is None or not _is_new(index, resource):
            continue
        if path.suffix == ".gz":
            index.add_copy(resource)
        else:
            index.add_piece(resource, number, line.offset, line.length)


def index_rows(source: FhirSource, rows: Iterable[Resource | LeftOut]) -> None:
    """Index rows of tables that were turned into resources."""
    for row in rows:
        resource = source.index.count(row)
        if resource and _is_new(source.index, resource):
            source.index.add_copy(resource)


def _is_new(index: Index, resource: Resource) -> bool:
    """Take a patient in; tell whether a resource is to be kept."""
    if resource.kind != "Patient":
        return True
    known = index.uuid_of(f"Patient/{resource.id}")
    same = index.add_patient(resource)
    if known and not same:
        index.leave_out(LeftOut(resource.source, ANOTHER_OF_THE_ID))
    return not known
