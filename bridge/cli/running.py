"""What the commands on a run have in common: its record, its progress, its summary."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from bridge.cli.access import Access, open_access
from bridge.cli.interrupt import StopSwitch, stop_on_interrupt
from bridge.cli.options import SignIn
from bridge.cli.screen import Screen
from bridge.delivery.concurrency import START_WORKERS, ConcurrencyLimit
from bridge.delivery.ledger import (
    Ledger,
    Phase,
    Run,
    State,
    Summary,
    find_record,
    read_summary,
    records,
)
from bridge.delivery.run import ClientPool, carry_on, delivery_of, plan_run
from bridge.errors import InputError, Interrupted, LedgerError, ServerError
from bridge.mapping.model import Mapping
from bridge.recipe import Cohort
from bridge.wording import how_many

OK, SOME_REJECTED = 0, 1


def records_folder(home: Path) -> Path:
    """Return where the records of runs are kept."""
    return home.absolute() / "runs"


def summaries(home: Path, server: str | None = None) -> list[tuple[Path, Summary | LedgerError]]:
    """Return the records, the newest first, of one server or of all; a damaged one as its error."""
    seen: list[tuple[Path, Summary | LedgerError]] = []
    for path in records(records_folder(home)):
        try:
            found = read_summary(path)
        except LedgerError as error:
            seen.append((path, error))
        else:
            if server in (None, found.run.server):
                seen.append((path, found))
    return sorted(seen, key=lambda record: _begun(record[1]), reverse=True)


def _begun(seen: Summary | LedgerError) -> str:
    return seen.run.created if isinstance(seen, Summary) else ""


def choose_record(
    home: Path,
    name: str | None,
    fits: Callable[[Summary], bool],
    *,
    kind: str = "",
    server: str | None = None,
) -> Path:
    """Return the record of run `name`, or of the newest run that fits, which `kind` describes."""
    if name is not None:
        return find_record(records_folder(home), name)
    known = summaries(home, server)
    for path, seen in known:
        if isinstance(seen, Summary) and fits(seen):
            return path
    where = f" on {server}" if server else ""
    if not known:
        raise InputError(f"no run is on record{where}: `bridge load` makes one")
    raise InputError(f"no run on record{where} {kind}: `bridge runs` lists them")


def summary_of(seen: Summary) -> dict[str, Any]:
    """Return what a record says, for --json."""
    return {
        "run": seen.run.name,
        "begun": seen.run.created,
        "server": seen.run.server,
        "state": seen.progress.phase,
        "patients": {"requested": seen.run.patients, **seen.counts},
        **seen.totals._asdict(),
        "requests": seen.progress.requests,
        "retries": seen.progress.retries,
        "seconds": round(seen.progress.seconds, 2),
        **described(seen.run),
        "rejections": [{"patient": n, "reason": reason} for n, reason in seen.reasons],
    }


def described(run: Run) -> dict[str, Any]:
    """Return what a run's patients follow from, as JSON values."""
    recipe, mapping = asdict(run.recipe), asdict(run.mapping)
    return {"recipe": json_values(recipe), "mapping": mapping}


def json_values(found: dict[str, Any]) -> dict[str, Any]:
    """Write the days in a recipe as JSON has them."""
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in found.items()}


def access_of_run(
    ledger: Ledger, sign_in: SignIn, screen: Screen, switch: StopSwitch
) -> AbstractContextManager[Access]:
    """Open the server that a run is on, as the user who began it unless another is named."""
    user = sign_in.user or ledger.run.user
    return open_access(ledger.run.server, replace(sign_in, user=user), screen, switch)


def carry_on_run(
    ledger: Ledger,
    cohort: Cohort,
    mapping: Mapping,
    access: Access,
    workers: int | None,
    screen: Screen,
    switch: StopSwitch,
) -> int:
    """Make what a run still lacks, say what came of it, and return the exit code."""
    with _resumable(ledger.run.name), stop_on_interrupt(switch):
        send_run(ledger, cohort, mapping, access, workers, screen, switch)
    return _summarize(ledger, cohort, access, screen)


