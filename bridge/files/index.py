"""Where each patient's resources stand: a temporary database beside the files, not in memory.

Resources of one patient are scattered over the files of a bulk export or of tables, and a
reference may come before what it names. So each is written down with the reference to its owner;
what the references mean is asked when all files were seen.
"""

import hashlib
import json
import sqlite3
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from bridge.chart import LeftOut
from bridge.files.account import MOST_EXAMPLES, TWICE, Rejected, kind_of
from bridge.files.fhir.resources import (
    NAMED_BY_OTHERS,
    NO_PART,
    SHARED,
    TAKEN,
    Resource,
    linked,
    names_of,
    owner_of,
    reference,
)
from bridge.files.uuids import RepeatedIds, is_uuid
from bridge.identity import NAMESPACE, part_uuid

WHOLE_FILE = -1
"""The offset of a piece that is a whole bundle."""
SPILL = -1
"""The file of a piece that stands in the index's own copy."""

_IN_MEMORY = 8_000_000

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE patient (id INTEGER PRIMARY KEY, name TEXT UNIQUE, uuid TEXT, digest BLOB,
    number INTEGER, tally TEXT);
CREATE TABLE alias (name TEXT PRIMARY KEY, patient INTEGER) WITHOUT ROWID;
CREATE TABLE piece (owner TEXT, kind TEXT, source TEXT, file INTEGER, offset INTEGER,
    length INTEGER);
CREATE TABLE shared (name TEXT PRIMARY KEY, file INTEGER, offset INTEGER, length INTEGER)
    WITHOUT ROWID;
"""


class Piece(NamedTuple):
    """Some bytes of a file that are a patient's: one resource, or a bundle."""

    source: str
    file: int
    offset: int
    length: int


class Stored(NamedTuple):
    """A patient of the index."""

    id: int
    name: str
    uuid: str


