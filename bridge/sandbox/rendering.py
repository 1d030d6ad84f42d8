"""Records as JSON: one engine for every kind and every representation."""

import json
from collections.abc import Mapping
from typing import Any

from bridge.sandbox.catalogue.concepts import LIMITS, NUMERIC, NUMERIC_PROPERTIES
from bridge.sandbox.dates import rest_date, rest_moment
from bridge.sandbox.refusals import UnknownShown
from bridge.sandbox.representation import DEFAULT, FULL, REF, Representation, parse_custom
from bridge.sandbox.resource_types import Embedded, Getter
from bridge.sandbox.store import Record, Store

ADMIN = 1
"""The id of the one user."""


def render(store: Store, record: Record, rep: Representation) -> dict[str, Any]:
    """Show a record in a representation."""
    if rep is REF:
        return _reference(store, record)
    kind = record.type
    if rep.name == "custom":
        listed = rep
    else:
        default, full = kind.representations(record["type"])
        listed = parse_custom(default if rep is DEFAULT else full)
    absent = _absent(store, record) if rep is FULL else ()
    shown = {
        name: _property(store, record, name, inner)
        for name, inner in listed.properties
        if name not in absent
    }
    if rep.name != "custom":
        shown["links"] = links(store, record, full=rep is DEFAULT and kind.full_link)
    return shown | _type_name(record) | {"resourceVersion": kind.version}


def _type_name(record: Record) -> dict[str, str]:
    """Name the subclass, where a resource type has several."""
    name = record.type.type_name or (record["type"] if record.type.variants else "")
    return {"type": name} if name else {}


def _reference(store: Store, record: Record) -> dict[str, Any]:
    kind = record.type
    shown: dict[str, Any] = {"uuid": record.uuid, "display": store.display(record)}
    for name, inner in parse_custom(kind.reference).properties if kind.reference else ():
        shown[name] = _property(store, record, name, inner)
    if record.ended:
        shown[kind.ending] = True
    shown["links"] = links(store, record)
    return shown | _type_name(record)


def _absent(store: Store, record: Record) -> tuple[str, ...]:
    """Name what the full representation leaves out: limits of a concept that is not numeric."""
    if record.type.name != "concept" or is_numeric(store, record):
        return ()
    return NUMERIC_PROPERTIES


def is_numeric(store: Store, concept: Record) -> bool:
    """Tell whether a concept's values are numbers."""
    datatype = store.ref(concept, "datatype")
    return datatype is not None and datatype.uuid == NUMERIC


def address(store: Store, record: Record) -> str:
    """Return where a record is found."""
    kind = record.type
    owner = store.ref(record, kind.owner) if kind.owner else None
    if owner is None:
        return f"{store.base}/ws/rest/v1/{kind.path or kind.name}/{record.uuid}"
    above, _, segment = kind.path.partition("/")
    return f"{store.base}/ws/rest/v1/{above}/{owner.uuid}/{segment}/{record.uuid}"


def links(store: Store, record: Record, *, full: bool = False) -> list[dict[str, Any]]:
    """Return the links of a record: to itself, and to its full representation where asked."""
    uri = address(store, record)
    alias = record.type.segment
    found = [{"rel": "self", "uri": uri, "resourceAlias": alias}]
    if full:
        found.append({"rel": "full", "uri": f"{uri}?v=full", "resourceAlias": alias})
    return found


def _property(store: Store, record: Record, name: str, rep: Representation) -> Any:
    kind = record.type
    if name == "uuid":
        return record.uuid
    if name == "display":
        return store.display(record)
    if name in kind.getters:
        return _value(store, kind.getters[name](store, record), rep)
    if name in kind.by_name:
        return _column(store, record, name, rep)
    if name in SPECIAL:
        return SPECIAL[name](store, record)
    raise UnknownShown(kind.java, name)


def _column(store: Store, record: Record, name: str, rep: Representation) -> Any:
    prop = record.type.by_name[name]
    if prop.type == "ref":
        return _value(store, store.ref(record, name), rep)
    if prop.type == "refs":
        return _value(store, store.refs(record, name), rep)
    if prop.type == "children":
        return _value(store, store.children(record, name), rep)
    value = record[name]
    if value is None:
        return None
    if prop.type == "flag":
        return bool(value)
    if prop.type == "moment":
        return rest_moment(value)
    return rest_date(value) if prop.type == "date" else value


def _value(store: Store, value: Any, rep: Representation) -> Any:
    if isinstance(value, Record):
        return render(store, value, rep)
    if isinstance(value, list):
        return [_value(store, item, rep) for item in value]
    if isinstance(value, dict):
        return _parts(store, value, rep)
    return value


def _parts(store: Store, value: Mapping[str, Any], rep: Representation) -> dict[str, Any]:
    """Show what is no resource of its own, such as the allergen of an allergy."""
    if rep.name != "custom":
        inner = REF if isinstance(value, Embedded) else rep
        return {name: _value(store, part, inner) for name, part in value.items()}
    return {name: _value(store, value.get(name), inner) for name, inner in rep.properties}


def _audit(store: Store, record: Record) -> dict[str, Any]:
    admin = store.held("user", ADMIN)
    changed = record["changed"]
    shown = {
        "creator": render(store, admin, REF),
        "dateCreated": rest_moment(record["created"]),
        "changedBy": render(store, admin, REF) if changed else None,
        "dateChanged": rest_moment(changed) if changed else None,
    }
    if not record.ended:
        return shown
    verb = record.type.ending
    return shown | {
        f"{verb}By": render(store, admin, REF),
        f"date{verb.capitalize()}": rest_moment(record["ended_at"]),
        f"{verb.removesuffix('ed')}{'Reason' if verb == 'voided' else 'eReason'}": record[
            "end_reason"
        ],
    }


def _reference_range(store: Store, obs: Record) -> dict[str, Any] | None:
    if not obs["limits"]:
        return None
    limits = json.loads(obs["limits"])
    uri = f"{address(store, obs)}/referencerange/{limits['uuid']}"
    return {
        "display": "",
        "uuid": limits["uuid"],
        **{name: limits[name] for name in LIMITS},
        "links": [
            {"rel": "self", "uri": uri, "resourceAlias": "referencerange"},
            {"rel": "full", "uri": f"{uri}?v=full", "resourceAlias": "referencerange"},
        ],
        "resourceVersion": "2.7",
    }


def _links_both(store: Store, record: Record) -> list[dict[str, Any]]:
    uri = address(store, record)
    default = {
        "rel": "default",
        "uri": f"{uri}?v=default",
        "resourceAlias": record.type.segment,
    }
    return [*links(store, record), default]


SPECIAL: Mapping[str, Getter] = {
    "voided": lambda store, record: record.ended,
    "retired": lambda store, record: record.ended,
    "auditInfo": _audit,
    "links": _links_both,
    "referenceRange": _reference_range,
    "resourceVersion": lambda store, record: record.type.version,
}
