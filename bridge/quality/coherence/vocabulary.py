"""What an entry's codes and words mean to the rules: keys of vocabulary.yaml.

CIEL's number is what counts. Other systems' codes are followed to it by bridge's code table, where
the target is equivalent or says less; words are looked for where an entry has them.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bridge.chart import Code, CodeableConcept
from bridge.codes import CIEL_SYSTEM, as_ciel_uuid, canonical_system
from bridge.mapping.code_table import SYSTEMS, CodeTable, load_code_table
from bridge.yaml_files import YamlModel, load_yaml

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

NONE: frozenset[str] = frozenset()


class Meaning(YamlModel):
    """One key: the codes and words that stand for it."""

    codes: tuple[int | str, ...] = ()
    """CIEL's number, a uuid, or `SNOMED CT:72892002`."""
    words: tuple[str, ...] = ()
    """Expressions, whole words, in any case; an s may follow."""


class TestMeaning(Meaning):
    """A test, and the unit that rules give its numbers in."""

    __test__ = False

    unit: str = ""
    factors: dict[str, float] = Field(default_factory=dict)
    """What a number in another unit is multiplied by."""


class Ingredient(Meaning):
    """A drug, the classes it is of, and what a product without a strength contains."""

    classes: tuple[Key, ...] = ()
    strength: Literal["own", "total"] = "own"
    """`total`: one number says the whole tablet (cotrimoxazole 480 mg)."""
    fixed: dict[str, float] = Field(default_factory=dict)
    """Milligrams in a tablet that is known by letters: RHZE."""


class Words(YamlModel):
    """The vocabulary file."""

    conditions: dict[Key, Meaning]
    programs: dict[Key, Meaning]
    tests: dict[Key, TestMeaning]
    answers: dict[Key, Meaning]
    allergens: dict[Key, Meaning]
    drugs: dict[Key, Ingredient]
    vaccines: dict[Key, Meaning]


class Dictionary:
    """The keys of one kind, found by code and word; what was found once is kept."""

    def __init__(self, meanings: dict[str, Meaning], table: CodeTable) -> None:
        self._table = table
        self._by_code: dict[str, set[str]] = {}
        self._by_word: list[tuple[str, re.Pattern[str]]] = []
        for key, meaning in meanings.items():
            for code in meaning.codes:
                self._by_code.setdefault(str(code), set()).add(key)
            if meaning.words:
                self._by_word.append((key, whole_words(meaning.words)))
        self._known: dict[CodeableConcept, frozenset[str]] = {}

    def keys(self, concept: CodeableConcept) -> frozenset[str]:
        """Return the keys that a concept has."""
        found = self._known.get(concept)
        if found is None:
            found = self._known[concept] = self._found(concept)
        return found

    def in_words(self, text: str) -> frozenset[str]:
        """Return the keys whose words stand in a text."""
        return frozenset(key for key, words in self._by_word if words.search(text))

    def _found(self, concept: CodeableConcept) -> frozenset[str]:
        keys: set[str] = set()
        for code in concept.codes:
            for name in names_of(code, self._table):
                keys |= self._by_code.get(name, set())
        texts = {concept.text, *(code.display for code in concept.codes)}
        for text in filter(None, texts):
            keys |= self.in_words(text)
        return frozenset(keys)


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Return an expression that finds any of these words, whole, in any case."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})s?(?![a-z])", re.IGNORECASE)


_SHORT = {uri: name for name, uri in SYSTEMS.items()}


def names_of(code: Code, table: CodeTable) -> set[str]:
    """Return the names that a code may have in the vocabulary: a CIEL number, a uuid, its own."""
    system = canonical_system(code.system)
    names = {code.code if system == CIEL_SYSTEM else f"{_SHORT.get(system, system)}:{code.code}"}
    if len(code.code) >= 36:
        uuid = as_ciel_uuid(code.code)
        names.add(uuid.rstrip("A") if uuid else code.code)
    elif system != CIEL_SYSTEM:
        for row in table.of(Code(system, code.code)):
            if row.equivalence in ("equivalent", "wider"):
                names.add(row.ciel or row.target)
    return names


class Vocabulary:
    """The dictionaries of all kinds."""

    def __init__(self, words: Words, table: CodeTable) -> None:
        self.words = words
        self.conditions = Dictionary(dict(words.conditions), table)
        self.programs = Dictionary(dict(words.programs), table)
        self.tests = Dictionary(dict(words.tests), table)
        self.answers = Dictionary(dict(words.answers), table)
        self.allergens = Dictionary(dict(words.allergens), table)
        self.drugs = Dictionary(dict(words.drugs), table)
        self.vaccines = Dictionary(dict(words.vaccines), table)

    def kinds(self) -> dict[str, set[str]]:
        """Return the keys that a rule may name, by the field it names them in."""
        drugs = self.words.drugs
        classes = {name for drug in drugs.values() for name in drug.classes}
        return {
            "condition": set(self.words.conditions),
            "program": set(self.words.programs),
            "test": set(self.words.tests),
            "allergy": set(self.words.allergens),
            "drug": set(drugs) | classes,
            "vaccine": set(self.words.vaccines),
        }


VOCABULARY = Path(__file__).with_name("vocabulary.yaml")


@cache
def vocabulary() -> Vocabulary:
    """Return bridge's own vocabulary; it is read once."""
    return Vocabulary(load_yaml(VOCABULARY, Words), load_code_table())
