"""The server's own things that a run's patients hang on: found once, saved with the run."""

from dataclasses import dataclass, field
from datetime import date

from bridge.age_limits import Span
from bridge.codes import ciel_uuid

ALLERGY_CONCEPTS = {
    "other": ciel_uuid("5622"),
    "mild": ciel_uuid("1498"),
    "moderate": ciel_uuid("1499"),
    "severe": ciel_uuid("1500"),
}
"""CIEL's concepts, which OpenMRS's settings name from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierSlot:
    """One identifier that every patient of a load gets, and who makes it."""

    type: str
    location: str | None
    """None: the type wants no location."""
    source: str | None
    """What on the server issues them; None: bridge makes them."""
    validator: str | None
    """The server's class that checks them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The uuids of the server's own things that a run's patients and visits hang on."""

    encounter_type: str
    visit_type: str
    location: str
    encounter_role: str
    provider: str
    identifiers: tuple[IdentifierSlot, ...]
    demo_tag: str
    run_tag: str
    encounter_types: dict[str, str] = field(default_factory=dict)
    """By what the encounter is (EncounterKind), where that is not `encounter_type`."""
    visit_types: dict[str, str] = field(default_factory=dict)
    """By VisitKind, where that is not `visit_type`."""
    locations: dict[str, str] = field(default_factory=dict)
    """By the name that files use, where that is not `location`."""
    identifier_types: dict[str, str] = field(default_factory=dict)
    """By name, for the identifiers that patients bring along."""
    providers: tuple[str, ...] = ()
    """Those that take encounters in turn; empty: `provider` takes all."""
    locations_in_turn: tuple[str, ...] = ()
    """Where visits are in turn; empty: all at `location`."""
    phone: str | None = None
    """The person attribute type of a telephone number."""
    required_quantity_unit: str | None = None
    """The unit of a quantity of 1, where the server wants a quantity with every prescription."""
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)
    """The values that the server takes of bridge's own measurements, of files' patients."""
    ages: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    """What the server takes of bridge's own measurements, where that depends on age and sex."""
    unlabelled: tuple[str, ...] = ()
    """Measurements whose concept names no unit on the server: reading back shows none."""
    judged: date | None = None
    """The day that a load was begun on: the server judges by the age that a patient has then."""
    administering_role: str | None = None
    """The encounter role of who gives a vaccine: fhir2 shows none whose encounter lacks it."""
    other_drug: str | None = None
    """The concept of drugs that are named in words only."""
    takes_notes: bool = True
    """Whether the server has the concept of a visit note."""
    allergy_concepts: dict[str, str] = field(default_factory=lambda: dict(ALLERGY_CONCEPTS))
    """How severe an allergy is, and `other`, by which OpenMRS tells an allergen or a reaction in
    words: those that the server has. Runs that were begun before it was asked have CIEL's."""
