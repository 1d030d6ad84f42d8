"""What the server says of itself: session, modules, system information, limits of concepts."""

import uuid
from collections.abc import Mapping
from typing import Any

from bridge.sandbox.catalogue.concepts import LIMITS
from bridge.sandbox.conversion import unique
from bridge.sandbox.dates import rest_moment
from bridge.sandbox.refusals import NotFound, NotSignedIn
from bridge.sandbox.rendering import is_numeric, links, render
from bridge.sandbox.representation import DEFAULT, REF, Representation
from bridge.sandbox.rest import Reply, Request, representation
from bridge.sandbox.rules.orders import allowed_concepts
from bridge.sandbox.sessions import Session
from bridge.sandbox.store import Record, Store

CORE = "2.8.7"
MODULES = {
    "fhir2": ("FHIR2", "4.2.0"),
    "webservices.rest": ("Rest Web Services OMOD", "3.5.0-SNAPSHOT.78b012"),
    "idgen": ("ID Generation", "5.0.4"),
    "appointments": ("Appointments", "2.1.0"),
    "attachments": ("Attachments", "4.0.0"),
}
LOCALES = ["en", "en-GB", "es", "fr", "it", "pt"]
ROLES = {
    "8d94f852-c2cc-11de-8d13-0010c6dffd0f": "System Developer",
    "8d94f280-c2cc-11de-8d13-0010c6dffd0f": "Provider",
}
RANGES = uuid.UUID("3a1c1a64-2a37-5a35-9a6e-2d1f0e3b7c10")


def session_body(store: Store, session: Session) -> dict[str, Any]:
    """Show a session: nobody's, or the admin's."""
    body: dict[str, Any] = {
        "authenticated": session.signed_in,
        "locale": "en",
        "allowedLocales": LOCALES,
    }
    if not session.signed_in:
        return body
    user = store.many("user", "1")[0]
    place = store.find("location", session.location) if session.location else None
    providers = store.many("provider", "person = ? AND ended = 0", (user["person"],))
    return body | {
        "user": _user(store, user),
        "sessionLocation": render(store, place, REF) if place else None,
        "currentProvider": render(store, providers[0], REF) if len(providers) == 1 else None,
    }


def _user(store: Store, user: Record) -> dict[str, Any]:
    person = store.held("person", user["person"])
    self_link, *_ = links(store, user)
    return {
        "uuid": user.uuid,
        "display": user["systemId"],
        "username": user["username"],
        "systemId": user["systemId"],
        "userProperties": {
            "defaultLocale": "en",
            "lastLoginTimestamp": str(store.now * 1000),
            "loginAttempts": "0",
        },
        "person": {
            "uuid": person.uuid,
            "display": store.display(person),
            "resourceVersion": person.type.version,
        },
        "privileges": [],
        "roles": [
            {"uuid": role, "display": name, "name": name, "resourceVersion": "1.8"}
            for role, name in ROLES.items()
        ],
        "links": [
            self_link,
            {**self_link, "rel": "default", "uri": f"{self_link['uri']}?v=default"},
        ],
        "resourceVersion": user.type.version,
    }


def answer(store: Store, request: Request) -> Reply | None:
    """Answer what is no stored record, or return None."""
    root, _, rest = request.path.partition("/")
    known = ("module", "systeminformation", CONCEPT_RANGES, "orderentryconfig")
    if request.method != "GET" or root not in known:
        return None
    if not request.signed_in:
        raise NotSignedIn("Get Modules" if root == "module" else "View Administration Functions")
    if root == "module":
        return _modules(store, request, rest)
    if root == "systeminformation":
        return Reply(200, _system(store))
    if root == "orderentryconfig":
        return Reply(200, _order_entry(store))
    return Reply(200, {"results": _ranges(store, request.given)})


ORDER_SETS = {
    "drugRoutes": "order.drugRoutesConceptUuid",
    "drugDosingUnits": "order.drugDosingUnitsConceptUuid",
    "drugDispensingUnits": "order.drugDispensingUnitsConceptUuid",
    "durationUnits": "order.durationUnitsConceptUuid",
    "testSpecimenSources": "order.testSpecimenSourcesConceptUuid",
}
"""What may be chosen in an order, by the setting that names the set of concepts."""


def _order_entry(store: Store) -> dict[str, Any]:
    shown = {
        name: [render(store, one, REF) for one in allowed_concepts(store, setting)]
        for name, setting in ORDER_SETS.items()
    }
    frequencies = store.many("orderfrequency", "ended = 0")
    return shown | {"orderFrequencies": [render(store, one, REF) for one in frequencies]}


CONCEPT_RANGES = "conceptreferencerange"


def _modules(store: Store, request: Request, name: str) -> Reply:
    if name and name not in MODULES:
        raise NotFound
    rep = representation(request, DEFAULT if name else REF)
    found = [_module(store, module, rep) for module in MODULES if name in ("", module)]
    return Reply(200, found[0] if name else {"results": found})


def _module(store: Store, module: str, rep: Representation) -> dict[str, Any]:
    title, version = MODULES[module]
    uri = f"{store.base}/ws/rest/v1/module/{module}"
    link = [{"rel": "self", "uri": uri, "resourceAlias": "module"}]
    if rep is REF:
        return {"uuid": module, "display": title, "links": link}
    facts = {
        "uuid": module,
        "display": title,
        "name": title,
        "description": None,
        "version": version,
        "started": True,
        "startupErrorMessage": None,
        "links": link,
    }
    names = [name for name, _ in rep.properties] or list(facts)
    return {name: facts.get(name) for name in names} | {"resourceVersion": "1.8"}


def _system(store: Store) -> dict[str, Any]:
    now = rest_moment(store.now)
    facts = {
        "SystemInfo.OpenMRSInstallation.systemDate": now[:10],
        "SystemInfo.OpenMRSInstallation.systemTime": now[11:19],
        "SystemInfo.OpenMRSInstallation.openmrsVersion": f"{CORE}  Build bridge sandbox",
        "SystemInfo.hostname": "localhost",
    }
    return {"systemInfo": {"SystemInfo.title.openmrsInformation": facts}}


def _ranges(store: Store, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give the limits that apply to a patient: those of the concepts themselves."""
    uuid = given.get("patient", "")
    if store.find("patient", uuid) is None:
        raise NotFound(76, what=f"No patient with uuid: {uuid}")
    kind = store.resource_types["concept"]
    wanted = (unique(store, kind, text) for text in given.get("concept", "").split(","))
    return [
        _range(store, one)
        for one in wanted
        if one and is_numeric(store, one) and any(one[name] is not None for name in LIMITS)
    ]


def _range(store: Store, concept: Record) -> dict[str, Any]:
    name = str(uuid.uuid5(RANGES, concept.uuid))
    uri = f"{store.base}/ws/rest/v1/{CONCEPT_RANGES}/{name}"
    return {
        "uuid": name,
        "display": store.display(concept),
        "concept": concept.uuid,
        **{limit: concept[limit] for limit in LIMITS},
        "units": concept["units"],
        "allowDecimal": bool(concept["allowDecimal"]),
        "links": [{"rel": "self", "uri": uri, "resourceAlias": CONCEPT_RANGES}],
        "resourceVersion": "2.8",
    }
