"""Rules of the dictionary and the other metadata: mostly that names are not used twice."""

from bridge.sandbox.refusals import Broken, Findings
from bridge.sandbox.store import Record, Store


def check_location(store: Store, location: Record, findings: Findings) -> None:
    """Refuse a name that another location has."""
    twins = store.many("location", "name = ? AND ended = 0", (location["name"],))
    if any(twin.id != location.id for twin in twins):
        findings.add("name", "location.duplicate.name")


def check_frequency(store: Store, frequency: Record, findings: Findings) -> None:
    """Refuse a frequency whose concept is of another class."""
    concept = store.ref(frequency, "concept")
    kind = store.ref(concept, "conceptClass") if concept else None
    if kind is None or kind["name"] != "Frequency":
        findings.add("concept", "OrderFrequency.concept.shouldBeClassFrequency")


def check_term(store: Store, term: Record, findings: Findings) -> None:
    """Refuse a code that its source has already."""
    source = store.ref(term, "conceptSource")
    where = 'code = ? AND "conceptSource" = ? AND ended = 0'
    twins = store.many("conceptreferenceterm", where, (term["code"], source and source.id))
    if any(twin.id != term.id for twin in twins):
        findings.add("code", "ConceptReferenceTerm.duplicate.code")


def check_concept(store: Store, concept: Record, findings: Findings) -> None:
    """Refuse a name that another concept goes by in the same locale, with a 500 as OpenMRS does."""
    for name in concept.children.get("names", []):
        if name["conceptNameType"] == "SHORT":
            continue
        where = "name = ? COLLATE NOCASE AND locale = ? AND concept IS NOT ? AND ended = 0"
        where += ' AND ("conceptNameType" = \'FULLY_SPECIFIED\' OR "localePreferred")'
        if store.count("conceptname", where, (name["name"], name["locale"], concept.id)):
            raise Broken(
                f"'{name['name']}' is a duplicate name in locale '{name['locale']}'",
                java="org.openmrs.api.DuplicateConceptNameException",
                code="org.openmrs.validator.ConceptValidator:183",
            )
