"""`bridge load --sites`: several servers at once, each with a run, and a failure, of its own."""

import os
import secrets
import shlex
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from bridge.cli.access import reach, read_password, readable_certificates, warn_of_http
from bridge.cli.begin import Foretold, Wanted, begin, foretell, wanted_mapping
from bridge.cli.faults import FAULT, write_fault
from bridge.cli.interrupt import StopSwitch, stop_on_interrupt
from bridge.cli.options import CohortFlags, MappingFlags, ServerFlags
from bridge.cli.running import OK, SOME_REJECTED, result_of, send_run
from bridge.cli.screen import Screen
from bridge.delivery.ledger import UNFINISHED, State, Summary, read_summary
from bridge.errors import BridgeError, InputError, Interrupted, SignInRefused
from bridge.openmrs.transport import Server
from bridge.sites import Site, load_sites, site_seed
from bridge.wording import how_many

LOOK_UP_SECONDS = 0.2


class Round(NamedTuple):
    """What one load asks of all its sites; of the server's flags those that concern no one site."""

    asked: CohortFlags
    of_mapping: MappingFlags
    server: ServerFlags
    workers: int | None
    dry_run: bool
    yes: bool


@dataclass(slots=True, kw_only=True)
class Part:
    """One site's part of a load, and what came of it."""

    site: Site
    seed: int
    screen: Screen
    over: threading.Event = field(default_factory=threading.Event)
    code: int = OK
    error: str = ""
    record: Path | None = None
    foretold: Foretold | None = None


def load_onto_sites(path: Path, of_all: Round, screen: Screen, switch: StopSwitch) -> int:
    """Load onto every site of a file; return the highest exit code of any."""
    sites = load_sites(path)
    seed = secrets.randbelow(2**32) if of_all.asked.seed is None else of_all.asked.seed
    parts = [
        Part(
            site=site,
            seed=site_seed(seed, site.name) if site.seed is None else site.seed,
            screen=screen.part(site.name),
        )
        for site in sites
    ]
    started = time.monotonic()
    with screen.showing(switch), stop_on_interrupt(switch):
        _load_all(parts, of_all, switch)
    seconds = time.monotonic() - started
    if of_all.dry_run:
        _tell_foretold(parts, seed, screen)
    else:
        _tell(parts, seed, seconds, screen)
    return max(part.code for part in parts)


def _load_all(parts: list[Part], of_all: Round, switch: StopSwitch) -> None:
    threads = []
    for part in parts:
        part.screen.work.stop = switch
        part.screen.doing("starting")
        threads.append(
            # A daemon, so that a second Ctrl-C need not wait for a server that hangs.
            threading.Thread(
                target=_load_site, args=(part, of_all, switch), name=part.site.name, daemon=True
            )
        )
    try:
        for thread in threads:
            thread.start()
        for part in parts:
            # Not join: in CPython 3.11 one that is interrupted takes the thread for ended.
            while not part.over.wait(LOOK_UP_SECONDS):
                pass
    except KeyboardInterrupt:
        for part in parts:
            if not part.over.is_set():
                part.code, part.error = Interrupted.exit_code, "stopped at once"


def _load_site(part: Part, of_all: Round, switch: StopSwitch) -> None:
    """Load onto one site; whatever goes wrong is that site's result."""
    try:
        _bring(part, of_all, switch)
    except SignInRefused as error:
        source = part.site.password_file or part.site.password_env
        part.code = error.exit_code
        part.error = f"{part.site.url} does not accept user {part.site.user!r} with the password "
        part.error += f"of {source}"
    except BridgeError as error:
        part.code, part.error = error.exit_code, str(error)
    except Exception as error:
        part.code, part.error = FAULT, write_fault(error)
    done = f"done: {how_many(part.screen.work.done, 'patient')}"
    part.screen.work.finish(part.error.removeprefix(part.site.url).lstrip(": ") or done)
    part.over.set()


def _bring(part: Part, of_all: Round, switch: StopSwitch) -> None:
    site, screen = part.site, part.screen
    wanted = _wanted(part, of_all)
    warn_of_http(site.url, screen)
    with reach(_server(site, of_all), screen, switch) as access:
        if of_all.dry_run:
            part.foretold = foretell(access, wanted, screen)
            return
        with begin(access, wanted, of_all.server.home, screen, switch) as (ledger, cohort):
            part.record = ledger.path
            send_run(ledger, cohort, wanted.mapping, access, of_all.workers, screen, switch)
            part.code = SOME_REJECTED if ledger.counts()[State.REJECTED] else OK


def _wanted(part: Part, of_all: Round) -> Wanted:
    site, asked = part.site, of_all.asked
    of_mapping = replace(
        of_all.of_mapping,
        profile=site.profile or of_all.of_mapping.profile,
        mapping_file=Path(site.mapping_file)
        if site.mapping_file
        else of_all.of_mapping.mapping_file,
    )
    return Wanted(
        asked=replace(
            asked,
            count=site.count or asked.count,
            seed=part.seed,
            population=site.population or asked.population,
        ),
        folder=None,
        mapping=wanted_mapping(of_mapping, part.screen),
        mapping_file=of_mapping.mapping_file,
        profile=of_mapping.profile,
        yes=of_all.yes,
        may_ask=False,
    )


