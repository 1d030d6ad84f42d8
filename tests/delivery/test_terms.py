"""A server is asked what it has for codes: in the right order, in few requests, and never wrong."""

from collections import Counter
from typing import Any

from bridge.chart import FREQUENCY_SYSTEM, Code, CodeableConcept
from bridge.codes import (
    CIEL_SYSTEM,
    CVX_SYSTEM,
    ICD10_SYSTEM,
    LOINC_SYSTEM,
    RXNORM_SYSTEM,
    SNOMED_SYSTEM,
    ciel_uuid,
)
from bridge.delivery.terms import VACCINES, read_terms
from bridge.mapping.code_table import CodeTable, parse_code_table
from bridge.mapping.coverage import coverage
from bridge.mapping.loading import load_mapping
from bridge.mapping.terms import Role, ServerDrug, Terms
from bridge.mapping.vocabulary import Vocabulary
from bridge.openmrs.client import Client
from bridge.openmrs.transport import Server, Transport
from tests.lib.dictionary_server import Dictionary, concept, dictionary_server
from tests.lib.scripted_server import ScriptedServer

EMPTY = CodeTable({})
HEADER = "system,code,display,target,equivalence,note\n"

ASTHMA = concept("121375", "Asthma", terms=("CIEL:121375", "SNOMED CT:195967001"))
HAEMOGLOBIN = concept(
    "21",
    "Haemoglobin",
    datatype="Numeric",
    kind="Test",
    terms=("CIEL:21", "BROADER-THAN LOINC:718-7"),
    units="g/dL",
    allowDecimal=True,
    lowAbsolute=0.0,
    hiAbsolute=30.0,
)


def said(system: str, code: str, display: str = "") -> CodeableConcept:
    """Return a meaning of one code."""
    return CodeableConcept((Code(system, code, display),))


def vocabulary(**uses: list[CodeableConcept]) -> Vocabulary:
    """Return a vocabulary that uses each of these once."""
    made = Vocabulary()
    for role, meanings in uses.items():
        made.counts[role] = Counter(meanings)
    return made


def read(server: ScriptedServer, words: Vocabulary, table: CodeTable = EMPTY) -> Terms:
    """Ask the server."""
    client = Client(Transport(Server(url=server.url, user="admin", password="secret")))
    try:
        return read_terms(client, words, load_mapping(None), table)
    finally:
        client.close()


def found(terms: Terms, what: CodeableConcept, role: Role) -> str | None:
    """Return the name of the concept that something is."""
    concept = terms.concept(what, role)
    return concept.display if concept else None


def ask(held: Dictionary, words: Vocabulary, table: CodeTable = EMPTY) -> Terms:
    """Ask a server that holds `held`."""
    with dictionary_server(held) as server:
        return read(server, words, table)


def test_the_servers_own_reference_terms_are_found() -> None:
    """With units, decimals and the limits in force: a reference range goes before the concept's."""
    hb, asthma = said(LOINC_SYSTEM, "718-7"), said(SNOMED_SYSTEM, "195967001")
    held = Dictionary(concepts=[ASTHMA, HAEMOGLOBIN], ranges={ciel_uuid("21"): (1.0, 25.0)})
    terms = ask(held, vocabulary(result=[hb], condition=[asthma]))
    assert found(terms, asthma, "condition") == "Asthma"
    got = terms.concept(hb, "result")
    assert got and (got.units, got.allow_decimal, got.low, got.high) == ("g/dL", True, 1.0, 25.0)
    meaning = terms.meaning(hb, "result")
    assert meaning and meaning.equivalence == "wider"


def test_the_table_goes_before_the_servers_terms() -> None:
    """Its rows in their order; a target that the server has not got is passed over."""
    cough = concept("143264", "Cough")
    table = parse_code_table(
        f"{HEADER}SNOMED CT,195967001,,CIEL:999,equivalent,\n"
        "SNOMED CT,195967001,,CIEL:143264,inexact,for the test\n"
    )
    asthma = said(SNOMED_SYSTEM, "195967001")
    terms = ask(Dictionary(concepts=[ASTHMA, cough]), vocabulary(condition=[asthma]), table)
    meaning = terms.meaning(asthma, "condition")
    assert meaning and (meaning.concept, meaning.equivalence) == (ciel_uuid("143264"), "inexact")


