"""The results of a patient as a tree of tests, as O3's results viewer asks for them."""

from typing import Any

from bridge.sandbox.catalogue.care import obs_text
from bridge.sandbox.catalogue.concepts import LIMITS
from bridge.sandbox.conversion import unique
from bridge.sandbox.dates import rest_moment
from bridge.sandbox.refusals import NotFound, NotSignedIn
from bridge.sandbox.rendering import is_numeric
from bridge.sandbox.rest import Reply, Request
from bridge.sandbox.store import Record, Store

DEEPEST = 10


def answer(store: Store, request: Request) -> Reply | None:
    """Answer `obstree`, or return None."""
    if request.path != "obstree" or request.method != "GET":
        return None
    if not request.signed_in:
        raise NotSignedIn("Get Observations")
    given = request.given
    patient = store.find("patient", given.get("patient", ""))
    concept = unique(store, store.resource_types["concept"], given.get("concept", ""))
    if patient is None or concept is None:
        raise NotFound
    return Reply(200, _tree(store, patient, concept))


def _tree(store: Store, patient: Record, concept: Record) -> dict[str, Any]:
    parts = [_branch(store, patient, one, DEEPEST) for one in store.refs(concept, "setMembers")]
    if not concept["set"]:
        parts = [_leaf(store, patient, concept)]
    return {"display": store.display(concept), "subSets": parts}


def _branch(store: Store, patient: Record, concept: Record, depth: int) -> dict[str, Any]:
    if not concept["set"] or depth == 0:
        return _leaf(store, patient, concept)
    parts = store.refs(concept, "setMembers")
    return {
        "display": store.display(concept),
        "subSets": [_branch(store, patient, one, depth - 1) for one in parts],
    }


def _leaf(store: Store, patient: Record, concept: Record) -> dict[str, Any]:
    """Show one test with all its results, the newest first, and the limits beside them."""
    where = "person = ? AND concept = ? AND ended = 0"
    found = store.many("obs", where, (patient.id, concept.id))
    datatype = store.ref(concept, "datatype")
    limits = {name: concept[name] for name in LIMITS if concept[name] is not None}
    limits = limits if is_numeric(store, concept) else {}
    units = {"units": concept["units"]} if concept["units"] else {}
    return {
        "obs": [_result(store, obs) | limits for obs in found],
        "datatype": datatype["name"] if datatype else None,
        **limits,
        "display": store.display(concept),
        "conceptUuid": concept.uuid,
        **units,
    }


def _result(store: Store, obs: Record) -> dict[str, Any]:
    shown = {"obsDatetime": rest_moment(obs["obsDatetime"]), "value": obs_text(store, obs)}
    return shown | ({"interpretation": obs["interpretation"]} if obs["interpretation"] else {})
