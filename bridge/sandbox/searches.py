# ruff: noqa: S608 - statements are made of the resource types' own names; every value is bound
"""What the parameters of a list request select, kind by kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.sandbox.conversion import mapped_concepts, to_moment, unique
from bridge.sandbox.refusals import NotFound, Unsupported
from bridge.sandbox.store import Record, Store

Parameters = Mapping[str, str]
SHORTEST_QUERY = 2
NAME_COLUMNS = ("givenName", "middleName", "familyName", "familyName2")


@dataclass(frozen=True, slots=True)
class Selection:
    """A condition on a kind's table, and an order where the kind's own does not do."""

    where: str = "1"
    params: tuple[Any, ...] = ()
    order: str = ""

    def also(self, where: str, *params: Any) -> "Selection":
        """Narrow the selection."""
        return Selection(f"({self.where}) AND ({where})", (*self.params, *params), self.order)


NOTHING = Selection("0")
NARROWING = {
    "encounter": frozenset({"patient", "visit", "encounterType"}),
    "obs": frozenset({"patient", "encounter", "concept", "concepts"}),
    "order": frozenset({"patient"}),
    "patient": frozenset({"q", "identifier"}),
    "person": frozenset({"q"}),
}
"""What OpenMRS does not list as a whole, and the parameters one of which must be there."""


def select(store: Store, type_name: str, given: Parameters) -> Selection:
    """Return what a list request asks for, without what is voided unless it asks for all."""
    if type_name in NARROWING and not NARROWING[type_name] & given.keys():
        raise Unsupported
    searcher = SEARCHERS.get(type_name, _by_name)
    found = searcher(store, given)
    return found if given.get("includeAll") == "true" else found.also("ended = 0")


def _by_name(store: Store, given: Parameters) -> Selection:
    if "q" not in given:
        return Selection()
    return Selection("name LIKE ? ESCAPE '\\'", (f"%{_literal(given['q'])}%",))


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _locations(store: Store, given: Parameters) -> Selection:
    found = _by_name(store, given)
    if "tag" not in given:
        return found
    tags = store.many("locationtag", "uuid = ? OR name = ?", (given["tag"], given["tag"]))
    number = tags[0].id if tags else -1
    return found.also("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)", number)


def _providers(store: Store, given: Parameters) -> Selection:
    if "user" in given:
        user = store.find("user", given["user"])
        return Selection("person IS ?", (user["person"] if user else -1,))
    if "q" in given:
        people, params = _named(given["q"])
        return Selection(f"identifier = ? OR person IN ({people})", (given["q"], *params))
    return Selection()


def _settings(store: Store, given: Parameters) -> Selection:
    if "q" not in given:
        return Selection()
    return Selection("property LIKE ? ESCAPE '\\'", (f"{_literal(given['q'])}%",))


def _terms(store: Store, given: Parameters) -> Selection:
    found = Selection()
    if "source" in given:
        source = unique(store, store.resource_types["conceptsource"], given["source"])
        found = found.also('"conceptSource" = ?', source.id if source else -1)
    wanted = given.get("codeOrName", given.get("q"))
    return found.also("code = ? OR name = ?", wanted, wanted) if wanted else found


def _concepts(store: Store, given: Parameters) -> Selection:
    if "references" in given:
        kind = store.resource_types["concept"]
        found = (unique(store, kind, text.strip()) for text in given["references"].split(","))
        return _exactly([concept for concept in found if concept])
    if "source" in given and "code" in given:
        return _exactly(mapped_concepts(store, given["source"], given["code"]))
    wanted, pattern = given.get("q"), f"%{_literal(given.get('q', ''))}%"
    if "name" in given:
        wanted, pattern = given["name"], _literal(given["name"])
    if not wanted:
        return Selection()
    named = "SELECT concept FROM conceptname WHERE ended = 0 AND name LIKE ? ESCAPE '\\'"
    return Selection(f"id IN ({named})", (pattern,))


def _exactly(records: list[Record]) -> Selection:
    """Select just these, in their order."""
    numbers = [record.id for record in records]
    if not numbers:
        return NOTHING
    ranks = " ".join(f"WHEN {number} THEN {rank}" for rank, number in enumerate(numbers))
    listed = ", ".join(str(number) for number in numbers)
    return Selection(f"id IN ({listed})", (), f"CASE id {ranks} END")


def _people(store: Store, given: Parameters) -> Selection:
    query = given.get("q", "").strip()
    if len(query) < SHORTEST_QUERY:
        return NOTHING
    people, params = _named(query)
    return Selection(f"id IN ({people})", params)


def _patients(store: Store, given: Parameters) -> Selection:
    if "identifier" in given:
        inner = "SELECT patient FROM identifier WHERE ended = 0 AND identifier = ? COLLATE NOCASE"
        return Selection(f"id IN ({inner})", (given["identifier"],), "id")
    query = given.get("q", "").strip()
    if len(query) < SHORTEST_QUERY:
        return NOTHING
    found = found_by(query)
    if given.get("includeDead") == "true":
        return found
    return found.also("id IN (SELECT id FROM person WHERE dead IS NOT 1)")


def found_by(query: str) -> Selection:
    """Select the patients that a person means: by name, identifier or a searchable attribute."""
    people, params = _named(query)
    return Selection(
        f"id IN ({people}"
        " UNION SELECT patient FROM identifier"
        " WHERE ended = 0 AND identifier LIKE ? ESCAPE '\\'"
        " UNION SELECT a.person FROM personattribute a"
        ' JOIN personattributetype t ON t.id = a."attributeType"'
        " WHERE a.ended = 0 AND t.searchable AND a.value = ? COLLATE NOCASE)",
        (*params, f"{_literal(query)}%", query),
        "id",
    )


def _named(query: str) -> tuple[str, tuple[Any, ...]]:
    """Write a query for the persons whose names begin with each of the words."""
    words = query.split()
    starts = " OR ".join(f"\"{column}\" LIKE ? ESCAPE '\\'" for column in NAME_COLUMNS)
    one = f"SELECT person FROM personname WHERE ended = 0 AND ({starts})"
    params = tuple(f"{_literal(word)}%" for word in words for _ in NAME_COLUMNS)
    return " INTERSECT ".join([one] * len(words)), params


def _visits(store: Store, given: Parameters) -> Selection:
    found = Selection()
    for name, kind in (
        ("patient", "patient"),
        ("location", "location"),
        ("visitType", "visittype"),
    ):
        if name in given:
            record = unique(store, store.resource_types[kind], given[name])
            if record is None:
                raise NotFound
            found = found.also(f'"{name}" = ?', record.id)
    if given.get("includeInactive") == "false":
        found = found.also('"stopDatetime" IS NULL OR "stopDatetime" > ?', store.now)
    return _between(found, given, "startDatetime", "fromStartDate", "toStartDate")


def _encounters(store: Store, given: Parameters) -> Selection:
    found = Selection()
    for name, kind in (
        ("patient", "patient"),
        ("encounterType", "encountertype"),
        ("visit", "visit"),
        ("location", "location"),
    ):
        if name in given:
            record = unique(store, store.resource_types[kind], given[name])
            found = found.also(f'"{name}" = ?', record.id if record else -1)
    return _between(found, given, "encounterDatetime", "fromdate", "todate")


def _between(found: Selection, given: Parameters, column: str, first: str, last: str) -> Selection:
    if first in given:
        found = found.also(f'"{column}" >= ?', to_moment(given[first]))
    if last in given:
        found = found.also(f'"{column}" <= ?', to_moment(given[last]))
    return found


def _observations(store: Store, given: Parameters) -> Selection:
    found = Selection()
    for name, column in (("patient", "person"), ("encounter", "encounter")):
        if name in given:
            record = store.find(name, given[name])
            found = found.also(f"{column} = ?", record.id if record else -1)
    wanted = given.get("concepts", given.get("concept"))
    if wanted:
        kind = store.resource_types["concept"]
        concepts = (unique(store, kind, text.strip()) for text in wanted.split(","))
        listed = ", ".join(str(concept.id) for concept in concepts if concept)
        found = found.also(f"concept IN ({listed})")
    return found


def _sources(store: Store, given: Parameters) -> Selection:
    if "identifierType" not in given:
        return Selection()
    found = unique(store, store.resource_types["patientidentifiertype"], given["identifierType"])
    return Selection('"identifierType" = ?', (found.id if found else -1,))


def _conditions(store: Store, given: Parameters) -> Selection:
    """Select a patient's conditions, the active ones unless asked for all."""
    found = _of_patient(store, given.get("patientUuid", ""))
    if given.get("includeInactive", "").lower() == "true":
        return found
    return found.also("\"clinicalStatus\" <> 'INACTIVE'")


