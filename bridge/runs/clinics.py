"""What the patients of a load add up to: before it, after it, and in its report."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from bridge.chart import Patient
from bridge.delivery.ledger import Run
from bridge.errors import BridgeError
from bridge.recipe import Cohort, GeneratedRecipe, Recipe
from bridge.runs.cohorts import cohort_of

if TYPE_CHECKING:
    from bridge.clinic.tally import Clinic

PREVIEWED: Final = 256
"""Patients that a preview counts at most: those that are made at once anyway."""

REPORTED: Final = 5_000
"""Patients that a report counts at most; more would take it minutes."""


def is_clinic(recipe: Recipe) -> bool:
    """Tell whether patients have whole charts that bridge makes."""
    return isinstance(recipe, GeneratedRecipe) and recipe.chart == "full"


def clinic_of(recipe: Recipe, cohort: Cohort, most: int) -> "Clinic | None":
    """Return what the first patients of a cohort add up to; None of vital signs alone."""
    from bridge.clinic.tally import Clinic

    if not isinstance(recipe, GeneratedRecipe) or not is_clinic(recipe):
        return None
    clinic = Clinic(day=recipe.as_of)
    for patient in cohort.patients(range(1, min(cohort.count, most) + 1)):
        clinic.add(patient)
    return clinic


def clinic_section(run: Run) -> str:
    """Return the clinic of a run as a section of its report; nothing where it cannot be told."""
    if not isinstance(run.recipe, GeneratedRecipe) or not is_clinic(run.recipe):
        return ""
    try:
        cohort, _ = cohort_of(run)
    except BridgeError:
        return ""  # made by another bridge or from what has changed since
    clinic = clinic_of(run.recipe, cohort, REPORTED)
    assert clinic
    from bridge.clinic.page import section
    from bridge.synthesis.care_cohort import figures_of

    are_all = clinic.patients == run.patients
    of = "As the charts of this run say" if are_all else "By the first patients of this run"
    return section(clinic, figures_of(run.recipe.population), of)


class CountedCohort:
    """A cohort that counts whom it gives away, for what is said after a load."""

    def __init__(self, cohort: Cohort, clinic: "Clinic") -> None:
        self._cohort = cohort
        self._counted: set[int] = set()
        self.clinic = clinic

    @property
    def count(self) -> int:
        """How many patients there are."""
        return self._cohort.count

    @property
    def resampled(self) -> int:
        """How many were drawn again."""
        return self._cohort.resampled

    def patients(self, numbers: Iterable[int]) -> Iterator[Patient]:
        """Yield the patients with these numbers, and count them."""
        for patient in self._cohort.patients(numbers):
            if patient.number not in self._counted:
                self._counted.add(patient.number)
                self.clinic.add(patient)
            yield patient
