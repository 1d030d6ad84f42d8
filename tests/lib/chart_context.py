"""What whole charts are rendered by, without a server: a small formulary and dictionary."""

from dataclasses import replace

from bridge.chart import CodeableConcept
from bridge.codes import ciel_uuid
from bridge.delivery.kinds.immunizations import VACCINATION
from bridge.delivery.requests import Context
from bridge.delivery.target import IdentifierSlot, Target
from bridge.mapping.loading import load_mapping
from bridge.mapping.terms import (
    Meaning,
    Role,
    ServerConcept,
    ServerDrug,
    ServerProgram,
    Terms,
    key_of,
    keys_of,
)
from bridge.openmrs.capabilities import Capabilities
from tests.lib.whole_charts import (
    AMLODIPINE,
    BCG,
    HAEMOGLOBIN,
    HIV_CARE,
    HYPERTENSION,
    MALARIA,
    ON_TREATMENT,
    PENICILLINS,
    POSITIVE,
    RASH,
    SERVICE,
    SMEAR,
    ciel,
)

TARGET = Target(
    encounter_type="vitals",
    visit_type="facility visit",
    location="clinic",
    encounter_role="clinician",
    provider="nurse",
    identifiers=(IdentifierSlot(type="OpenMRS ID", location=None, source="7", validator=None),),
    demo_tag="demo",
    run_tag="run",
    encounter_types={"note": "visit note", "laboratory": "lab results", "order": "order form"},
    phone="phone",
    administering_role="vaccinator",
    other_drug="other drug",
)

KNOWN: tuple[tuple[Role, CodeableConcept, str, str | None], ...] = (
    ("condition", HYPERTENSION, "N/A", None),
    ("reason", HYPERTENSION, "N/A", None),
    ("diagnosis", MALARIA, "N/A", None),
    ("cause", MALARIA, "N/A", None),
    ("allergen", PENICILLINS, "N/A", None),
    ("reaction", RASH, "N/A", None),
    ("vaccine", BCG, "N/A", None),
    ("result", HAEMOGLOBIN, "Numeric", "g/dL"),
    ("result", SMEAR, "Coded", None),
    ("test", SMEAR, "Coded", None),
    ("answer", POSITIVE, "N/A", None),
    ("finding", ciel(1390), "Text", None),
    ("drug", ciel(70116), "N/A", None),
)


def _uuid(what: CodeableConcept) -> str:
    return key_of(what.codes[0]).removeprefix("|")


def _concept(what: CodeableConcept, datatype: str, units: str | None) -> ServerConcept:
    return ServerConcept(_uuid(what), what.label, datatype, "Misc", units, True, None, None)


def _terms() -> Terms:
    concepts = {_uuid(what): _concept(what, kind, unit) for _, what, kind, unit in KNOWN}
    meanings: dict[str, dict[str, Meaning]] = {}
    for role, what, _, _ in KNOWN:
        meanings.setdefault(role, {})[key_of(what.codes[0])] = Meaning(_uuid(what))
    program = ServerProgram("hiv program", "HIV", {"on antiretrovirals treatment": "on treatment"})
    assert ON_TREATMENT.text
    return Terms(
        concepts=concepts,
        meanings=meanings,
        drugs={
            key_of(AMLODIPINE.codes[0]): ServerDrug("amlodipine 5", "Amlodipine 5mg", "amlodipine")
        },
        dose_units={"milligram": "mg", "tablet": "tablet", "unit": "unit"},
        quantity_units={"tablet": "tablet", "unit": "unit"},
        duration_units={"days": "days"},
        routes={"oral": "oral"},
        frequencies={"once daily": "daily"},
        times_a_day={"1": "daily"},
        vaccination={code: ciel_uuid(code) for code in VACCINATION},
        programs={keys_of(HIV_CARE)[0]: program},
        services={keys_of(SERVICE)[0]: "general medicine"},
    )


CONTEXT = Context(
    run="run-1",
    mapping=load_mapping(None),
    target=TARGET,
    terms=_terms(),
    capabilities=Capabilities(appointments=True, attachments=True),
)
"""Of a server that takes everything and knows every code of the whole chart."""


def lacking(*capabilities: str) -> Context:
    """Return the context of a server that takes all but some kinds."""
    changes = dict.fromkeys(capabilities, False)
    return replace(CONTEXT, capabilities=replace(CONTEXT.capabilities, **changes))