def _of_patient(store: Store, uuid: str) -> Selection:
    patient = store.find("patient", uuid)
    return Selection("patient = ?", (patient.id,)) if patient else NOTHING


def _diagnoses(store: Store, given: Parameters) -> Selection:
    """Select a patient's diagnoses from a date on; without both OpenMRS lists none."""
    if not given.get("patientUuid") or not given.get("fromDate"):
        return NOTHING
    found = _of_patient(store, given["patientUuid"])
    since = to_moment(given["fromDate"])
    return found.also(
        'encounter IN (SELECT id FROM encounter WHERE "encounterDatetime" >= ?)', since
    )


def _orders(store: Store, given: Parameters) -> Selection:
    """Select a patient's orders, the active ones unless asked for any."""
    found = _among(store, Selection("action <> 'DISCONTINUE'"), given, ORDER_PARAMETERS)
    if given.get("t") in ("drugorder", "testorder"):
        found = found.also("type = ?", given["t"])
    status = given.get("status", "active").lower()
    if status == "active":
        found = found.also(
            'coalesce("dateStopped", ?) >= ? AND coalesce("autoExpireDate", ?) >= ?',
            *(store.now, store.now, store.now, store.now),
        )
    elif status == "inactive":
        found = found.also('"dateStopped" < ? OR "autoExpireDate" < ?', store.now, store.now)
    return found


