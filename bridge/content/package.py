"""The content package: the files under `mappings/content`, read and checked."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from bridge.content.rows import (
    AttributeType,
    Concept,
    ConceptSource,
    Drug,
    Frequency,
    IdentifierType,
    Named,
    Program,
    Row,
    Service,
    Setting,
    State,
    Workflow,
)
from bridge.errors import InputError
from bridge.mapping.loading import default_mapping_path

AnyRow = TypeVar("AnyRow", bound=Row)

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that the package holds; every reference within it is a uuid of it."""

    classes: tuple[Named, ...]
    sources: tuple[ConceptSource, ...]
    concepts: tuple[Concept, ...]
    """Each after those that it has as answers or members."""
    drugs: tuple[Drug, ...]
    frequencies: tuple[Frequency, ...]
    encounter_types: tuple[Named, ...]
    encounter_roles: tuple[Named, ...]
    visit_types: tuple[Named, ...]
    identifier_types: tuple[IdentifierType, ...]
    attribute_types: tuple[AttributeType, ...]
    programs: tuple[Program, ...]
    workflows: tuple[Workflow, ...]
    states: tuple[State, ...]
    services: tuple[Service, ...]
    settings: tuple[Setting, ...]
    by_uuid: dict[str, Concept]

    def concept(self, uuid: str) -> Concept:
        """Return the concept of that uuid; raise KeyError where there is none."""
        return self.by_uuid[uuid]

    def waves(self) -> Iterator[tuple[Concept, ...]]:
        """Yield the concepts in groups, each of which refers to former groups only."""
        made: set[str] = set()
        left = list(self.concepts)
        while left:
            ready = [concept for concept in left if made.issuperset(_parts(concept))]
            yield tuple(ready)
            made.update(concept.uuid for concept in ready)
            left = [concept for concept in left if concept.uuid not in made]


def default_content_folder() -> Path:
    """Return where bridge's own package stands, installed or in a checkout."""
    return default_mapping_path().parent / "content"


def load_content(folder: Path | None = None) -> Content:
    """Read the package in `folder`, or bridge's own; raise InputError with the first fault."""
    return _Reader(folder or default_content_folder()).content()


class _Reader:
    """Reads the files of a folder, and finds what they refer to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._concepts: dict[str, str] = {}
        """The uuid of each concept by its CIEL code and by itself."""
        self._owners: dict[str, str] = {}

    def content(self) -> Content:
        concepts = self._read("concepts", Concept)
        self._know(concepts)
        programs = self._read("programs", Program, "concept")
        workflows = self._read("workflows", Workflow, "concept")
        self._among("workflows", "program", workflows, programs)
        states = self._read("states", State, "concept")
        self._among("states", "workflow", states, workflows)
        ordered = self._in_order(self._found("concepts", concepts, "answers", "members"))
        return Content(
            by_uuid={concept.uuid: concept for concept in ordered},
            concepts=ordered,
            classes=self._read("classes", Named),
            sources=self._read("sources", ConceptSource),
            drugs=self._read("drugs", Drug, "concept", "form"),
            frequencies=self._read("frequencies", Frequency, "concept"),
            encounter_types=self._read("encounter_types", Named),
            encounter_roles=self._read("encounter_roles", Named),
            visit_types=self._read("visit_types", Named),
            identifier_types=self._read("identifier_types", IdentifierType),
            attribute_types=self._read("attribute_types", AttributeType),
            programs=programs,
            workflows=workflows,
            states=states,
            services=self._read("services", Service),
            settings=self._read("settings", Setting),
        )

    def _read(self, name: str, model: type[AnyRow], *references: str) -> tuple[AnyRow, ...]:
        rows = tuple(_rows(self._path(name), model))
        for number, row in enumerate(rows):
            uuid = getattr(row, "uuid", "")
            owner = self._owners.setdefault(uuid, f"{name}.csv")
            if uuid and owner != f"{name}.csv":
                raise self._fault(name, number, f"the uuid {uuid} is taken in {owner} too")
        if len({getattr(row, "uuid", id(row)) for row in rows}) < len(rows):
            raise InputError("has a uuid twice", place=self._path(name))
        return self._found(name, rows, *references)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.csv"

    def _fault(self, name: str, number: int, what: str) -> InputError:
        return InputError(what, place=f"{self._path(name)}:{number + 2}")

    def _know(self, concepts: Sequence[Concept]) -> None:
        for number, concept in enumerate(concepts):
            for key in filter(None, (concept.uuid, concept.code)):
                if self._concepts.setdefault(key, concept.uuid) != concept.uuid:
                    raise self._fault("concepts", number, f"the code {key} stands twice")

    def _found(self, name: str, rows: tuple[AnyRow, ...], *fields: str) -> tuple[AnyRow, ...]:
        """Put the concepts' uuids in the place of what refers to them."""
        return tuple(
            row.changed(
                **{field: self._uuids(name, number, getattr(row, field)) for field in fields}
            )
            for number, row in enumerate(rows)
        )

    def _uuids(self, name: str, number: int, said: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(said, tuple):
            return tuple(str(self._uuids(name, number, one)) for one in said)
        if said and said not in self._concepts:
            raise self._fault(name, number, f"no row of concepts.csv is {said}")
        return self._concepts[said] if said else ""

    def _among(self, name: str, field: str, rows: Sequence[Row], owners: Sequence[Row]) -> None:
        known = {getattr(owner, "uuid", "") for owner in owners}
        for number, row in enumerate(rows):
            if getattr(row, field) not in known:
                raise self._fault(name, number, f"there is no {field} {getattr(row, field)}")

    def _in_order(self, concepts: tuple[Concept, ...]) -> tuple[Concept, ...]:
        """Sort the concepts so that each comes after its parts."""
        by_uuid = {concept.uuid: concept for concept in concepts}
        placed: dict[str, Concept] = {}

        def place(concept: Concept, above: tuple[str, ...]) -> None:
            if concept.uuid in above:
                raise InputError(f"{concept.name} contains itself", place=self._path("concepts"))
            for part in _parts(concept):
                if part not in placed:
                    place(by_uuid[part], (*above, concept.uuid))
            placed.setdefault(concept.uuid, concept)

        for concept in concepts:
            place(concept, ())
        return tuple(placed.values())


def _parts(concept: Concept) -> Iterator[str]:
    return chain(concept.answers, concept.members)


def _rows(path: Path, model: type[AnyRow]) -> Iterator[AnyRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, cells in enumerate(csv.DictReader(file, strict=True)):
                if number >= MOST_ROWS:
                    raise InputError(f"has more than {MOST_ROWS:,} rows", place=path)
                yield _row(cells, model, f"{path}:{number + 2}")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text; save it as UTF-8", place=path) from error
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", place=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=path) from error


def _row(cells: dict[str, str], model: type[AnyRow], place: str) -> AnyRow:
    if None in cells or None in cells.values():  # DictReader's way of saying so
        raise InputError("has not as many cells as the first row", place=place)
    try:
        return model.model_validate({name: cell.strip() for name, cell in cells.items()})
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{column}: {first['msg']}", place=place) from error
