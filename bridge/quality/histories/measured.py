"""One figure of made histories, beside what another sample of real people reaches."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Reached(NamedTuple):
    """A figure of two tables, and of how many."""

    value: float
    n: int


class Kind(NamedTuple):
    """What a figure is, in words for a statistician."""

    key: str
    name: str
    counted: str
    best: float
    """What equal tables reach; NaN: the real people's own figure."""
    explained: str


class Measured(NamedTuple):
    """A figure with its floor: `value` is of made people, `floor` of other real ones.

    `n` is how many of `kind.counted` the made figure is of. `error` is the figure's standard
    error where all is alike, NaN where it is not known in closed form: the floor shows the scale.
    """

    kind: Kind
    value: float
    floor: float
    n: int
    best: float
    error: float


KINDS: Final = (
    Kind(
        "prevalence",
        "prevalence, R2",
        "codes",
        1,
        "R2 about the line of equality of the share of people whose record has each code",
    ),
    Kind(
        "largest",
        "prevalence, largest error",
        "real people",
        0,
        "the largest difference of those shares over all codes",
    ),
    Kind(
        "in_visit",
        "pairs in a visit, R2",
        "pairs",
        1,
        "the same R2 of how many visits (and days of history) a person hold both of two codes",
    ),
    Kind(
        "in_life",
        "pairs in a life, R2",
        "pairs",
        1,
        "the same R2 of the share of people whose record has both of two codes",
    ),
    Kind(
        "visit_to_visit",
        "visit to visit, R2",
        "pairs",
        1,
        "the same R2 of how often a person a visit with one code is followed by one with another",
    ),
    Kind(
        "kinds",
        "kinds in sequence, total variation",
        "steps",
        0,
        "half the summed differences of the shares of (kind of visit, kind of the next)",
    ),
    Kind(
        "gaps",
        "gaps, KS",
        "gaps",
        0,
        "Kolmogorov-Smirnov distance of the days from a visit to the next",
    ),
    Kind(
        "onset",
        "age at first diagnosis, mean KS",
        "diagnoses",
        0,
        "mean over the ten commonest lasting conditions of the KS distance of the ages at their "
        "first entry",
    ),
    Kind(
        "a_year",
        "visits a year, mean relative error",
        "bands of age",
        0,
        "mean over bands of age of |made - real| / real visits per person-year of record",
    ),
    Kind(
        "each",
        "visits a patient, KS",
        "real people",
        0,
        "KS distance of the number of visits (and days of history) of a person",
    ),
    Kind(
        "centile",
        "visits a patient, 95th centile",
        "people",
        float("nan"),
        "the number of visits (and days of history) that one person in twenty exceeds",
    ),
    Kind(
        "drug",
        "P(drug | diagnosis), mean error",
        "pairs",
        0,
        "mean |made - real| of the share of people with a diagnosis who ever have a drug, over "
        "diagnoses of 20 real people and drugs that a tenth of them have",
    ),
    Kind(
        "test",
        "P(test | diagnosis), mean error",
        "pairs",
        0,
        "the same of panels of tests",
    ),
    Kind(
        "told",
        "told apart, AUC",
        "real and as many made people",
        0.5,
        "area under the ROC curve, cross-validated, of LightGBM on counts of codes, ages, gaps, "
        "intervals and kinds in sequence",
    ),
    Kind(
        "copied",
        "longest copied run, median",
        "people",
        float("nan"),
        "the most codes in a row that a record has in common with any learnt one; the floor is of "
        "the real people who judge",
    ),
    Kind(
        "copied_99",
        "longest copied run, 99 %",
        "people",
        float("nan"),
        "the run that one person in a hundred exceeds",
    ),
    Kind(
        "membership",
        "membership, AUC",
        "real people not learnt",
        0.5,
        "area under the ROC curve of telling learnt people from others by their distance to the "
        "nearest made one",
    ),
    Kind(
        "closer",
        "closer to the learnt",
        "made people",
        0.5,
        "share of made people who are nearer to a learnt person than to any of as many others",
    ),
)


def measured(
    made: Mapping[str, Reached], floor: Mapping[str, Reached], error: float, centile: float
) -> tuple[Measured, ...]:
    """Put the figures beside their floors; `error` is the classifier's, `centile` the real one."""
    found = []
    for kind in KINDS:
        if kind.key not in made:
            continue
        best = {"centile": centile}.get(kind.key, kind.best)
        if kind.key in ("copied", "copied_99"):
            best = floor[kind.key].value
        value, n = made[kind.key]
        noise = error if kind.key == "told" else float("nan")
        found.append(Measured(kind, value, floor[kind.key].value, n, best, noise))
    return tuple(found)