def test_a_ciel_concept_is_found_where_the_server_has_it_by_another_uuid() -> None:
    """The number in CIEL is what makes it one."""
    other = concept("c" * 36, "Asthma", terms=("CIEL:121375",))
    by_number, by_uuid = said(CIEL_SYSTEM, "121375"), said(SNOMED_SYSTEM, ciel_uuid("121375"))
    terms = ask(Dictionary(concepts=[other]), vocabulary(condition=[by_number, by_uuid]))
    assert found(terms, by_number, "condition") == found(terms, by_uuid, "condition") == "Asthma"


def test_what_the_users_table_says_is_unmatched_is_not_looked_for() -> None:
    """Also where the server would have it."""
    table = parse_code_table(f"{HEADER}SNOMED CT,195967001,,,unmatched,ours is another\n")
    asthma = said(SNOMED_SYSTEM, "195967001")
    terms = ask(Dictionary(concepts=[ASTHMA]), vocabulary(condition=[asthma]), table)
    assert terms.concept(asthma, "condition") is None


def test_a_term_of_several_concepts_costs_no_other_term_its_home() -> None:
    """OpenMRS refuses the whole batch for it; the class decides which of them it is."""
    both = [
        concept("10", "Malaria test", kind="Test", datatype="Coded", terms=("ICD-10-WHO:B54",)),
        concept("11", "Malaria", terms=("ICD-10-WHO:B54",)),
    ]
    codes = [f"Z{number:02d}" for number in range(20)]
    others = [concept(f"9{code[1:]}", code, terms=(f"ICD-10-WHO:{code}",)) for code in codes]
    meanings = [said(ICD10_SYSTEM, code) for code in ("B54", *codes)]
    terms = ask(Dictionary(concepts=both + others), vocabulary(diagnosis=meanings))
    assert [found(terms, what, "diagnosis") for what in meanings] == ["Malaria", *codes]


def test_a_concept_that_would_say_more_than_the_code_is_not_taken() -> None:
    """Nor one of a class that the role cannot be, nor a retired one."""
    held = Dictionary(
        concepts=[
            concept("12", "Severe anaemia", terms=("NARROWER-THAN SNOMED CT:1",)),
            concept("13", "Appendectomy", kind="Procedure", terms=("SNOMED CT:2",)),
            concept("14", "Old name", terms=("SNOMED CT:3",)) | {"retired": True},
        ]
    )
    meanings = [said(SNOMED_SYSTEM, code) for code in ("1", "2", "3")]
    meanings.append(said("", ciel_uuid("14")))
    terms = ask(held, vocabulary(condition=meanings, answer=meanings[1:2]))
    assert [found(terms, what, "condition") for what in meanings] == [None] * 4
    assert found(terms, meanings[1], "answer") == "Appendectomy"


def test_only_vaccines_of_the_servers_list_are_vaccines() -> None:
    """It would refuse any other."""
    bcg, hpv = concept("886", "BCG", kind="Procedure"), concept("168017", "HPV", kind="Procedure")
    vaccines = concept("984", "Immunizations", kind="ConvSet", answers=[bcg])
    table = parse_code_table(
        f"{HEADER}CVX,19,,CIEL:886,equivalent,\nCVX,62,,CIEL:168017,equivalent,\n"
    )
    given = [said(CVX_SYSTEM, "19"), said(CVX_SYSTEM, "62"), CodeableConcept(text="bcg")]
    held = Dictionary(concepts=[bcg, hpv, vaccines])
    terms = ask(held, vocabulary(vaccine=given), table)
    assert [found(terms, what, "vaccine") for what in given] == ["BCG", None, "BCG"]
    assert ciel_uuid("984") == VACCINES


def drug(uuid: str, name: str, strength: str, form: str, of: dict[str, Any]) -> dict[str, Any]:
    """Return a drug of the formulary."""
    return {
        "uuid": uuid,
        "display": name,
        "strength": strength,
        "retired": False,
        "dosageForm": {"display": form} if form else None,
        "concept": {"uuid": of["uuid"], "display": of["display"]},
    }


