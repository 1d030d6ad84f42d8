"""`bridge scenario`: teaching cases listed, shown, checked, and printed."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.atomic_write import write_atomically
from bridge.cli.access import clock
from bridge.cli.options import DateType
from bridge.cli.screen import Screen
from bridge.errors import InputError
from bridge.wording import how_many

if TYPE_CHECKING:
    from bridge.scenarios.catalogue import Case
    from bridge.scenarios.cohort import ClassRequest
    from bridge.scenarios.learners import Learner
    from bridge.scenarios.scenario import Person, Scenario

_day_option = click.option(
    "--as-of", type=DateType(), show_default="today", help="The day of the class."
)
_until_option = click.option(
    "--until",
    metavar="visit-N",
    help="Where the class decides, in place of the visit that the case names.",
)


@click.group()
def scenario() -> None:
    """Show teaching cases, check one of your own, or print their sheets and keys."""


@scenario.command("list")
def list_them() -> int:
    """List the cases that come with bridge."""
    from bridge.scenarios.catalogue import all_cases

    screen = Screen()
    screen.table(
        ("mark", "name", "title", "visits", "decides at"),
        (
            (
                case.scenario.mark,
                case.name,
                case.scenario.title,
                str(len(case.scenario.patient.visits)),
                f"visit-{case.scenario.decides_at}",
            )
            for case in all_cases()
        ),
    )
    return 0


@scenario.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--yaml", "as_yaml", is_flag=True, help="Its file, to begin a case of your own with.")
def show(name: str, as_yaml: bool) -> int:
    """Print a case: who, visit by visit, and what it teaches."""
    from bridge.scenarios.catalogue import load_case, scenario_path

    screen = Screen()
    shown = load_case(name).scenario
    if as_yaml:
        click.echo(scenario_path(name).read_text(encoding="utf-8"), nl=False)
        return 0
    screen.say(f"{shown.mark}: {shown.title}", style="bold")
    screen.say(f"{shown.setting} ({shown.country})")
    screen.say(shown.story)
    for person in shown.people:
        _show_person(person, shown, screen)
    screen.say("\nLearning points", style="bold")
    for point in shown.learning_points:
        screen.say(f"  {point}")
    screen.say("\nSources", style="bold")
    for key, source in shown.sources.items():
        screen.say(f"  {key}: {source.title}; {source.where} ({source.verified})")
    return 0


def _show_person(person: "Person", shown: "Scenario", screen: Screen) -> None:
    from bridge.scenarios.pages import drug_text, result_text

    screen.say(f"\n{person.role}: {person.sex}, {person.age}", style="bold")
    for number, visit in enumerate(person.visits, start=1):
        here = person is shown.patient and number == shown.decides_at
        screen.say(f"visit-{number}, day {visit.day}{': the class decides' if here else ''}")
        vitals = ", ".join(f"{name} {value:g}" for name, value in visit.vitals.taken.items())
        for head, text in (
            ("complaint", visit.complaint),
            ("vitals", vitals),
            ("results", "; ".join(map(result_text, visit.results))),
            ("diagnoses", ", ".join(one.diagnosis.name for one in visit.diagnoses)),
            ("drugs", "; ".join(map(drug_text, visit.drugs))),
            ("plan", visit.plan),
        ):
            if text:
                screen.say(f"  {head}: {text}")


@scenario.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> int:
    """Say what is wrong with a scenario FILE (or one that comes with bridge), or that nothing is.

    Its format, the numbers in its notes, and its charts by the coherence rules; what bridge's
    content package has no word for is noted, as a server may have it.
    """
    from bridge.scenarios.catalogue import load_case
    from bridge.scenarios.checking import judge

    screen = Screen()
    case = load_case(str(file))
    judged = judge(case, _today())
    for note in dict.fromkeys(judged.notes):
        screen.note(f"{file}: {note}")
    for fault in judged.faults:
        screen.say(f"{file}: {fault}", style="yellow")
    if judged.faults:
        raise InputError(f"{how_many(len(judged.faults), 'thing')} to be mended", place=file)
    people = case.scenario.people
    visits = sum(len(person.visits) for person in people)
    screen.say(
        f"{file} is a scenario: {case.scenario.title}, {how_many(visits, 'visit')} of "
        f"{how_many(len(people), 'patient')}",
        style="green",
    )
    return 0


@scenario.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--learner", type=click.IntRange(1, 500), default=1, show_default=True)
@click.option("--learners-file", type=click.Path(path_type=Path), help="The names of the class.")
@_day_option
@_until_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The HTML page.")
def sheet(
    name: str,
    learner: int,
    learners_file: Path | None,
    as_of: date | None,
    until: str | None,
    out: Path | None,
) -> int:
    """Write the page of one learner: the patient, the story, what is known, the questions.

    Names and days are those of `bridge load --scenario NAME --until decision` on the same day.
    """
    from bridge.scenarios.catalogue import load_case
    from bridge.scenarios.pages import learner_sheet

    case = load_case(name)
    who = _learner(learner, learners_file)
    page = learner_sheet(case, who, _request(case, as_of, until))
    return _write(page, out or Path(f"{case.name}-{who.mark}.html"))


@scenario.command()
@click.argument("name", metavar="NAME|FILE")
@_day_option
@_until_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The HTML page.")
def key(name: str, as_of: date | None, until: str | None, out: Path | None) -> int:
    """Write the page of the teacher: answers, what was done, learning points, sources."""
    from bridge.scenarios.catalogue import load_case
    from bridge.scenarios.pages import answer_key

    case = load_case(name)
    page = answer_key(case, _request(case, as_of, until))
    return _write(page, out or Path(f"{case.name}-key.html"))


def _request(case: "Case", as_of: date | None, until: str | None) -> "ClassRequest":
    """Return a class of this case alone; raise InputError where there is no such visit."""
    from bridge.scenarios.cohort import ClassRequest, timetable

    day = as_of or _today()
    request = ClassRequest(scenarios=(case.name,), as_of=day, until=until or "decision")
    timetable(case, request)
    return request


def _learner(number: int, file: Path | None) -> "Learner":
    from bridge.scenarios.learners import learners_of, load_learners

    names = load_learners(file) if file else ("",) * number
    if number > len(names):
        raise InputError(f"has {len(names)} names, not {number}", place=file)
    return learners_of(names)[number - 1]


def _today() -> date:
    return clock()().astimezone().date()


def _write(page: str, out: Path) -> int:
    if not out.parent.is_dir():
        raise InputError("is in a folder that does not exist; make it first", place=out)
    write_atomically(out, page.encode())
    Screen().say(f"the page is {out}")
    return 0
