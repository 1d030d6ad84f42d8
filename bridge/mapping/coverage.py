"""How much of what was read has a home on the server, before anything is sent. Pure."""

from collections import Counter
from typing import Any, NamedTuple

from bridge.chart import CodeableConcept
from bridge.mapping.terms import ROLES, Role, Terms
from bridge.mapping.vocabulary import Vocabulary

FREE_TEXT = {"condition", "diagnosis", "allergen", "drug", "reaction", "cause", "reason"}
"""What a server takes in words where it has no concept; nothing else can go so."""

COMMONEST = 10


class Homeless(NamedTuple):
    """A code without a home, and how often it is used."""

    label: str
    code: str
    """`system|code`; empty where it is words alone."""
    uses: int


class KindCoverage(NamedTuple):
    """How many uses of a role's codes are mapped, go as free text, or are left out."""

    role: str
    mapped: int
    inexact: int
    """Of the mapped, those whose concept says less or another thing than the code did."""
    free_text: int
    left_out: int
    commonest: tuple[Homeless, ...]
    """The commonest codes that have no home, also those that go as free text."""

    @property
    def total(self) -> int:
        """How many uses there are."""
        return self.mapped + self.free_text + self.left_out


class Coverage(NamedTuple):
    """The coverage of an input by role; roles that it does not use are not in it."""

    kinds: tuple[KindCoverage, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` gives: by role."""
        return {
            kind.role: {
                **{name: getattr(kind, name) for name in _COUNTS},
                "commonest": [homeless._asdict() for homeless in kind.commonest],
            }
            for kind in self.kinds
        }


_COUNTS = ("mapped", "inexact", "free_text", "left_out")


def coverage(vocabulary: Vocabulary, terms: Terms) -> Coverage:
    """Hold the codes of an input against what the server has for them."""
    return Coverage(
        tuple(
            _kind(role, counts, vocabulary, terms)
            for role, counts in vocabulary.counts.items()
            if counts
        )
    )


def _kind(
    role: str, counts: Counter[CodeableConcept], vocabulary: Vocabulary, terms: Terms
) -> KindCoverage:
    mapped = inexact = 0
    homeless: list[Homeless] = []
    for what, count in counts.most_common():
        fit = _fit(what, role, terms)
        if not fit:  # the parts of a panel are counted themselves
            count -= vocabulary.panels[role][what]
        mapped += count if fit else 0
        inexact += count if fit == "inexact" else 0
        if not fit and count:
            code = f"{what.codes[0].system}|{what.codes[0].code}" if what.codes else ""
            homeless.append(Homeless(what.label, code, count))
    lost = sum(one.uses for one in homeless) + vocabulary.unlisted[role]
    as_text = role in FREE_TEXT
    return KindCoverage(
        role,
        mapped,
        inexact,
        lost if as_text else 0,
        0 if as_text else lost,
        tuple(homeless[:COMMONEST]),
    )


def _fit(what: CodeableConcept, role: str, terms: Terms) -> str:
    """Return how a meaning is mapped: exactly, inexactly, or (empty) not at all."""
    others = {
        "program": terms.program,
        "service": terms.service,
        "route": terms.route,
        "frequency": terms.frequency,
    }
    if role in others:
        return "exact" if others[role](what) else ""
    if role == "state":
        return "exact" if any(one.state(what) for one in terms.programs.values()) else ""
    if role == "drug" and terms.drug(what):
        return "exact"
    meaning = terms.meaning(what, _role(role))
    if meaning is None:
        return ""
    return "exact" if meaning.equivalence == "equivalent" else "inexact"


def _role(role: str) -> Role:
    return next(known for known in ROLES if known == role)
