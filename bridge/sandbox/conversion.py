"""Request bodies into records: the order, the leniencies and the refusals of OpenMRS's converter.

Nothing is saved here. A map in the place of a reference makes a new record, or, if it carries the
uuid of one that exists, changes that one.
"""

import math
from collections.abc import Mapping
from typing import Any

from bridge.sandbox.dates import parse_date, parse_moment
from bridge.sandbox.refusals import Broken, Conversion, NoSetter
from bridge.sandbox.representation import parse_custom
from bridge.sandbox.resource_types import Property, ResourceType
from bridge.sandbox.store import Record, Store

IGNORED = frozenset({"display", "links", "auditInfo", "resourceVersion", "type"})
JAVA_TYPES = {
    str: "java.lang.String",
    bool: "java.lang.Boolean",
    int: "java.lang.Integer",
    float: "java.lang.Double",
    list: "java.util.ArrayList",
    dict: "java.util.LinkedHashMap",
}
TARGETS = {
    "text": "java.lang.String",
    "integer": "java.lang.Integer",
    "real": "java.lang.Double",
    "flag": "java.lang.Boolean",
    "date": "java.util.Date",
    "moment": "java.util.Date",
}
LARGEST = 2**31
"""Java's whole numbers end here."""

ORDER_RESOURCE = "org.openmrs.module.webservices.rest.web.v1_0.resource.openmrs2_2.OrderResource2_2"
DATE_FORMAT = "Error converting date - correct format (ISO8601 Long): yyyy-MM-dd'T'HH:mm:ss.SSSZ"


def apply(store: Store, record: Record, body: Mapping[str, Any], *, whole: bool) -> None:
    """Set a record's properties from a request's body; `whole` asks for all required ones."""
    kind = record.type
    given = {name: value for name, value in body.items() if name not in IGNORED}
    settable = kind.settable.keys() - (frozenset() if whole else kind.settled)
    for name in kind.settable:
        if name in given and name in settable:
            set_property(store, record, name, given[name])
    left = [
        name
        for name in given
        if name not in settable and not _unchanged(store, record, name, given[name])
    ]
    for name in left:
        if name not in kind.by_name and name not in kind.getters and name not in ("uuid", "voided"):
            where = f"{name} on class {kind.java}"
            raise Conversion(
                where, f"Unknown property '{name}' on class 'class {kind.java}'", line=705
            )
    if left:
        listed = ", ".join(left)
        raise Conversion(f"Some properties are not allowed to be set: {listed}", line=631)
    missing = [name for name, needed in kind.settable.items() if needed and name not in body]
    if whole and missing:
        raise Conversion(f"Some required properties are missing: {', '.join(missing)}", line=643)


def _unchanged(store: Store, record: Record, name: str, value: Any) -> bool:
    """Tell whether a computed property is given as it is, which OpenMRS lets pass."""
    getter = record.type.getters.get(name)
    return getter is not None and getter(store, record) == value


def convert_map(store: Store, kind: ResourceType, body: Mapping[str, Any]) -> Record:
    """Make a record of a nested map, or change the one whose uuid it carries."""
    uuid = body.get("uuid")
    known = store.find(kind.name, uuid) if isinstance(uuid, str) else None
    record = known or store.new(kind.name)
    if known is None and kind.variants:
        choose_variant(record, body)
    default, _ = kind.representations(record["type"])
    first = [name for name, _ in parse_custom(default).properties if name in kind.settable]
    order = [*first, *kind.settable, *body]
    for name in dict.fromkeys(order):
        if name in body and name not in IGNORED:
            set_property(store, record, name, body[name])
    return record


def choose_variant(record: Record, body: Mapping[str, Any]) -> None:
    """Note which subclass a new record is of, as its body must say."""
    name = body.get("type")
    if name is None:
        raise Broken(
            "When creating a resource that supports subclasses, you must indicate the particular"
            " subclass with a type property",
            java="java.lang.IllegalArgumentException",
            code="org.openmrs.module.webservices.rest.web.resource.impl.DelegatingCrudResource:93",
        )
    if not isinstance(name, str) or name not in record.type.variants:
        raise Broken(
            f"type={name} is not handled by this resource (class {ORDER_RESOURCE}) or any subclass",
            java="java.lang.IllegalArgumentException",
            code="org.openmrs.module.webservices.rest.web.resource.impl.BaseDelegatingResource:509",
        )
    record["type"] = name


