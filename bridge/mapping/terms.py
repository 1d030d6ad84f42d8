"""What one server has for the codes of charts: concepts, drugs, programs. Pure, and kept as JSON.

`bridge.delivery.terms` asks the server and fills a Terms; from then on nobody asks again, so that
a run which is resumed sends what it would have sent.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, Self, get_args

from bridge.age_limits import Span
from bridge.chart import FREQUENCY_SYSTEM, Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM, as_ciel_uuid, canonical_system, ciel_uuid
from bridge.mapping.dosing import DOSE_UNITS, DURATION_UNITS, ROUTES, TIMES_A_DAY
from bridge.mapping.equivalence import Equivalence

Role = Literal[
    "finding",
    "result",
    "diagnosis",
    "condition",
    "answer",
    "drug",
    "test",
    "reason",
    "allergen",
    "reaction",
    "vaccine",
    "cause",
]
"""What a code is used as. The same code may be one concept as a test and another as an answer."""

ROLES: tuple[Role, ...] = get_args(Role)


class ServerConcept(NamedTuple):
    """A concept in use on the server; `low` and `high` are the absolute limits in force.

    Where these depend on age and sex, `ages` has them and `low` and `high` are the widest.
    """

    uuid: str
    display: str
    datatype: str
    concept_class: str
    units: str | None = None
    allow_decimal: bool = False
    low: float | None = None
    high: float | None = None
    ages: tuple[Span, ...] = ()


class ServerDrug(NamedTuple):
    """A drug of the server's formulary; `concept` is the uuid of the concept it is one of."""

    uuid: str
    display: str
    concept: str


class ServerProgram(NamedTuple):
    """A program; `states` are uuids by the state's name, concept or uuid, all in lower case."""

    uuid: str
    display: str
    states: dict[str, str]

    def state(self, what: CodeableConcept) -> str | None:
        """Return the uuid of one of the program's states, by code, uuid or words."""
        names = [key_of(code).removeprefix("|").casefold() for code in what.codes]
        names += [code.code.casefold() for code in what.codes] + in_words(what)
        return next((self.states[name] for name in names if name in self.states), None)


class Meaning(NamedTuple):
    """Which concept a code is, and how well the two meet (see Equivalence)."""

    concept: str
    equivalence: Equivalence = "equivalent"


def key_of(code: Code) -> str:
    """Return the key a code has in Terms: `system|code`.

    A concept's uuid stands without a system: OpenMRS's own FHIR writes none, and others write a
    CIEL uuid under any system. CIEL's numbers are the same concepts.
    """
    system = canonical_system(code.system)
    if uuid := as_ciel_uuid(code.code):
        return f"|{uuid}"
    if system == CIEL_SYSTEM and code.code.isdecimal():
        return f"|{ciel_uuid(code.code)}"
    return f"{system}|{code.code}"


def keys_of(what: CodeableConcept) -> list[str]:
    """Return the keys of a meaning: its codes, the best first, then its words."""
    return [key_of(code) for code in what.codes] + [f"words|{words}" for words in in_words(what)]


def in_words(what: CodeableConcept) -> list[str]:
    """Return its text, then the displays of its codes, all as `as_words` has them."""
    return [as_words(text) for text in (what.text, *(c.display for c in what.codes)) if text]


def as_words(text: str) -> str:
    """Return words in lower case with single blanks, as they are compared."""
    return " ".join(text.casefold().split())