def send_run(
    ledger: Ledger,
    cohort: Cohort,
    mapping: Mapping,
    access: Access,
    workers: int | None,
    screen: Screen,
    switch: StopSwitch,
) -> None:
    """Make what a run still lacks, and show it."""
    run = ledger.run
    if ledger.progress.phase is Phase.PLANNING:
        screen.doing("reserving identifiers")
        with closing(access.connect()) as client:
            plan_run(ledger, cohort, client)
    # On a long line several connections have asked what the server has: they can go on.
    concurrency = ConcurrencyLimit(workers, start=max(START_WORKERS, len(access.spare)))
    pool = ClientPool(access.connect, concurrency, switch)
    counts = ledger.counts()
    waiting = counts[State.PLANNED] + counts[State.SENT]
    with screen.progress("patients", waiting) as work:
        work.at_once(pool.concurrency.limit)
        for row in carry_on(ledger, cohort, delivery_of(run, mapping), pool):
            work.advance(observations=row.observations)
            work.at_once(pool.concurrency.limit)


@contextmanager
def _resumable(run: str) -> Iterator[None]:
    """Say, with whatever ends a run early, how to go on with it."""
    hint = f"What was accepted is kept: `bridge resume {run}`"
    try:
        yield
    except (Interrupted, ServerError, InputError) as error:
        raise type(error)(f"{error}. {hint}") from error
    except KeyboardInterrupt:
        raise Interrupted(f"stopped at once. {hint}") from None


def result_of(seen: Summary) -> dict[str, Any]:
    """Return what came of a load, for --json."""
    progress, totals = seen.progress, seen.totals
    rate = totals.observations / progress.seconds if progress.seconds else 0.0
    return {
        "run": seen.run.name,
        "seed": getattr(seen.run.recipe, "seed", None),
        "server": seen.run.server,
        "patients": {
            "requested": seen.run.patients,
            "created": seen.counts[State.CREATED],
            "already_there": seen.counts[State.ALREADY_THERE],
            "rejected": seen.counts[State.REJECTED],
        },
        **totals._asdict(),
        "requests": progress.requests,
        "retries": progress.retries,
        "seconds": round(progress.seconds, 2),
        "observations_per_second": round(rate, 1),
        "rejections": [{"patient": n, "reason": reason} for n, reason in seen.reasons],
    }


def _summarize(ledger: Ledger, cohort: Cohort, access: Access, screen: Screen) -> int:
    result = result_of(read_summary(ledger.path))
    screen.json({**result, "resampled": cohort.resampled})
    rejected = [(row.number, row.reason) for row in ledger.rows(State.REJECTED)]
    if not screen.as_json:
        _tell(ledger, cohort, result["observations_per_second"], rejected, access, screen)
    return SOME_REJECTED if rejected else OK


def _tell(
    ledger: Ledger,
    cohort: Cohort,
    rate: float,
    rejected: list[tuple[int, str]],
    access: Access,
    screen: Screen,
) -> None:
    name, counts, totals = ledger.run.name, ledger.counts(), ledger.totals()
    screen.say(
        f"{how_many(counts[State.CREATED], 'patient')}, {how_many(totals.visits, 'visit')}, "
        f"{how_many(totals.observations, 'observation')} in {ledger.progress.seconds:.1f} s "
        f"({rate:.0f} observations/s)"
    )
    if counts[State.ALREADY_THERE]:
        there = how_many(counts[State.ALREADY_THERE], "patient")
        screen.say(f"there already, from an earlier run: {there}")
    if cohort.resampled:
        resampled = how_many(cohort.resampled, "patient")
        screen.say(f"drawn again, for a value that was impossible: {resampled}")
    for number, reason in rejected:
        screen.say(f"patient {number} was rejected: {reason}", style="red")
    screen.say("Next:")
    following = {
        "bridge sandbox": "look at them in a browser",
        f"bridge verify {name}": "read them back and compare",
        f"bridge report {name}": "what came of it, as one HTML page",
        f"bridge undo {name}": "take them off again",
    }
    for command, purpose in following.items():
        if access.is_sandbox or command != "bridge sandbox":
            screen.say(f"  {command:<{len(name) + 15}}{purpose}")