ORDER_PARAMETERS = (
    ("patient", "patient"),
    ("careSetting", "caresetting"),
    ("orderType", "ordertype"),
)


def _among(
    store: Store, found: Selection, given: Parameters, parameters: tuple[tuple[str, str], ...]
) -> Selection:
    """Narrow by references; an unknown uuid is refused."""
    for name, type_name in parameters:
        if name in given:
            record = unique(store, store.resource_types[type_name], given[name])
            if record is None:
                raise NotFound
            found = found.also(f'"{name}" = ?', record.id)
    return found


def _enrollments(store: Store, given: Parameters) -> Selection:
    return _among(store, Selection(), given, (("patient", "patient"), ("program", "program")))


def _relationships(store: Store, given: Parameters) -> Selection:
    found = Selection()
    for name, columns in (
        ("person", '"personA" = ? OR "personB" = ?'),
        ("personA", '"personA" = ?'),
        ("personB", '"personB" = ?'),
    ):
        if name in given:
            person = store.find("person", given[name])
            found = found.also(columns, *(person.id if person else -1,) * columns.count("?"))
    return found


def _relationship_types(store: Store, given: Parameters) -> Selection:
    wanted = f"%{_literal(given.get('q', ''))}%"
    likes = " OR ".join(f"\"{name}\" LIKE ? ESCAPE '\\'" for name in ("aIsToB", "bIsToA"))
    return Selection(likes, (wanted, wanted))


def _frequencies(store: Store, given: Parameters) -> Selection:
    if "q" not in given:
        return Selection()
    inner = "SELECT concept FROM conceptname WHERE ended = 0 AND name LIKE ? ESCAPE '\\'"
    return Selection(f"concept IN ({inner})", (f"%{_literal(given['q'])}%",))


SEARCHERS: Mapping[str, Callable[[Store, Parameters], Selection]] = {
    "autogenerationoption": lambda store, given: Selection(),
    "allergy": lambda store, given: Selection(),
    "concept": _concepts,
    "conceptreferenceterm": _terms,
    "condition": _conditions,
    "diagnosis": _diagnoses,
    "encounter": _encounters,
    "identifiersource": _sources,
    "location": _locations,
    "obs": _observations,
    "order": _orders,
    "orderfrequency": _frequencies,
    "patient": _patients,
    "patientstate": lambda store, given: Selection(),
    "person": _people,
    "programenrollment": _enrollments,
    "programworkflow": lambda store, given: Selection(),
    "programworkflowstate": lambda store, given: Selection(),
    "provider": _providers,
    "relationship": _relationships,
    "relationshiptype": _relationship_types,
    "systemsetting": _settings,
    "user": lambda store, given: Selection(),
    "visit": _visits,
}
