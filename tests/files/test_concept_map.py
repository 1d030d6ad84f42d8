"""The table of codes as a ConceptMap."""

from fhir.resources.R4B.conceptmap import ConceptMap

from bridge.codes import CIEL_SYSTEM, RXNORM_SYSTEM, SNOMED_SYSTEM
from bridge.files.concept_map import OPENMRS_CONCEPTS, code_groups, with_codes
from bridge.files.fhir_rendering import concept_map
from bridge.mapping.code_table import load_code_table, parse_code_table
from bridge.mapping.loading import load_mapping

TABLE = """system,code,display,target,equivalence,note
SNOMED CT,195967001,Asthma,CIEL:121375,equivalent,
SNOMED CT,195967001,Asthma,CIEL:4,inexact,an attack of it
SNOMED CT,1,Rare,,unmatched,
RxNorm,2,A pill,7a72a724-8994-4d33-962e-f65d8ca4ae67,wider,an ingredient
"""


def test_a_group_holds_one_pair_of_systems() -> None:
    """A code with several targets is one element, and one without a home says so."""
    groups = code_groups(parse_code_table(TABLE))
    assert [(group["source"], group["target"]) for group in groups] == [
        (SNOMED_SYSTEM, CIEL_SYSTEM),
        (RXNORM_SYSTEM, OPENMRS_CONCEPTS),
    ]
    asthma, rare = groups[0]["element"]
    assert [target["code"] for target in asthma["target"]] == ["121375", "4"]
    assert asthma["target"][1]["comment"] == "an attack of it"
    assert rare["target"] == [{"equivalence": "unmatched"}]


def test_what_ships_is_a_concept_map_as_fhir_has_it() -> None:
    """Measurements and codes in one."""
    resource = with_codes(concept_map(load_mapping(None), date="2025-03-04"), load_code_table())
    made = ConceptMap.model_validate(resource)
    assert {group.source for group in made.group} >= {"urn:bridge:measurements", SNOMED_SYSTEM}