class Index:
    """The patients of some files, and where what is theirs stands."""

    def __init__(self) -> None:
        # both stay in memory while they are small, and go to unnamed files beyond that
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.executescript(_TABLES)
        self._spill = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix="bridge-files-")  # noqa: SIM115
        # a cohort goes when nobody has it any longer; what it kept on disk goes with it
        self.close = weakref.finalize(self, _drop, self._database, self._spill)
        """Drop the database and the copies."""
        self._spilt = 0
        self.read: Counter[str] = Counter()
        self.left_out: Counter[tuple[str, str]] = Counter()
        self.strays: list[LeftOut] = []
        self.rejected: list[Rejected] = []
        self.repeated = RepeatedIds()

    def count(self, found: Resource | LeftOut) -> Resource | None:
        """Count what was read; return it when it may belong to a chart."""
        self.read[kind_of(found.source)] += 1
        if isinstance(found, LeftOut):
            self.leave_out(found)
            return None
        if found.kind in SHARED:
            self.left_out[(kind_of(found.source), NAMED_BY_OTHERS)] += 1
        elif found.kind not in TAKEN:
            self.left_out[(kind_of(found.source), NO_PART)] += 1
            return None
        return found

    def leave_out(self, one: LeftOut) -> None:
        """Leave out what belongs to no patient."""
        self.left_out[(kind_of(one.source), one.reason)] += 1
        if len(self.strays) < MOST_EXAMPLES:
            self.strays.append(one)

    def add_patient(self, patient: Resource) -> bool:
        """Add a patient; tell whether they are the first, or the same, of their id."""
        name = f"Patient/{patient.id}"
        content = json.dumps(patient.body, sort_keys=True).encode()
        digest = hashlib.sha256(content).digest()
        known = self._one("SELECT digest FROM patient WHERE name = ?", name)
        if known:
            if known[0] == digest:
                self.leave_out(LeftOut(patient.source, TWICE))
            return bool(known[0] == digest)
        made = self._database.execute(
            "INSERT INTO patient (name, uuid, digest) VALUES (?, ?, ?)",
            (name, _uuid_of(patient), digest),
        ).lastrowid
        for alias in {*names_of(patient), *linked(patient)}:
            # a name that two patients have means neither of them
            self._database.execute(
                "INSERT INTO alias VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET patient = NULL",
                (alias, made),
            )
        return True

    def add_piece(self, resource: Resource, file: int, offset: int, length: int) -> None:
        """Add a resource that stands in a file by itself."""
        if resource.kind in SHARED:
            self._database.executemany(
                "INSERT OR IGNORE INTO shared VALUES (?, ?, ?, ?)",
                [(name, file, offset, length) for name in names_of(resource)],
            )
            return
        self.repeated.add(resource.kind, resource.id)
        self._database.execute(
            "INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?)",
            (owner_of(resource), resource.kind, resource.source, file, offset, length),
        )

    def add_copy(self, resource: Resource) -> None:
        """Add a resource that cannot be read alone where it stands."""
        kept = [resource.kind, resource.id, resource.body, resource.url, resource.source]
        line = json.dumps(kept).encode() + b"\n"
        self._spill.write(line)
        self.add_piece(resource, SPILL, self._spilt, len(line))
        self._spilt += len(line)

    def add_bundle(self, patient: Resource, file: int, resources: list[Resource]) -> None:
        """Add a file whose resources all belong to one patient."""
        for resource in resources:
            if resource.kind not in SHARED:
                self.repeated.add(resource.kind, resource.id)
        self._database.execute(
            "INSERT INTO piece VALUES (?, '', ?, ?, ?, 0)",
            (f"Patient/{patient.id}", patient.source, file, WHOLE_FILE),
        )

    def close_files(self) -> None:
        """All files were seen: count what belongs to nobody."""
        self._database.execute("CREATE INDEX owners ON piece (owner)")
        self.repeated.close()
        strays = self._database.execute(
            "SELECT source, owner, name IS NOT NULL FROM piece LEFT JOIN alias ON name = owner "
            "WHERE patient IS NULL"
        )
        for source, owner, is_shared in strays:
            reason = "its patient is not in the files" if owner else "names no patient"
            if is_shared:
                reason = "names a patient by what two of them have"
            self.leave_out(LeftOut(source, reason, owner))

    def patients(self) -> Iterator[Stored]:
        """Yield the patients in the order of the files."""
        found = self._database.execute("SELECT id, name, uuid FROM patient ORDER BY id").fetchall()
        return (Stored(*row) for row in found)

    def number(self, patient: Stored, number: int) -> None:
        """Give a patient that can be made their number."""
        self._database.execute("UPDATE patient SET number = ? WHERE id = ?", (number, patient.id))

    def numbered(self, number: int) -> Stored:
        """Return the patient of a number."""
        row = self._one("SELECT id, name, uuid FROM patient WHERE number = ?", number)
        if row is None:
            raise IndexError(number)
        return Stored(*row)

    def is_made(self, uuid: str) -> bool:
        """Tell whether the patient of a uuid has a number."""
        return bool(self._one("SELECT number FROM patient WHERE uuid = ? AND number > 0", uuid))

    def uuid_of(self, name: str) -> str | None:
        """Return the uuid of the patient that a reference means."""
        row = self._one(
            "SELECT uuid FROM alias JOIN patient ON patient.id = alias.patient "
            "WHERE alias.name = ?",
            name,
        )
        return row[0] if row else None

    def pieces(self, patient: Stored) -> list[Piece]:
        """Return where a patient's resources stand, in the order of the files."""
        rows = self._database.execute(
            "SELECT source, file, offset, length FROM alias JOIN piece ON owner = name "
            "WHERE patient = ? ORDER BY piece.rowid",
            (patient.id,),
        )
        return [Piece(*row) for row in rows]

    def shared(self, name: str) -> Piece | None:
        """Return where a shared resource stands, by a reference to it."""
        row = self._one("SELECT '', file, offset, length FROM shared WHERE name = ?", name)
        return Piece(*row) if row else None

    def copy(self, piece: Piece) -> Resource:
        """Return a resource of the index's own copies."""
        self._spill.seek(piece.offset)
        kept = json.loads(self._spill.read(piece.length))
        self._spill.seek(0, 2)
        return Resource(*kept)

    def _one(self, question: str, *given: object) -> "tuple[Any, ...] | None":
        row: tuple[Any, ...] | None = self._database.execute(question, given).fetchone()
        return row


def _drop(database: sqlite3.Connection, spill: IO[bytes]) -> None:
    database.close()
    spill.close()


def _uuid_of(patient: Resource) -> str:
    """Name a patient by their id where it is a uuid.

    Other ids (`1`) are used by every hospital, so what tells two of them apart goes in.
    """
    if is_uuid(patient.id):
        return patient.id
    born, numbers = patient.body.get("birthDate"), patient.body.get("identifier")
    first = numbers[0] if isinstance(numbers, list) and numbers else {}
    known = reference({"identifier": first})
    return part_uuid(str(NAMESPACE), f"Patient/{patient.id}/{known}/{born}")
