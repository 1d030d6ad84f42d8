"""What came of a run, in words and as the one JSON vocabulary of all commands."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from bridge.cli.screen import Screen
from bridge.delivery.account import Account, account_of, changes_of, entries_of
from bridge.delivery.ledger import Progress, Run, State, Summary
from bridge.recipe import FilesRecipe, GeneratedRecipe, Recipe, ScenarioRecipe
from bridge.runs.loading import LoadResult
from bridge.runs.surroundings import SANDBOX, label_of
from bridge.wording import as_counted, how_many

OK, SOME_REJECTED = 0, 1

_ALWAYS = (State.CREATED, State.ALREADY_THERE, State.REJECTED)


def json_of(seen: Summary) -> dict[str, Any]:
    """Return what a run's record says, for --json of whatever command."""
    run, progress = seen.run, seen.progress
    states = {
        state: seen.counts[state] for state in State if state in _ALWAYS or seen.counts[state]
    }
    return {
        "run": run.name,
        "begun": run.created,
        "server": run.server,
        "state": progress.phase,
        "seed": seed_of(run.recipe),
        "patients": {"requested": run.patients, **states},
        **seen.totals._asdict(),
        "entries": entries_of(seen),
        "changed": changes_of(seen),
        **account_of(seen).as_json,
        "requests": progress.requests,
        "retries": progress.retries,
        "seconds": round(progress.seconds, 2),
        "observations_per_second": round(rate_of(seen.totals.observations, progress), 1),
        "recipe": {name: _json(value) for name, value in asdict(run.recipe).items()},
        "mapping": asdict(run.mapping),
        "rejections": [{"patient": n, "reason": reason} for n, reason in seen.reasons],
    }


def seed_of(recipe: Recipe) -> int | None:
    """Return the seed of patients that were made."""
    return recipe.seed if isinstance(recipe, GeneratedRecipe) else None


def rate_of(observations: int, progress: Progress) -> float:
    """Return how many observations a second were accepted."""
    return observations / progress.seconds if progress.seconds else 0.0


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def announcement(run: Run) -> str:
    """Say which run begins."""
    to = label_of(run.server)
    patients = how_many(run.patients, "patient")
    return f"Run {run.name}: {patients} to {to}, {_origin(run.recipe)}"


def _origin(recipe: Recipe) -> str:
    """Say where the patients of a run come from."""
    if isinstance(recipe, FilesRecipe):
        return f"from {recipe.path}"
    if isinstance(recipe, ScenarioRecipe):
        cases = ", ".join(Path(name).stem for name in recipe.scenarios)
        until = f", until {recipe.until}" if recipe.until else ""
        learners = how_many(len(recipe.learners), "learner")
        return f"{cases} for {learners}, class of {recipe.as_of}{until}"
    return f"seed {recipe.seed}, as of {recipe.as_of}, population {recipe.population}"


def tell_load(result: LoadResult, screen: Screen) -> int:
    """Say what came of a load, and return the exit code."""
    screen.json({**json_of(result.summary), "resampled": result.resampled})
    if not screen.as_json:
        _tell_counts(result, screen)
        for number, reason in result.summary.reasons:
            screen.say(f"patient {number} was rejected: {reason}", style="red")
        _tell_next(result.summary.run, screen)
    files = result.summary.run.files
    rejected = result.rejected or (files and files.patients_rejected)
    return SOME_REJECTED if rejected else OK


def _tell_counts(result: LoadResult, screen: Screen) -> None:
    totals, progress = result.summary.totals, result.summary.progress
    screen.say(
        f"{how_many(result.created, 'patient')}, {how_many(totals.visits, 'visit')}, "
        f"{how_many(totals.observations, 'observation')} in {progress.seconds:.1f} s "
        f"({rate_of(totals.observations, progress):.0f} observations/s)"
    )
    tell_entries(result.summary, screen)
    if result.already_there:
        there = how_many(result.already_there, "patient")
        screen.say(f"there already, from an earlier run: {there}")
    if result.resampled:
        resampled = how_many(result.resampled, "patient")
        screen.say(f"drawn again, for a value that was impossible: {resampled}")


def tell_entries(seen: Summary, screen: Screen) -> None:
    """Say how much of a whole chart was sent, and what of the files was not."""
    entries = entries_of(seen)
    if len(entries) > 1:
        screen.say(", ".join(as_counted(n, kind) for kind, n in entries.items()))
    for what, n in changes_of(seen).items():
        screen.say(f"{how_many(n, 'value')} {what}")
    account = account_of(seen)
    if seen.run.files:
        _tell_account(account, screen)
    else:
        _tell_left_out(account, screen)


def _tell_account(account: Account, screen: Screen) -> None:
    waiting = f", {account.not_sent:,} not sent" if account.not_sent else ""
    screen.say(
        f"of {account.read:,} resources read {account.sent:,} sent, "
        f"{account.left_out.total():,} left out, "
        f"{account.rejected:,} rejected with their patient{waiting}"
    )
    _tell_left_out(account, screen)
    for named in account.rejected_patients:
        screen.say(f"  not made: {named}", style="red")


def _tell_left_out(account: Account, screen: Screen) -> None:
    for reasons, part in ((account.left_out, ""), (account.parts_left_out, "a part of one ")):
        for reason, n in reasons.most_common(MOST_REASONS):
            screen.say(f"  {n:,} times {part}left out: {reason}", style="yellow")


MOST_REASONS = 12


def _tell_next(run: Run, screen: Screen) -> None:
    screen.say("Next:")
    following = {
        "bridge sandbox": "look at them in a browser",
        f"bridge verify {run.name}": "read them back and compare",
        f"bridge report {run.name}": "what came of it, as one HTML page",
        f"bridge undo {run.name}": "take them off again",
    }
    for command, purpose in following.items():
        if run.server == SANDBOX or command != "bridge sandbox":
            screen.say(f"  {command:<{len(run.name) + 15}}{purpose}")
