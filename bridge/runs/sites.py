"""A load onto several servers at once, each with a run, and a failure, of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.delivery.ledger import Summary, read_summary
from bridge.errors import BridgeError, Interrupted
from bridge.runs.loading import Estimate, estimate, send_patients
from bridge.runs.preparing import LoadRequest, prepare
from bridge.runs.surroundings import Stop, Surroundings
from bridge.sites import Site, site_seed

LOOK_UP_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class SitesLoad:
    """One load onto many sites; `load` says what a site's own keys do not."""

    sites: tuple[Site, ...]
    seed: int
    load: LoadRequest
    dry_run: bool = False
    """Only count what would be sent."""

    def of(self, site: Site) -> LoadRequest:
        """Return the load of one site."""
        load = self.load
        return replace(
            load,
            server=site.url,
            user=site.user,
            mapping_file=Path(site.mapping_file) if site.mapping_file else load.mapping_file,
            profile=site.profile or load.profile,
            patients=replace(
                load.patients,
                count=site.count or load.patients.count,
                seed=site_seed(self.seed, site.name) if site.seed is None else site.seed,
                population=site.population or load.patients.population,
            ),
        )


@dataclass(slots=True, kw_only=True)
class SiteLoad:
    """One site's part of a load, and what came of it."""

    site: Site
    seed: int
    error: BridgeError | None = None
    fault: Exception | None = None
    """What came of a fault in bridge itself."""
    record: Path | None = None
    summary: Summary | None = None
    estimate: Estimate | None = None
    over: threading.Event = field(default_factory=threading.Event)


OnEnd = Callable[[SiteLoad], None]


def load_onto_sites(
    request: SitesLoad, around: Callable[[Site], Surroundings], stop: Stop, on_end: OnEnd
) -> list[SiteLoad]:
    """Load onto all sites at once; whatever goes wrong at one is that site's result.

    `around` gives each site a listener and a sign-in of its own; `on_end` hears, in the thread of
    the site, that it is at its end.
    """
    loads, threads = [], []
    for site in request.sites:
        asked = request.of(site)
        assert asked.patients.seed is not None
        load = SiteLoad(site=site, seed=asked.patients.seed)
        arguments = (load, asked, around(site), request.dry_run, on_end)
        loads.append(load)
        # A daemon, so that a second interrupt need not wait for a server that hangs.
        threads.append(
            threading.Thread(target=_load_site, args=arguments, name=site.name, daemon=True)
        )
    with stop.heeded():
        _run_all(loads, threads)
    for load in loads:
        _look(load)
    return loads


def _run_all(loads: list[SiteLoad], threads: list[threading.Thread]) -> None:
    try:
        for thread in threads:
            thread.start()
        for load in loads:
            # Not join: in CPython 3.11 one that is interrupted takes the thread for ended.
            while not load.over.wait(LOOK_UP_SECONDS):
                pass
    except KeyboardInterrupt:
        for load in loads:
            if not load.over.is_set():
                load.error = Interrupted("stopped at once")


def _load_site(
    load: SiteLoad, asked: LoadRequest, around: Surroundings, dry_run: bool, on_end: OnEnd
) -> None:
    try:
        if dry_run:
            load.estimate = estimate(asked, around)
        else:
            _bring(load, asked, around)
    except BridgeError as error:
        load.error = error
    except Exception as error:
        load.fault = error
    on_end(load)
    load.over.set()


def _bring(load: SiteLoad, asked: LoadRequest, around: Surroundings) -> None:
    with (
        around.open_server(asked.server, asked.user) as connection,
        prepare(asked, connection, around) as prepared,
    ):
        load.record = prepared.ledger.path
        send_patients(prepared, asked.workers, around)


def _look(load: SiteLoad) -> None:
    """Read what a site's run came to; a record that cannot be read is that site's failure, too."""
    try:
        load.summary = read_summary(load.record) if load.record else None
    except BridgeError as error:
        load.error = load.error or error
