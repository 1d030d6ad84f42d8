"""What a resource type is, as data: its columns, its place in the REST tree, its representations.

The storage makes its tables from these definitions, the REST engine reads and writes by them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bridge.sandbox.store import Record, Store

Type = Literal[
    "text", "integer", "real", "flag", "date", "moment", "json", "blob", "ref", "refs", "children"
]
Getter = Callable[["Store", "Record"], Any]
Setter = Callable[["Store", "Record", Any], None]

TEXT = 65_535
"""Bytes that a column of type TEXT takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a kind: a column, a reference, a list of references, or its children."""

    name: str
    type: Type
    of: str = ""
    """The kind that a reference, a list of references or the children are of."""
    by: str = ""
    """The property of the children that points back here."""
    default: Any = None
    longest: int | None = None
    nullable: bool = True
    unique: bool = False
    may_be_new: bool = False
    """A map in the place of the reference may make a new record, as a visit in an encounter."""
    must_exist: bool = False
    """An unknown uuid is refused; elsewhere OpenMRS silently makes it null."""
    kept: bool = True
    """False for children that OpenMRS takes, shows once and does not save."""

    def overflows(self, value: object) -> bool:
        """Tell whether a text is longer than the real server's column takes."""
        if self.longest is None or not isinstance(value, str):
            return False
        # a column of type TEXT counts bytes
        taken = len(value.encode(errors="replace")) if self.longest == TEXT else len(value)
        return taken > self.longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A subclass that shares its table with others, as drug and test orders do."""

    java: str
    default: str
    full: str


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One resource of OpenMRS: how it is stored, named, written and shown."""

    name: str
    java: str
    version: str
    properties: tuple[Property, ...]
    creatable: str
    """The properties that may be set, in the order they are applied; `!` marks the required."""
    default: str
    """The default representation, written as a custom one."""
    full: str
    reference: str = ""
    """The reference representation, where it has more than uuid and display."""
    ending: Literal["voided", "retired"]
    path: str = ""
    """Where it stands below /ws/rest/v1/; the name where not given."""
    owner: str = ""
    """The property that refers to the record whose sub-resource this is."""
    privilege: str
    also_by: str = ""
    """A property that finds a record as its uuid does."""
    type_name: str = ""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """The subclasses by the name that their property `type` has."""
    purgeable: bool = True
    """Whether REST can remove one for good."""
    served: bool = True
    """Whether the REST engine answers for it at its path."""
    full_link: bool = True
    settled: frozenset[str] = frozenset()
    """What may be set when a record is made and never again."""
    takes_uuid: bool = True
    """Whether a client may choose the uuid at the top level of the body."""
    order: str = "id"
    indexes: tuple[str, ...] = ()
    getters: Mapping[str, Getter] = field(default_factory=dict)
    setters: Mapping[str, Setter] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> Mapping[str, Property]:
        """The properties by their names."""
        return {prop.name: prop for prop in self.properties}

    @cached_property
    def columns(self) -> tuple[Property, ...]:
        """The properties that are columns of the table."""
        return tuple(prop for prop in self.properties if prop.type != "children")

    @cached_property
    def settable(self) -> Mapping[str, bool]:
        """The names that may be set, in order, each with whether it is required."""
        names = self.creatable.split()
        return ({"uuid": False} if self.takes_uuid else {}) | {
            name.rstrip("!"): name.endswith("!") for name in names
        }

    def representations(self, variant: str | None) -> tuple[str, str]:
        """The default and the full representation, of a subclass where there are any."""
        of = self.variants.get(variant or "")
        return (of.default, of.full) if of else (self.default, self.full)

    @property
    def segment(self) -> str:
        """The last part of its address, which links repeat as `resourceAlias`."""
        return (self.path or self.name).rsplit("/", 1)[-1]


class Embedded(dict[str, Any]):
    """A part of a record that always shows what it refers to by reference."""


def text(name: str, longest: int | None = 255, *, unique: bool = False) -> Property:
    """Define a text column; a longer text is refused."""
    return Property(name=name, type="text", longest=longest, unique=unique)


def texts(names: str) -> tuple[Property, ...]:
    """Define several text columns of the usual length."""
    return tuple(text(name) for name in names.split())


def real(name: str) -> Property:
    """Define a column of a number with decimals."""
    return Property(name=name, type="real")


def integer(name: str) -> Property:
    """Define a column of a whole number."""
    return Property(name=name, type="integer")


def flag(name: str, default: bool = False) -> Property:
    """Define a column of true or false."""
    return Property(name=name, type="flag", default=default)


def moment(name: str) -> Property:
    """Define a column of a point in time, kept as whole seconds since 1970 UTC."""
    return Property(name=name, type="moment")


def ref(name: str, of: str = "", *, nullable: bool = True, must_exist: bool = False) -> Property:
    """Define a reference to a record of the kind `of` (the property's own name where not given)."""
    return Property(name=name, type="ref", of=of or name, nullable=nullable, must_exist=must_exist)


def refs(name: str, of: str) -> Property:
    """Define an ordered list of references."""
    return Property(name=name, type="refs", of=of, default=())


def children(name: str, of: str, by: str, *, kept: bool = True) -> Property:
    """Define the records of the kind `of` whose property `by` points here."""
    return Property(name=name, type="children", of=of, by=by, kept=kept)