def set_property(store: Store, record: Record, name: str, value: Any) -> None:
    """Set one property; a fault says on which class it is."""
    kind = record.type
    try:
        if name in kind.setters:
            kind.setters[name](store, record, value)
        elif name == "uuid":
            record["uuid"] = str(value)
        elif name in kind.by_name and name in kind.settable:
            _set_column(store, record, kind.by_name[name], value)
        else:
            raise NoSetter
    except Conversion as fault:
        raise fault.within(f"{name} on class {kind.java}") from fault


def _set_column(store: Store, record: Record, prop: Property, value: Any) -> None:
    if prop.type == "children":
        record.children[prop.name] = _records(store, prop, value)
    elif prop.type == "refs":
        record[prop.name] = _records(store, prop, value)
    elif prop.type == "ref":
        record[prop.name] = _referred(store, prop, value)
    else:
        record[prop.name] = convert(prop, value)


def _records(store: Store, prop: Property, value: Any) -> list[Record]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Conversion(
            f"Can only convert a Collection to a Collection/Array. Not class {_java(value)}"
            f" to java.util.Set<{prop.of}>"
        )
    found = [_referred(store, prop, item) for item in value]
    return [record for record in found if record is not None]


def _referred(store: Store, prop: Property, value: Any) -> Record | None:
    kind = store.resource_types[prop.of]
    if isinstance(value, dict):
        made = convert_map(store, kind, value)
        if made.id is None and prop.type != "children" and not prop.may_be_new:
            raise Broken.transient(kind.java)
        return made
    found = unique(store, kind, str(value)) if value is not None else None
    if found is None and prop.must_exist:
        raise Conversion(f'Cannot invoke "{kind.java}.getUuid()" because "{prop.name}" is null')
    return found


def unique(store: Store, kind: ResourceType, text: str) -> Record | None:
    """Find a record by its uuid, or by what else names it: its name, or `CIEL:5085`."""
    found = store.find(kind.name, text)
    if found is None and kind.also_by:
        named = store.many(kind.name, f'"{kind.also_by}" = ?', (text,))
        found = named[0] if named else None
    if found is None and kind.name == "concept" and ":" in text:
        source, _, code = text.partition(":")
        mapped = mapped_concepts(store, source, code)
        found = mapped[0] if mapped else None
    return found


def mapped_concepts(store: Store, source: str, code: str) -> list[Record]:
    """Find the concepts that are mapped to a code of a source."""
    return store.many(
        "concept",
        "ended = 0 AND id IN (SELECT m.concept FROM conceptmapping m"
        ' JOIN conceptreferenceterm t ON t.id = m."conceptReferenceTerm"'
        ' JOIN conceptsource s ON s.id = t."conceptSource"'
        " WHERE t.code = ? AND s.name = ? COLLATE NOCASE)",
        (code, source),
    )


def convert(prop: Property, value: Any) -> Any:
    """Turn a JSON value into what a column keeps."""
    if value is None:
        return None
    converted = _CONVERTERS[prop.type](value)
    if converted is None:
        raise Conversion(
            f"Don't know how to convert from class {_java(value)} to class {TARGETS[prop.type]}"
        )
    return converted


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else None


def to_whole(value: Any, otherwise: int | None = None) -> int | None:
    """Read a whole number that may come as text, or nothing.

    Raises Conversion where it is neither.
    """
    if value in (None, ""):
        return otherwise
    number = _integer(value)
    if number is None:
        raise Conversion(f'For input string: "{value}"')
    return number


def _integer(value: Any) -> int | None:
    try:
        number = int(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if -LARGEST <= number < LARGEST else None


def _real(value: Any) -> float | None:
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return value.lower() == "true" if isinstance(value, str) else None


def to_moment(value: Any) -> int | None:
    """Read a time; anything but text gives None.

    Raises Conversion where the text is no time.
    """
    if not isinstance(value, str):
        return None
    try:
        return parse_moment(value)
    except ValueError:
        raise Conversion(DATE_FORMAT, f'Invalid format: "{value}"') from None


def _date(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_date(value)
    except ValueError:
        raise Conversion(DATE_FORMAT, f'Invalid format: "{value}"') from None


_CONVERTERS = {
    "text": _text,
    "integer": _integer,
    "real": _real,
    "flag": _flag,
    "moment": to_moment,
    "date": _date,
}


def _java(value: Any) -> str:
    return JAVA_TYPES.get(type(value), "java.lang.Object")