def test_a_drug_is_found_by_ingredient_strength_and_form() -> None:
    """By the table's ingredient or by its name; else the ingredient's concept is left."""
    lisinopril = concept("78945", "Lisinopril", kind="Drug", terms=("RxNORM:29046",))
    losartan = concept("l" * 36, "Losartan", kind="Drug")
    held = Dictionary(
        concepts=[lisinopril, losartan],
        drugs=[
            drug("d1", "Zestril 10mg", "10mg", "Tablet", lisinopril),
            drug("d2", "Lisinopril 20 mg", "20mg", "Tablet", lisinopril),
            drug("d3", "Losartan Co 50mg", "50mg", "Tablet", losartan),
        ],
    )
    table = parse_code_table(f"{HEADER}RxNorm,314076,,CIEL:78945,wider,ingredient\n")
    ten = said(RXNORM_SYSTEM, "314076", "lisinopril 10 MG Oral Tablet")
    potassium = said(RXNORM_SYSTEM, "979492", "losartan potassium 50 MG Oral Tablet")
    ingredient = said(RXNORM_SYSTEM, "29046", "Lisinopril")
    words = CodeableConcept(text="lisinopril  20 MG")
    terms = ask(held, vocabulary(drug=[ten, potassium, ingredient, words]), table)
    assert terms.drug(ten) == ServerDrug("d1", "Zestril 10mg", lisinopril["uuid"])
    assert [one and one.uuid for one in map(terms.drug, (potassium, ingredient, words))] == [
        "d3",
        None,
        "d2",
    ]
    assert found(terms, ingredient, "drug") == found(terms, ten, "drug") == "Lisinopril"


def test_orders_programs_and_services_are_read_where_the_server_has_them() -> None:
    """By their own words; a frequency also by times a day."""
    held = Dictionary(
        orders={
            "drugDosingUnits": [{"uuid": "u-mg", "display": "Milligram"}],
            "durationUnits": [{"uuid": "u-d", "display": "Days"}],
            "drugRoutes": [{"uuid": "u-po", "display": "Oral"}],
        },
        frequencies=[
            {"uuid": "f-12", "display": "Every twelve hours", "frequencyPerDay": 2.0},
            {"uuid": "f-meals", "display": "Twice daily, with meals", "frequencyPerDay": 2.0},
            {"uuid": "f-bid", "display": "Twice daily", "frequencyPerDay": 2.0},
        ],
        programs=[
            {
                "uuid": "p-hiv",
                "display": "HIV care",
                "concept": {"uuid": ciel_uuid("138405")},
                "allWorkflows": [
                    {
                        "uuid": "w",
                        "states": [
                            {"uuid": "s", "concept": {"uuid": "c-art", "display": "On ART"}}
                        ],
                    }
                ],
            }
        ],
        services=[{"uuid": "a-opd", "name": "Outpatient"}],
    )
    words = vocabulary(
        program=[said(CIEL_SYSTEM, "138405"), CodeableConcept(text="HIV Care")],
        service=[CodeableConcept(text="outpatient")],
    )
    terms = ask(held, words)
    assert (terms.dose_unit("mg"), terms.duration_unit("d")) == ("u-mg", "u-d")
    assert terms.route(said(SNOMED_SYSTEM, "26643006")) == "u-po"
    assert terms.frequency(said(FREQUENCY_SYSTEM, "2")) == "f-bid"
    program = terms.program(CodeableConcept(text="HIV Care"))
    assert program and program.state(CodeableConcept(text="on art")) == "s"
    assert terms.program(said(CIEL_SYSTEM, "138405")) == program
    assert terms.service(CodeableConcept(text="Outpatient")) == "a-opd"


def test_a_bare_server_has_nothing_and_says_so() -> None:
    """No orders, programs, appointments or concepts: coverage counts what goes as free text."""
    words = vocabulary(
        condition=[said(SNOMED_SYSTEM, "195967001", "Asthma")],
        result=[said(LOINC_SYSTEM, "718-7")],
        program=[CodeableConcept(text="HIV")],
        service=[CodeableConcept(text="Clinic")],
    )
    terms = ask(Dictionary(), words)
    assert terms == Terms()
    kinds = {kind.role: (kind.mapped, kind.free_text, kind.left_out) for kind in
             coverage(words, terms).kinds}  # fmt: skip
    assert kinds["condition"] == (0, 1, 0)
    assert kinds["result"] == kinds["program"] == kinds["service"] == (0, 0, 1)


def test_a_thousand_codes_cost_a_few_requests() -> None:
    """And no line of a request is longer than a server takes."""
    meanings = [said(SNOMED_SYSTEM, f"36858100011{number:04d}") for number in range(1000)]
    with dictionary_server(Dictionary()) as server:
        read(server, vocabulary(condition=meanings))
        assert len(server.paths()) < 30
        assert max(map(len, server.paths())) < 8000
