"""The clinic at a glance as a part of a page."""

from collections import Counter
from typing import Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from bridge.clinic.coverage import coverage
from bridge.clinic.tally import BANDS, Clinic, band_words
from bridge.wording import how_many

MOST_REASONS: Final = 12
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Season(NamedTuple):
    """One reason's visits by calendar month."""

    reason: str
    visits: int
    months: tuple[int, ...]
    shades: tuple[float, ...]
    """Each month's visits as a share of the reason's fullest month."""


def section(clinic: Clinic, country: str | None, of: str) -> str:
    """Return a section of HTML; `country` has figures of vaccines, `of` says whose charts it is."""
    environment = Environment(
        loader=PackageLoader("bridge.clinic"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "many": how_many,
        "thousands": lambda number: f"{number:,}",
        "percent": lambda share: f"{100 * share:.0f} %",
    }
    most = max(clinic.ages.values(), default=1)
    template = environment.get_template("clinic.html")
    return template.render(
        clinic=clinic,
        of=of,
        months=MONTHS,
        seasons=seasons(clinic),
        programs=sorted(clinic.programs.items(), key=lambda one: -one[1].enrolled),
        rest=len(clinic.months) - MOST_REASONS,
        pyramid=[
            (band_words(k), clinic.ages[k, "M"], clinic.ages[k, "F"])
            for k in reversed(range(len(BANDS)))
        ],
        most=most,
        doses=coverage(clinic, country) if country else [],
    )


def seasons(clinic: Clinic) -> list[Season]:
    """Return when people come for the most frequent reasons, and for all together first."""
    all_of_them: Counter[int] = Counter()
    for months in clinic.months.values():
        all_of_them.update(months)
    frequent = clinic.reasons.most_common(MOST_REASONS)
    rows = [("all visits", all_of_them), *((one, clinic.months[one]) for one, _ in frequent)]
    return [_season(reason, months) for reason, months in rows]


def _season(reason: str, months: Counter[int]) -> Season:
    counts = tuple(months[k] for k in range(1, 13))
    most = max(counts) or 1
    return Season(reason, months.total(), counts, tuple(round(n / most, 2) for n in counts))