def times_a_day(times: float) -> str:
    """Return how a frequency is written as a key: weekly is `0.143`, by whomever it is rounded."""
    return f"{times:.3g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The server's own things for the codes of one input.

    What is not in here has no home on the server: the functions answer None.
    """

    concepts: dict[str, ServerConcept] = field(default_factory=dict)
    """By uuid."""
    meanings: dict[str, dict[str, Meaning]] = field(default_factory=dict)
    """By role, then by key (see `key_of`)."""
    drugs: dict[str, ServerDrug] = field(default_factory=dict)
    """By key: a prescription's code, or its words."""
    dose_units: dict[str, str] = field(default_factory=dict)
    """Uuids by the server's words (see `as_words`); so are the next ones."""
    quantity_units: dict[str, str] = field(default_factory=dict)
    """What a drug is dispensed in: a server refuses a quantity in any other."""
    duration_units: dict[str, str] = field(default_factory=dict)
    routes: dict[str, str] = field(default_factory=dict)
    frequencies: dict[str, str] = field(default_factory=dict)
    times_a_day: dict[str, str] = field(default_factory=dict)
    """Order frequencies by how many times a day they are (see `times_a_day`)."""
    vaccination: dict[str, str] = field(default_factory=dict)
    """The concepts that a vaccination is written in, by CIEL's code."""
    programs: dict[str, ServerProgram] = field(default_factory=dict)
    """By key."""
    services: dict[str, str] = field(default_factory=dict)
    """Uuids of appointment services by key."""

    def concept(self, what: CodeableConcept, role: Role) -> ServerConcept | None:
        """Return the concept that `what` is on the server when it is used as `role`."""
        meaning = self.meaning(what, role)
        return self.concepts.get(meaning.concept) if meaning else None

    def meaning(self, what: CodeableConcept, role: Role) -> Meaning | None:
        """Return the same with how well it fits."""
        known = self.meanings.get(role, {})
        return next((known[key] for key in keys_of(what) if key in known), None)

    def drug(self, what: CodeableConcept) -> ServerDrug | None:
        """Return the drug of the formulary that has this ingredient, strength and form."""
        return next((self.drugs[key] for key in keys_of(what) if key in self.drugs), None)

    def dose_unit(self, words: str) -> str | None:
        """Return the concept of a dose's unit, by its UCUM code or its words (`mg`, `Tablet`)."""
        return _among(self.dose_units, [words, *DOSE_UNITS.get(words.strip(), ())])

    def quantity_unit(self, words: str) -> str | None:
        """Return the concept of a quantity's unit, by its UCUM code or its words."""
        return _among(self.quantity_units, [words, *DOSE_UNITS.get(words.strip(), ())])

    def duration_unit(self, ucum: str) -> str | None:
        """Return the concept of a unit of time, by its UCUM code or its words (`d`, `Days`)."""
        return _among(self.duration_units, [ucum, *DURATION_UNITS.get(ucum.strip(), ())])

    def route(self, what: CodeableConcept) -> str | None:
        """Return the concept of a route, by SNOMED CT's or CIEL's code or by its words."""
        if found := _by_uuid(what, self.routes):
            return found
        words = in_words(what)
        coded = [name for code in what.codes for name in ROUTES.get(code.code, ())]
        spoken = [name for word in words for name in ROUTES.get(word, ())]
        return _among(self.routes, [*words, *coded, *spoken])

    def frequency(self, what: CodeableConcept) -> str | None:
        """Return the uuid of an order frequency, by its words or by times a day."""
        if found := _by_uuid(what, self.frequencies) or _among(self.frequencies, in_words(what)):
            return found
        counts = [_counted(code.code) for code in what.codes if code.system == FREQUENCY_SYSTEM]
        names = [*(as_words(code.code) for code in what.codes), *in_words(what)]
        counts += [TIMES_A_DAY[name] for name in names if name in TIMES_A_DAY]
        return next((self.times_a_day[n] for n in counts if n in self.times_a_day), None)

    def program(self, what: CodeableConcept) -> ServerProgram | None:
        """Return the program, by uuid, by the code of its concept or by its name."""
        return next((self.programs[key] for key in keys_of(what) if key in self.programs), None)

    def service(self, what: CodeableConcept) -> str | None:
        """Return the uuid of an appointment service, by uuid or by name."""
        return next((self.services[key] for key in keys_of(what) if key in self.services), None)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            **asdict(self),
            "concepts": [list(concept) for concept in self.concepts.values()],
            "meanings": {
                role: {key: list(meaning) for key, meaning in known.items()}
                for role, known in self.meanings.items()
            },
            "drugs": {key: list(drug) for key, drug in self.drugs.items()},
            "programs": {key: list(program) for key, program in self.programs.items()},
        }

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """Make the Terms again that `to_json` gave; raises as dicts and tuples do."""
        concepts = [_concept_of(concept) for concept in saved["concepts"]]
        return cls(
            **{
                **saved,
                "concepts": {concept.uuid: concept for concept in concepts},
                "meanings": {
                    role: {key: Meaning(*meaning) for key, meaning in known.items()}
                    for role, known in saved["meanings"].items()
                },
                "drugs": {key: ServerDrug(*drug) for key, drug in saved["drugs"].items()},
                "programs": {key: ServerProgram(*one) for key, one in saved["programs"].items()},
            }
        )


def _concept_of(saved: list[Any]) -> ServerConcept:
    """Make a concept again of its list; those of older runs have no ages."""
    concept = ServerConcept(*saved)
    return concept._replace(ages=tuple(Span(*span) for span in concept.ages))


def _among(known: dict[str, str], names: list[str]) -> str | None:
    """Return the uuid of the first name that is known, in the singular or in the plural."""
    for name in map(as_words, names):
        for form in (name, f"{name}s", f"{name}(s)", name.removesuffix("s")):
            if form in known:
                return known[form]
    return None


def _counted(times: str) -> str:
    try:
        return times_a_day(float(times))
    except ValueError:
        return times


def _by_uuid(what: CodeableConcept, known: dict[str, str]) -> str | None:
    uuids = set(known.values())
    return next((code.code for code in what.codes if code.code in uuids), None)
