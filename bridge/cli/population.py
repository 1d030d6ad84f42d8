"""`bridge population`: show a population with its sources, or check a file of one's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.screen import Screen
from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.synthesis.population import Names, Population, Pyramid
    from bridge.synthesis.population_children import PublishedChildren
    from bridge.synthesis.population_vitals import Figures, Mean
    from bridge.synthesis.reference_sample import BandFit

BAR = 24
"""Characters of the longest bar of a pyramid."""

EXAMPLES = 6
LARGEST = 8


@click.group()
def population() -> None:
    """Show a population with its sources, or check a file of your own."""


@population.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> int:
    """Say what is wrong with a population FILE, or that nothing is; and what looks odd."""
    from bridge.errors import InputError
    from bridge.flows.checkpoint import load_model
    from bridge.synthesis.calibration import calibration_of, fits_of
    from bridge.synthesis.population import Population
    from bridge.synthesis.population_warnings import warnings
    from bridge.yaml_files import load_yaml

    screen = Screen()
    checked = load_yaml(file, Population)
    model = load_model("population")
    try:
        calibration = calibration_of(checked, model)
    except InputError as error:
        raise InputError(str(error), place=file) from error
    screen.say(
        f"{file} is a population: {checked.title}, {_everybody(checked.pyramid):,} people of "
        f"{checked.pyramid.year}, {how_many(len(checked.places.towns), 'town')}",
        style="green",
    )
    if checked.vitals is None:
        screen.say("no vitals: they stay the US survey's")
    else:
        screen.table(
            ("measure", "sex", "age", "published", "made"),
            map(_fitted, fits_of(checked, model, calibration)),
        )
    for warning in warnings(checked, model, calibration):
        screen.note(f"{file}: {warning}")
    return 0


@population.command()
@click.argument("name", metavar="NAME|FILE", required=False)
def show(name: str | None) -> int:
    """Print a population for people: who, called what, from where, with which vitals, by whom.

    Without NAME, list those that come with bridge.
    """
    from bridge.synthesis.population import load_population, population_names

    screen = Screen()
    if name is None:
        for known in population_names():
            screen.say(f"{known}: {load_population(known).title}")
        return 0
    shown = load_population(name)
    screen.say(shown.title, style="bold")
    screen.say(shown.about)
    _show_pyramid(shown, screen)
    _show_names(shown, screen)
    _show_places(shown, screen)
    _show_facility(shown, screen)
    _show_vitals(shown, screen)
    return 0


def _fitted(fit: "BandFit") -> tuple[str, ...]:
    band = fit.band
    made = _written(fit.mean, fit.sd if band.sd else None, fit.high if band.high else None)
    return fit.measure, band.sex, f"{band.first}-{band.last}", _published(band), made


def _published(band: "Mean") -> str:
    return _written(band.mean, band.sd, band.high, band.ci)


def _written(mean: float, sd: float | None, high: float | None, ci: float | None = None) -> str:
    return (
        f"{mean:.1f}"
        + (f" ± {ci:.1f}" if ci else "")
        + (f" (sd {sd:.1f})" if sd else "")
        + (f", {high:.1f} % high" if high else "")
    )


def _show_pyramid(shown: "Population", screen: Screen) -> None:
    pyramid = shown.pyramid
    everybody = _everybody(pyramid)
    screen.say(f"\nAges, {pyramid.year}: {everybody:,} people", style="bold")
    most = max(max(band.female, band.male) for band in pyramid.bands)
    screen.table(
        ("age", "women", "%", "men", "%"),
        (
            (
                f"{band.first}-{band.last}",
                "█" * round(BAR * band.female / most),
                f"{100 * band.female / everybody:.1f}",
                "█" * round(BAR * band.male / most),
                f"{100 * band.male / everybody:.1f}",
            )
            for band in pyramid.bands
        ),
    )
    _show_source(pyramid.source, screen)


def _show_names(shown: "Population", screen: Screen) -> None:
    names = shown.names
    screen.say("\nNames", style="bold")
    for whose, listed in (("women", names.given["F"]), ("men", names.given["M"])):
        screen.say(f"{how_many(len(listed), 'given name')} of {whose}: {_some(listed)}")
    screen.say(f"{how_many(len(names.family), 'family name')}: {_some(names.family)}")
    screen.say(f"{how_many(len(names.never), 'pair')} never made: they would name a known person")
    _show_source(names.source, screen)


def _show_places(shown: "Population", screen: Screen) -> None:
    towns = sorted(shown.places.towns, key=lambda town: town.people, reverse=True)
    screen.say(f"\nPlaces in {shown.places.country}: {how_many(len(towns), 'town')}", style="bold")
    screen.table(
        ("town", "state or province", "people"),
        ((town.city_village, town.state_province, f"{town.people:,}") for town in towns[:LARGEST]),
    )
    if len(towns) > LARGEST:
        screen.say(f"and {len(towns) - LARGEST} more")
    _show_source(shown.places.source, screen)


def _show_facility(shown: "Population", screen: Screen) -> None:
    facility = shown.facility
    screen.say("\nFacility", style="bold")
    screen.say(
        f"{' '.join(facility.days)}, {facility.opens:%H:%M} to {facility.closes:%H:%M}, "
        f"{facility.time_zone}"
    )
    _show_source(facility.source, screen)


def _show_vitals(shown: "Population", screen: Screen) -> None:
    screen.say("\nVitals", style="bold")
    if shown.vitals is None:
        screen.say("No published figures: all vitals are the US survey's.")
        return
    screen.say(shown.vitals.about)
    if shown.vitals.children is not None:
        _show_children(shown.vitals.children, screen)
    for figures in shown.vitals.figures:
        screen.say(f"\n{figures.measure}", style="bold")
        screen.table(("age", "women", "men"), _by_age(figures))
        if figures.standard == "who":
            screen.say("age-standardised, to the WHO standard population")
        if figures.survey_until is not None:
            screen.say(f"the survey's up to {figures.survey_until} years")
        _show_source(figures.source, screen)


def _show_children(children: "PublishedChildren", screen: Screen) -> None:
    screen.say("\nchildren under five", style="bold")
    screen.table(
        ("months", "sex", "stunted, %", "overweight, %"),
        (
            (
                f"{band.from_months}-{band.to_months}",
                band.sex,
                f"{band.stunting.percent:g} ± {1.96 * band.stunting.error:.1f}",
                f"{band.overweight.percent:g} ± {1.96 * band.overweight.error:.1f}",
            )
            for band in children.bands
        ),
    )
    _show_source(children.source, screen)
    screen.say(f"wasted: {children.wasting.percent:g} % ± {1.96 * children.wasting.error:.1f}")
    _show_source(children.wasting_source, screen)
    weight = children.birth_weight_g
    screen.say(f"weight at birth: {weight.mean:.0f} g, sd {weight.sd:.0f}")
    _show_source(children.birth_weight_source, screen)
    screen.say(f"they are moved as the children of {children.growth}")


def _by_age(figures: "Figures") -> Iterator[tuple[str, ...]]:
    ages = sorted({(band.first, band.last) for band in figures.bands})
    of = {(band.sex, band.first, band.last): band for band in figures.bands}
    for first, last in ages:
        cells = [
            _published(band) if (band := of.get((sex, first, last))) else "" for sex in ("F", "M")
        ]
        yield f"{first}-{last}", *cells


def _show_source(source: str, screen: Screen) -> None:
    screen.say(f"Source: {source}", style="dim")


def _some(names: "Names") -> str:
    return ", ".join(names[:: max(1, len(names) // EXAMPLES)][:EXAMPLES]) + " ..."


def _everybody(pyramid: "Pyramid") -> int:
    return sum(band.female + band.male for band in pyramid.bands)
