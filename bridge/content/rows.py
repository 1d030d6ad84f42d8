"""The rows of the content package's files: one thing of a server each, as a clinician reads it.

A reference to a concept is its CIEL code or its uuid, with its name behind it for the reader:
`703 Positive; 664 Negative`. Once the package is loaded each is the uuid of the concept.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bridge.codes import OpenmrsUuid

Relation = Literal["same", "broader", "narrower"]
"""What a concept is to a code: the same, or a broader or narrower meaning."""


class Term(NamedTuple):
    """A code of a concept source."""

    source: str
    code: str
    relation: Relation = "same"


def _references(text: object) -> object:
    if not isinstance(text, str):
        return text
    return tuple(part.split()[0] for part in text.split(";") if part.strip())


def _reference(text: object) -> object:
    found = _references(text)
    return found[0] if isinstance(found, tuple) and len(found) == 1 else ""


def _terms(text: object) -> object:
    if not isinstance(text, str):
        return text
    return tuple(_term(part.strip()) for part in text.split(";") if part.strip())


def _term(text: str) -> Term:
    source, colon, code = text.rpartition(":")
    if not (source and colon and code):
        raise ValueError(f"{text!r} is no code; write it as LOINC:718-7 or LOINC:718-7 broader")
    code, _, relation = code.partition(" ")
    if relation not in ("", "broader", "narrower"):
        raise ValueError(f"{relation!r} is no relation of a code: broader or narrower")
    return Term(source, code, relation or "same")  # type: ignore[arg-type]  # just checked


def _none_if_empty(text: object) -> object:
    return None if text == "" else text


def _yes(text: object) -> object:
    if text not in ("", "yes", "no"):
        raise ValueError("say yes or no")
    return text == "yes"


Reference = Annotated[str, BeforeValidator(_reference), Field(min_length=1)]
OptionalReference = Annotated[str, BeforeValidator(_reference)]
References = Annotated[tuple[str, ...], BeforeValidator(_references)]
Terms = Annotated[tuple[Term, ...], BeforeValidator(_terms)]
Limit = Annotated[float | None, BeforeValidator(_none_if_empty)]
Yes = Annotated[bool, BeforeValidator(_yes)]
Word = Annotated[str, Field(min_length=1, max_length=255)]

Datatype = Literal["Numeric", "Coded", "Text", "N/A", "Date", "Datetime", "Boolean", "Complex"]


class Row(BaseModel):
    """What a row may say: no column too many; `source` and `verified` say how it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str = ""
    verified: str = ""

    def changed(self, **changes: Any) -> Any:
        """Return a copy with other values, such as references that were found."""
        return self.model_copy(update=changes)


class Named(Row):
    """A thing with a uuid, a name and a description."""

    uuid: OpenmrsUuid
    name: Word
    description: str = ""


class Concept(Row):
    """A concept of the dictionary."""

    code: str = ""
    """CIEL's code; empty where CIEL has none, or none was found."""
    uuid: OpenmrsUuid
    name: Word
    short_name: str = ""
    concept_class: str = Field(alias="class", min_length=1)
    datatype: Datatype
    units: str = ""
    decimals: Yes = False
    low_absolute: Limit = None
    low_critical: Limit = None
    low_normal: Limit = None
    high_normal: Limit = None
    high_critical: Limit = None
    high_absolute: Limit = None
    answers: References = ()
    members: References = ()
    extend: Yes = False
    """Whether one that exists may be given the answers and members it lacks, on request."""
    codes: Terms = ()


class Drug(Row):
    """A drug of the formulary: a concept in a form and strength."""

    uuid: OpenmrsUuid
    name: Word
    concept: Reference
    form: OptionalReference = ""
    strength: str = ""


class Frequency(Row):
    """How often a drug is taken."""

    uuid: OpenmrsUuid
    concept: Reference
    times_a_day: Annotated[float, Field(gt=0)]


class Program(Named):
    """A program that patients are enrolled in."""

    concept: Reference


class Workflow(Row):
    """A row of states within a program."""

    uuid: OpenmrsUuid
    program: Reference
    concept: Reference


class State(Row):
    """Where a patient may stand within a workflow."""

    uuid: OpenmrsUuid
    workflow: Reference
    concept: Reference
    initial: Yes = False
    terminal: Yes = False


class ConceptSource(Named):
    """Whose codes they are; `url` is what FHIR calls it."""

    hl7: str = ""
    url: str = ""


class Service(Named):
    """A service that appointments are made with."""

    minutes: Annotated[int, Field(gt=0)]


class AttributeType(Named):
    """A person attribute type."""

    format: str
    searchable: Yes = False


class IdentifierType(Named):
    """A patient identifier type."""

    format: str = ""
    unique: Yes = False


class Setting(Row):
    """A global property, set only where the server leaves it empty."""

    name: Word
    value: Word
    why: str = ""
