"""`bridge care`: list the care modules, show one with its sources, or check a file of one's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.screen import Screen
from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.histories.care.fault import Fault
    from bridge.histories.care.model import Effect, Module, State, TestMade

NOTES_SHOWN = 2
"""Phrases of each part of a note that are shown."""


@click.group()
def care() -> None:
    """List the care modules, show one with its sources, or check a file of your own."""


@care.command(name="list")
def list_() -> int:
    """List the modules: how many states, and how far their figures are known."""
    from bridge.histories.care.package import modules
    from bridge.histories.care.summary import summary_of

    screen = Screen()
    rows = []
    for name, module in modules().items():
        found = summary_of(module)
        known = (found.verified[word] for word in ("yes", "partly", "derived", "recalled"))
        counts = (found.states, found.figures, *known, found.verified["choice"], found.phrases)
        rows.append((name, module.title, module.kind, *map(str, counts)))
    heads = ("states", "figures", "read", "partly", "derived", "recalled", "choice", "phrases")
    screen.table(("module", "title", "kind", *heads), rows)
    return 0


@care.command()
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> int:
    """Print a module for people: who comes, what is done in each state, and by whose word."""
    screen = Screen()
    module = _named(name)
    screen.say(module.title, style="bold")
    screen.say(module.about)
    if module.program:
        screen.say(f"Program: {module.program.name}")
    _show_who(module, screen)
    for state_name, state in module.states.items():
        _show_state(state_name, state, screen)
    screen.say("\nSources", style="bold")
    screen.table(
        ("source", "verified", "what"),
        ((key, source.verified, source.text) for key, source in module.sources.items()),
    )
    return 0


@care.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def check(file: Path | None) -> int:
    """Say what is wrong with a module FILE, or that nothing is.

    Without FILE: with all that come with bridge, their drugs, and the reasons that people come for.
    """
    from bridge.histories.care.check import faults_of
    from bridge.histories.care.package import load_module

    screen = Screen()
    if file is None:
        return _check_all(screen)
    module = load_module(file)
    found = list(faults_of(module))
    _say_faults(file, found, screen)
    if not found:
        screen.say(
            f"{file} is a care module: {module.title}, {how_many(len(module.states), 'state')}",
            style="green",
        )
    return 2 if found else 0


def _check_all(screen: Screen) -> int:
    from bridge.histories.care import check_reasons
    from bridge.histories.care.check import faults_of, formulary_faults
    from bridge.histories.care.package import MODULES, modules

    count = 0
    for name, module in modules().items():
        found = list(faults_of(module))
        _say_faults(MODULES / f"{name}.yaml", found, screen)
        count += len(found)
    for what, faults in (
        ("formulary", formulary_faults()),
        ("reasons", check_reasons.faults(modules().values())),
    ):
        for fault in faults:
            screen.say(f"{what}: {fault}")
            count += 1
    if not count:
        screen.say(f"nothing is wrong with {how_many(len(modules()), 'module')}", style="green")
    return 2 if count else 0


def _say_faults(file: Path, faults: "list[Fault]", screen: Screen) -> None:
    from bridge.yaml_files import line_of

    text = file.read_text(encoding="utf-8") if faults else ""
    for fault in faults:
        screen.say(f"{file}:{line_of(text, fault.path)}: {fault}")


def _named(name: str) -> "Module":
    from bridge.errors import InputError
    from bridge.histories.care.package import load_module, modules
    from bridge.yaml_files import nearest

    if Path(name).suffix in (".yaml", ".yml"):
        return load_module(Path(name))
    if name not in modules():
        raise InputError(f"no care module is called {name!r}{nearest(name, modules())}")
    return modules()[name]


def _show_who(module: "Module", screen: Screen) -> None:
    from bridge.histories.care.summary import of_whom

    screen.say("\nWho comes", style="bold")
    for reason in module.who.reasons:
        whom = of_whom(reason.when)
        screen.say(f"{reason.reason}: {_percent(reason.share)} {reason.state}{_in(whom)}")
    if module.who.prevalence:
        screen.say(f"whoever has {module.who.prevalence}")
    for group in (*module.who.groups, *module.who.attends):
        sex = {"F": "women ", "M": "men ", None: ""}[group.sex]
        years = f"{group.years[0]:g} to under {group.years[1]:g} years"
        screen.say(f"{_percent(group.share)} of {sex}{years}{_in(' or '.join(group.countries))}")
    for contact in module.contacts:
        whom = of_whom(contact.when)
        kept = _percent(contact.kept)
        screen.say(f"day {contact.day:g}: {contact.state}, {kept} come{_in(whom)}")


def _show_state(name: str, state: "State", screen: Screen) -> None:
    screen.say(f"\n{name}", style="bold")
    for line in _lines(state):
        screen.say(f"  {line}")


def _lines(state: "State") -> Iterator[str]:
    from bridge.histories.care.summary import of_whom

    for diagnosis in state.diagnoses:
        yield f"diagnosis: {diagnosis.code}{_often(diagnosis.share)}{_in(of_whom(diagnosis.when))}"
    for effect in state.vitals:
        whom = f"{_often(effect.share)}{_in(of_whom(effect.when))}"
        yield f"{_effect(effect)}{whom} [{effect.source}]"
    for test in state.tests:
        yield f"{_test(test)}{_often(test.share)}{_in(of_whom(test.when))} [{test.source}]"
    for drug in state.drugs:
        others = f", else {drug.instead}" if drug.instead else ""
        others += f", unless {drug.unless}" if drug.unless else ""
        whom = f"{_often(drug.share)}{_in(of_whom(drug.when))}"
        yield f"drug: {drug.drug}{others}{whom} [{drug.source}]"
    for after in state.next:
        days = f" after {after.after_days[0]:g}-{after.after_days[1]:g} days"
        when = days if after.after_days[1] else ""
        whom = _in(of_whom(after.when))
        yield f"then: {_percent(after.share)} {after.to}{when}{whom} [{after.source}]"
    for part in ("complaint", "history", "finding", "plan") if state.notes else ():
        phrases = getattr(state.notes, part)
        shown = (p if isinstance(p, str) else p.text for p in phrases[:NOTES_SHOWN])
        yield f"{part} ({len(phrases)}): {' | '.join(shown)}"


def _effect(effect: "Effect") -> str:
    bounds = (("at least", effect.at_least), ("at most", effect.at_most))
    said = [f"{word} {value:g}" for word, value in bounds if value is not None]
    if effect.effect != "bound":
        said.insert(0, f"{effect.effect} {effect.low:g}, {effect.typical:g}, {effect.high:g}")
    return f"{effect.measure}: {', '.join(said)}"


def _test(test: "TestMade") -> str:
    if test.answers:
        answers = ", ".join(f"{name} {_percent(share)}" for name, share in test.answers.items())
        return f"test: {test.test}, {answers}"
    number = test.number
    if number is None or number.function:
        return f"test: {test.test}, by the flow of {number.function if number else 'nothing'}"
    return f"test: {test.test}, {number.low:g}, {number.typical:g}, {number.high:g}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _often(share: float) -> str:
    return "" if share == 1 else f", {_percent(share)}"


def _in(whom: str) -> str:
    return f" ({whom})" if whom else ""
