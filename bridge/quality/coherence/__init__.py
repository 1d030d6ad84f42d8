"""Whether charts hold together: rules, in a file, of what may not be, apart from what makes charts.

`check(patient)` gives what is broken; `check_cohort(patients)` counts it by rule. The rules stand
in rules.yaml, each with its source; what their keys mean in vocabulary.yaml.
"""

from bridge.quality.coherence.checking import Coherence, Example, Judge, check, check_cohort
from bridge.quality.coherence.judging import Breach
from bridge.quality.coherence.model import Rules, load_rules, parse_rules
from bridge.quality.coherence.vocabulary import vocabulary

__all__ = [
    "Breach",
    "Coherence",
    "Example",
    "Judge",
    "Rules",
    "check",
    "check_cohort",
    "load_rules",
    "parse_rules",
    "vocabulary",
]
