"""How well a code and a concept meet, in the words of FHIR's ConceptMap (R4)."""

from typing import Literal, get_args

Equivalence = Literal["equivalent", "wider", "narrower", "inexact", "unmatched"]
"""What the target is to the source: `wider` says less than the code did, `narrower` says more."""

EQUIVALENCES: tuple[Equivalence, ...] = get_args(Equivalence)
