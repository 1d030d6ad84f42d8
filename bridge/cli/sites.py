"""`bridge load --sites`: several servers at once, each with a run, and a failure, of its own."""

import os
import random
import shlex
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from bridge.cli.access import (
    clock,
    read_password,
    readable_certificates,
    records_folder,
)
from bridge.cli.advice import worded
from bridge.cli.faults import FAULT, write_fault
from bridge.cli.interrupt import StopSwitch
from bridge.cli.options import ServerFlags
from bridge.cli.outcomes import OK, SOME_REJECTED, json_of
from bridge.cli.screen import Screen
from bridge.delivery.ledger import UNFINISHED, State, Summary
from bridge.errors import BridgeError, InputError, Remedy, SignInRefused
from bridge.openmrs.transport import Server
from bridge.runs.connecting import connected
from bridge.runs.preparing import LoadRequest
from bridge.runs.sites import SiteLoad, SitesLoad, load_onto_sites
from bridge.runs.surroundings import Connection, Surroundings
from bridge.sites import Site, load_sites
from bridge.wording import how_many


def load_sites_of(
    path: Path,
    load: LoadRequest,
    server: ServerFlags,
    screen: Screen,
    switch: StopSwitch,
    *,
    dry_run: bool,
) -> int:
    """Load onto every site of a file; return the highest exit code of any."""
    sites = load_sites(path)
    randomness = random.SystemRandom()
    patients = load.patients.with_seed(randomness)
    seed = patients.seed
    assert seed is not None
    request = SitesLoad(
        sites=sites, seed=seed, load=replace(load, patients=patients), dry_run=dry_run
    )
    screens = {site.name: _screen_of(site, screen, switch) for site in sites}
    around = _around(screens, server, switch)
    started = time.monotonic()
    with screen.showing(switch):
        loads = load_onto_sites(request, around, switch, lambda one: _end(one, screens))
    ended = [_ended(one) for one in loads]
    if dry_run:
        _tell_estimates(ended, seed, screen)
    else:
        _tell(ended, seed, time.monotonic() - started, screen)
    return max(one.code for one in ended)


class Ended(NamedTuple):
    """What came of one site, in words."""

    load: SiteLoad
    code: int
    error: str

    @property
    def name(self) -> str:
        """The site's name."""
        return self.load.site.name

    @property
    def result(self) -> dict[str, Any] | None:
        """What its run came to, for --json."""
        return json_of(self.load.summary) if self.load.summary else None


def _screen_of(site: Site, screen: Screen, switch: StopSwitch) -> Screen:
    part = screen.part(site.name)
    part.work.stop = switch
    part.doing("starting")
    return part


def _around(
    screens: dict[str, Screen], flags: ServerFlags, switch: StopSwitch
) -> Callable[[Site], Surroundings]:
    time_of_day = clock()

    def around(site: Site) -> Surroundings:
        screen = screens[site.name]

        def open_server(name: str, user: str | None) -> AbstractContextManager[Connection]:
            return connected(_server(site, flags), screen, switch)

        return Surroundings(
            records=records_folder(flags.home),
            open_server=open_server,
            listener=screen,
            clock=time_of_day,
            stop=switch,
        )

    return around


def _server(site: Site, flags: ServerFlags) -> Server:
    ca_file = Path(site.ca_file) if site.ca_file else flags.ca_file
    return Server(
        url=site.url,
        user=site.user,
        password=_password(site),
        ca_file=readable_certificates(ca_file) if ca_file else None,
    )


def _password(site: Site) -> str:
    if site.password_file:
        return read_password(Path(site.password_file))
    name = site.password_env or ""
    if not (password := os.environ.get(name)):
        raise InputError(f"the password of {site.user} on {site.url} is missing: set {name}")
    return password


def _end(load: SiteLoad, screens: dict[str, Screen]) -> None:
    """Show that a site is at its end, and why, where that is early."""
    work = screens[load.site.name].work
    done = f"done: {how_many(work.done, 'patient')}"
    why = _why(load.error, load.site) if load.error else f"{load.fault or done}"
    work.finish(why.removeprefix(load.site.url).lstrip(": "))


def _ended(load: SiteLoad) -> Ended:
    if load.fault:
        return Ended(load, FAULT, write_fault(load.fault))
    if load.error:
        return Ended(load, load.error.exit_code, _why(load.error, load.site))
    rejected = load.summary.counts[State.REJECTED] if load.summary else 0
    return Ended(load, SOME_REJECTED if rejected else OK, "")


