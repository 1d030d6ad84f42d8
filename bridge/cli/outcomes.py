"""What came of a run, in words and as the one JSON vocabulary of all commands."""

from collections import Counter
from dataclasses import asdict
from datetime import date
from typing import Any

from bridge.cli.screen import Screen
from bridge.delivery.ledger import RESOURCES, Progress, Run, State, Summary
from bridge.delivery.relating import PART
from bridge.recipe import FilesRecipe, Recipe
from bridge.runs.loading import LoadResult
from bridge.runs.surroundings import SANDBOX, label_of
from bridge.wording import how_many

OK, SOME_REJECTED = 0, 1

CHANGED = "values "
"""How the counts of values begin that were sent otherwise than they were read."""

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
        "entries": {k: n for k, n in seen.tally.counts.items() if k != RESOURCES},
        **account_of(seen),
        "requests": progress.requests,
        "retries": progress.retries,
        "seconds": round(progress.seconds, 2),
        "observations_per_second": round(rate_of(seen.totals.observations, progress), 1),
        "recipe": {name: _json(value) for name, value in asdict(run.recipe).items()},
        "mapping": asdict(run.mapping),
        "rejections": [{"patient": n, "reason": reason} for n, reason in seen.reasons],
    }


def account_of(seen: Summary) -> dict[str, Any]:
    """Return what became of all that was read of files: sent, left out and rejected add up to it.

    Of patients that were there already, or that wait, nothing is sent by this run.
    """
    left_out, parts = Counter[str](), Counter[str]()
    for reason, count in seen.tally.left_out.items():
        (parts if reason.endswith(PART) else left_out)[reason.removesuffix(PART)] += count
    files = seen.run.files
    if files is None:
        return {"left_out": dict(left_out)}
    sent = seen.tally.counts[RESOURCES] - left_out.total() - seen.refused_resources
    rejected = sum(files.rejected.values()) + seen.refused_resources
    left_out.update(files.left_out)
    parts.update(files.parts_left_out)
    waiting = files.read - left_out.total() - rejected - sent
    return {
        "read": files.read,
        "sent": sent,
        "left_out": dict(left_out),
        "parts_left_out": dict(parts),
        "rejected": rejected,
        **({"not_sent": waiting} if waiting else {}),
        "rejected_patients": list(files.rejected_patients),
    }


def seed_of(recipe: Recipe) -> int | None:
    """Return the seed of patients that were made."""
    return None if isinstance(recipe, FilesRecipe) else recipe.seed


def rate_of(observations: int, progress: Progress) -> float:
    """Return how many observations a second were accepted."""
    return observations / progress.seconds if progress.seconds else 0.0


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def announcement(run: Run) -> str:
    """Say which run begins."""
    recipe = run.recipe
    origin = (
        f"from {recipe.path}"
        if isinstance(recipe, FilesRecipe)
        else f"seed {recipe.seed}, as of {recipe.as_of}, population {recipe.population}"
    )
    to = label_of(run.server)
    return f"Run {run.name}: {how_many(run.patients, 'patient')} to {to}, {origin}"


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
    _tell_entries(result.summary, screen)
    if result.already_there:
        there = how_many(result.already_there, "patient")
        screen.say(f"there already, from an earlier run: {there}")
    if result.resampled:
        resampled = how_many(result.resampled, "patient")
        screen.say(f"drawn again, for a value that was impossible: {resampled}")


def _tell_entries(seen: Summary, screen: Screen) -> None:
    """Say how much of a whole chart was sent, and what of the files was not."""
    counts = {kind: n for kind, n in seen.tally.counts.items() if kind != RESOURCES}
    sent = {kind: n for kind, n in counts.items() if not kind.startswith(CHANGED)}
    if sent:
        screen.say(", ".join(f"{n:,} {kind}" for kind, n in sorted(sent.items())))
    for kind, n in sorted(counts.items()):
        if kind.startswith(CHANGED):
            screen.say(f"{n:,} {kind}")
    if seen.run.files:
        _tell_account(account_of(seen), screen)


def _tell_account(account: dict[str, Any], screen: Screen) -> None:
    screen.say(
        f"of {account['read']:,} resources read {account['sent']:,} sent, "
        f"{sum(account['left_out'].values()):,} left out, "
        f"{account['rejected']:,} rejected with their patient"
    )
    for kind, part in (("left_out", ""), ("parts_left_out", "a part of one ")):
        for reason, n in Counter(account[kind]).most_common(MOST_REASONS):
            screen.say(f"  {n:,} times {part}left out: {reason}", style="yellow")
    for named in account["rejected_patients"]:
        screen.say(f"  not made: {named}", style="red")


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