def _server(site: Site, of_all: Round) -> Server:
    ca_file = Path(site.ca_file) if site.ca_file else of_all.server.ca_file
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


def _tell(parts: list[Part], seed: int, seconds: float, screen: Screen) -> None:
    seen = [_glance(part) for part in parts]
    results = [result_of(one) if one else None for one in seen]
    totals = _totals([result for result in results if result])
    sites = [
        {**_head(part), "resume": _resume(part, one), **(result or {"server": part.site.url})}
        for part, one, result in zip(parts, seen, results, strict=True)
    ]
    screen.json({"seed": seed, "sites": sites, **totals, "seconds": round(seconds, 2)})
    if screen.as_json:
        return
    screen.table(
        ("site", "patients", "visits", "observations", "run"),
        (_row(part, result) for part, result in zip(parts, results, strict=True)),
    )
    done = totals["patients"]["created"] + totals["patients"]["already_there"]
    rate = totals["observations"] / max(seconds, 0.001)
    screen.say(
        f"{how_many(done, 'patient')}, {how_many(totals['visits'], 'visit')}, "
        f"{how_many(totals['observations'], 'observation')} on {how_many(len(parts), 'site')} in "
        f"{seconds:.1f} s ({rate:.0f} observations/s)"
    )
    _tell_failures(parts, results, screen)
    screen.say(f"The same file with --seed {seed} gives the same patients on the same day.")
    _tell_next(parts, seen, screen)


def _glance(part: Part) -> Summary | None:
    """Read what a site's run came to; a record that cannot be read is that site's failure, too."""
    try:
        return read_summary(part.record) if part.record else None
    except BridgeError as error:
        part.code, part.error = max(part.code, error.exit_code), str(error)
        return None


def _totals(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up what came of each run."""
    patients: Counter[str] = Counter(requested=0, created=0, already_there=0, rejected=0)
    sums: Counter[str] = Counter(visits=0, encounters=0, observations=0, requests=0, retries=0)
    for result in results:
        patients.update(result["patients"])
        sums.update({key: result[key] for key in sums})
    return {"patients": dict(patients), **sums}


def _head(part: Part) -> dict[str, Any]:
    return {
        "name": part.site.name,
        "exit_code": part.code,
        "error": part.error or None,
        "run": None,
        "seed": part.seed,
    }


def _row(part: Part, result: dict[str, Any] | None) -> list[str]:
    if result is None:
        return [part.site.name, "-", "-", "-", "-"]
    patients = result["patients"]
    here = patients["created"] + patients["already_there"]
    return [
        part.site.name,
        f"{here:,} of {patients['requested']:,}",
        f"{result['visits']:,}",
        f"{result['observations']:,}",
        result["run"],
    ]


def _tell_failures(parts: list[Part], results: list[dict[str, Any] | None], screen: Screen) -> None:
    for part, result in zip(parts, results, strict=True):
        if part.error:
            screen.say(f"{part.site.name}: {part.error}", style="red")
        for rejection in result["rejections"] if result else ():
            screen.say(
                f"{part.site.name}: patient {rejection['patient']} was rejected: "
                f"{rejection['reason']}",
                style="red",
            )


def _tell_next(parts: list[Part], seen: list[Summary | None], screen: Screen) -> None:
    commands = [
        f"{part.site.name}: {command}"
        for part, one in zip(parts, seen, strict=True)
        if (command := _resume(part, one))
    ]
    if any(seen):
        commands += [
            "bridge verify RUN   read a site's patients back and compare",
            "bridge undo RUN     take them off again",
        ]
    for line in ["Next:", *(f"  {command}" for command in commands)] if commands else ():
        screen.say(line)


def _resume(part: Part, seen: Summary | None) -> str | None:
    """Return what goes on with a site's run that is not at its end."""
    if not seen or seen.progress.phase not in UNFINISHED:
        return None
    flags = {"--password-file": part.site.password_file, "--ca-file": part.site.ca_file}
    given = [f" {flag} {shlex.quote(file)}" for flag, file in flags.items() if file]
    return f"bridge resume {seen.run.name}{''.join(given)}"


def _tell_foretold(parts: list[Part], seed: int, screen: Screen) -> None:
    known = [part.foretold for part in parts if part.foretold]
    totals = {
        key: sum(getattr(one, key) for one in known)
        for key in ("patients", "visits", "observations", "requests")
    }
    sites = [
        {**_head(part), **(part.foretold._asdict() if part.foretold else {})} for part in parts
    ]
    screen.json({"dry_run": True, "seed": seed, "sites": sites, **totals})
    if screen.as_json:
        return
    screen.table(
        ("site", "patients", "visits", "observations", "requests", "seed"),
        (
            [
                part.site.name,
                *(f"{getattr(part.foretold, key):,}" if part.foretold else "-" for key in totals),
                str(part.seed),
            ]
            for part in parts
        ),
    )
    _tell_failures(parts, [None] * len(parts), screen)
    screen.say(f"Nothing was written. These are the sites' patients of --seed {seed}.")