def _why(error: BridgeError, site: Site) -> str:
    if isinstance(error, SignInRefused):
        source = site.password_file or site.password_env
        return f"{site.url} does not accept user {site.user!r} with the password of {source}"
    return worded(error, without={Remedy.RESUME})


def _tell(ended: list[Ended], seed: int, seconds: float, screen: Screen) -> None:
    totals = _totals([one.result for one in ended if one.result])
    sites = [
        {
            **_head(one),
            "resume": _resume(one.load.site, one.load.summary),
            **(one.result or {"server": one.load.site.url}),
        }
        for one in ended
    ]
    screen.json({"seed": seed, "sites": sites, **totals, "seconds": round(seconds, 2)})
    if screen.as_json:
        return
    screen.table(("site", "patients", "visits", "observations", "run"), map(_row, ended))
    done = totals["patients"]["created"] + totals["patients"]["already_there"]
    rate = totals["observations"] / max(seconds, 0.001)
    screen.say(
        f"{how_many(done, 'patient')}, {how_many(totals['visits'], 'visit')}, "
        f"{how_many(totals['observations'], 'observation')} on {how_many(len(ended), 'site')} in "
        f"{seconds:.1f} s ({rate:.0f} observations/s)"
    )
    _tell_failures(ended, screen)
    screen.say(f"The same file with --seed {seed} gives the same patients on the same day.")
    _tell_next(ended, screen)


def _totals(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up what came of each run."""
    patients: Counter[str] = Counter(requested=0, created=0, already_there=0, rejected=0)
    sums: Counter[str] = Counter(visits=0, encounters=0, observations=0, requests=0, retries=0)
    for result in results:
        patients.update(result["patients"])
        sums.update({key: result[key] for key in sums})
    return {"patients": dict(patients), **sums}


def _head(one: Ended) -> dict[str, Any]:
    return {
        "name": one.name,
        "exit_code": one.code,
        "error": one.error or None,
        "run": None,
        "seed": one.load.seed,
    }


def _row(one: Ended) -> list[str]:
    seen = one.load.summary
    if seen is None:
        return [one.name, "-", "-", "-", "-"]
    return [
        one.name,
        f"{seen.made:,} of {seen.run.patients:,}",
        f"{seen.totals.visits:,}",
        f"{seen.totals.observations:,}",
        seen.run.name,
    ]


def _tell_failures(ended: list[Ended], screen: Screen) -> None:
    for one in ended:
        if one.error:
            screen.say(f"{one.name}: {one.error}", style="red")
        for number, reason in one.load.summary.reasons if one.load.summary else ():
            screen.say(f"{one.name}: patient {number} was rejected: {reason}", style="red")


def _tell_next(ended: list[Ended], screen: Screen) -> None:
    commands = [
        f"{one.name}: {command}"
        for one in ended
        if (command := _resume(one.load.site, one.load.summary))
    ]
    if any(one.load.summary for one in ended):
        commands += [
            "bridge verify RUN   read a site's patients back and compare",
            "bridge undo RUN     take them off again",
        ]
    for line in ["Next:", *(f"  {command}" for command in commands)] if commands else ():
        screen.say(line)


def _resume(site: Site, seen: Summary | None) -> str | None:
    """Return what goes on with a site's run that is not at its end."""
    if not seen or seen.progress.phase not in UNFINISHED:
        return None
    flags = {"--password-file": site.password_file, "--ca-file": site.ca_file}
    given = [f" {flag} {shlex.quote(file)}" for flag, file in flags.items() if file]
    return f"bridge resume {seen.run.name}{''.join(given)}"


def _tell_estimates(ended: list[Ended], seed: int, screen: Screen) -> None:
    keys = ("patients", "visits", "observations", "requests")
    known = [one.load.estimate for one in ended if one.load.estimate]
    totals = {key: sum(getattr(one, key) for one in known) for key in keys}
    sites = [
        {**_head(one), **(one.load.estimate._asdict() if one.load.estimate else {})}
        for one in ended
    ]
    screen.json({"dry_run": True, "seed": seed, "sites": sites, **totals})
    if screen.as_json:
        return
    rows = []
    for one in ended:
        found = one.load.estimate
        counts = [f"{getattr(found, key):,}" if found else "-" for key in keys]
        rows.append([one.name, *counts, str(one.load.seed)])
    screen.table(("site", *keys, "seed"), rows)
    _tell_failures(ended, screen)
    screen.say(f"Nothing was written. These are the sites' patients of --seed {seed}.")
