"""How fast a server is filled, beside what it can take. By hand: python -m tests.bench.upload.

Wants a server that may be thrown away (--url; the password in BRIDGE_PASSWORD) and is best run on
a quiet machine. Rates are observations a second; each table stands on one server in one go, so
that its figures can be held against each other. What is loaded stays on the server.
"""

import argparse
import json
import math
import os
import secrets
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.delivery.history import Sample
from tests.bench.loading import Bench
from tests.bench.one_by_one import send_one_by_one
from tests.bench.replay import Account, Replayed
from tests.lib.thin_line import THIN, Line, thin_line

CONNECTIONS = range(1, 9)


@dataclass(kw_only=True)
class Table:
    """What was measured, printed as it comes and kept for a file."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, what: str, **figures: float | str) -> None:
        """Print and keep one line."""
        kept = {n: f if isinstance(f, str) else round(float(f), 3) for n, f in figures.items()}
        self.rows.append({"what": what, **kept})
        print(f"{what:32}", "  ".join(f"{name} {figure}" for name, figure in kept.items()))
        sys.stdout.flush()


def main() -> None:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.upload")
    parser.add_argument("--url", required=True)
    parser.add_argument("--user", default="admin")
    parser.add_argument("--patients", type=int, default=200, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, help="the best number, if it is known")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=["speed", "start", "traffic"])
    parser.add_argument("--from", dest="files", type=Path, help="whole charts, for `files`")
    parser.add_argument("--pid", type=int, help="of the server's process, for `slow`")
    given = parser.parse_args()
    account = Account(given.url.rstrip("/"), given.user, os.environ["BRIDGE_PASSWORD"])
    table = Table()
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(
            account=account,
            home=Path(home),
            pid=given.pid,
            best=given.connections,
            files=given.files,
        )
        bench.prepare()
        for part in given.only:
            PARTS[part](bench, table, given.patients, given.rounds)
    if given.json:
        given.json.write_text(json.dumps(table.rows, indent=1))


def measure_speed(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """The ceiling, bridge, and one resource at a time, in turns."""
    bench.ceiling(bench.cohort(patients, _seed()), 4)  # warms the server up
    few = max(40, patients // 4)
    best = bench.best or best_connections(
        table, lambda connections: bench.ceiling(bench.cohort(few, _seed()), connections)
    )
    ceilings, loads, singles = [], [], []
    for _ in range(rounds):
        seed = _seed()
        cohort = bench.cohort(patients, seed)
        ceilings.append(bench.ceiling(cohort, best).rate)
        loaded = bench.load(patients, seed)
        loads.append(loaded)
        ceilings.append(bench.ceiling(cohort, best).rate)
        fewest = bench.cohort(max(5, patients // 40), seed)
        singles.append(send_one_by_one(bench, bench.patients(fewest)).rate)
        ceiling = statistics.mean(ceilings[-2:])
        table.add(
            "ceiling, bridge, one at a time",
            connections=best,
            ceiling=ceiling,
            bridge=loaded.rate,
            while_sending=loaded.observations / loaded.loading_seconds,
            single=singles[-1],
            bridge_of_ceiling=loaded.rate / ceiling,
            sending_of_ceiling=loaded.observations / loaded.loading_seconds / ceiling,
            bridge_to_single=loaded.rate / singles[-1],
            cpu_share=loaded.cpu_share,
            memory_mb=loaded.memory_mb,
            limits=limits_over_time(bench.samples(loaded.run)),
        )
    bridge = sum(load.observations for load in loads) / sum(load.seconds for load in loads)
    ceiling = statistics.mean(ceilings)
    table.add("all rounds", ceiling=ceiling, bridge=bridge, bridge_of_ceiling=bridge / ceiling)


def measure_files(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """Whole charts: the ceiling and bridge in turns, of the patients of files."""
    if bench.files is None:
        raise SystemExit("files: say with --from which")
    charts = bench.charts(bench.files)
    bench.ceiling_of(charts, 4)  # warms the server up
    best = bench.best or best_connections(
        table, lambda connections: bench.ceiling_of(charts, connections, at_most=24)
    )
    ratios = []
    for _ in range(rounds):
        before = bench.ceiling_of(charts, best)
        loaded = bench.load_files(bench.files)
        after = bench.ceiling_of(charts, best)
        bench.undo(loaded.run)
        seconds = statistics.mean((before.seconds, after.seconds))
        ratios.append(seconds / loaded.seconds)
        table.add(
            "whole charts",
            patients=loaded.patients,
            observations=loaded.observations,
            requests=before.requests,
            ceiling_seconds=seconds,
            seconds=loaded.seconds,
            sending=loaded.loading_seconds,
            rate=loaded.rate,
            bridge_of_ceiling=ratios[-1],
            sending_of_ceiling=seconds / loaded.loading_seconds,
            memory_mb=loaded.memory_mb,
        )
    table.add("whole charts, all rounds", bridge_of_ceiling=statistics.mean(ratios))


def best_connections(table: Table, replay: Callable[[int], Replayed]) -> int:
    """Try a replay with 1 to 8 connections, up and down; return the best number."""
    rates: dict[int, list[float]] = {n: [] for n in CONNECTIONS}
    for connections in (*CONNECTIONS, *reversed(CONNECTIONS)):
        rates[connections].append(replay(connections).rate)
    mean = {n: statistics.mean(found) for n, found in rates.items()}
    for connections, rate in mean.items():
        table.add("replay", connections=connections, rate=rate)
    return max(mean, key=lambda n: mean[n])


def measure_start(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """The seconds until one patient with one visit is there, the program's own start included."""
    seconds = [bench.load(1, _seed(), "--visits", "1").seconds for _ in range(rounds)]
    table.add("first patient", median=statistics.median(seconds), worst=max(seconds))


def measure_traffic(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """Requests and bytes of a load, as they go over the line."""
    with thin_line(bench.account.url, Line()) as line:
        loaded = bench.load(patients, _seed(), url=line.url)
    table.add(
        "a patient",
        observations=loaded.observations / patients,
        requests=line.requests / patients,
        bytes_sent=line.up / patients,
        bytes_received=line.down / patients,
    )


def measure_thin_line(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """A load over 1 Mbit/s, 600 ms there and back, 2 % of requests cut; and what that needs."""
    for _ in range(rounds):
        seed = _seed()
        with thin_line(bench.account.url, THIN) as line:
            loaded = bench.load(patients, seed, url=line.url)
        needs: list[Replayed] = []
        for connections in (16, 32):
            whole = Line(bits_per_second=THIN.bits_per_second, round_trip=THIN.round_trip)
            with thin_line(bench.account.url, whole) as uncut:
                needs.append(bench.ceiling(bench.cohort(patients, seed), connections, uncut.url))
        table.add(
            "thin line",
            seconds=loaded.seconds,
            sending=loaded.loading_seconds,
            retries=loaded.retries,
            cuts=line.cuts,
            bytes_alone=8 * max(line.up, line.down) / THIN.bits_per_second,
            **{f"replay_{need.connections}": need.seconds for need in needs},
            ratio=loaded.seconds / min(need.seconds for need in needs),
            limits=limits_over_time(bench.samples(loaded.run)),
        )


def measure_long_run(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """10,000 patients with a visit each: memory, the record's size, the rate at start and end."""
    count = 50 * patients
    few = bench.cohort(2 * patients, _seed(), (1, 1))
    connections = bench.best or 4
    before = bench.ceiling(few, connections).rate
    loaded = bench.load(count, _seed(), "--visits", "1")
    after = bench.ceiling(few, connections).rate
    samples = bench.samples(loaded.run)
    tenth = samples[-1].seconds / 10
    record = sum(path.stat().st_size for path in bench.home.rglob(f"{loaded.run}.db*"))
    table.add(
        "long run",
        patients=count,
        observations=loaded.observations,
        rate=loaded.rate,
        second_tenth=rate_between(samples, tenth, 2 * tenth),
        last_tenth=rate_between(samples, 9 * tenth, math.inf),
        ceiling_before=before,
        ceiling_after=after,
        memory_mb=loaded.memory_mb,
        record_mb=record / 2**20,
        cpu_share=loaded.cpu_share,
    )


def measure_slow_server(bench: Bench, table: Table, patients: int, rounds: int) -> None:
    """A server that has a tenth of its time for half a minute in the middle of a load."""
    if bench.pid is None:
        raise SystemExit("slow: say with --pid which process is the server's")
    pid, begin, end = bench.pid, 20.0, 50.0

    def slow_down() -> None:
        time.sleep(begin)
        until = time.monotonic() + end - begin
        while time.monotonic() < until:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.09)
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.01)

    for _ in range(rounds):
        brake = threading.Thread(target=slow_down)
        brake.start()
        loaded = bench.load(4 * patients, _seed())
        brake.join()
        samples = bench.samples(loaded.run)
        spans = {"before": (0.0, begin), "slow": (begin, end), "after": (end, math.inf)}
        table.add(
            "ten times slower for 30 s",
            retries=loaded.retries,
            **{name: rate_between(samples, *span) for name, span in spans.items()},
            limits=limits_over_time(samples),
        )


def rate_between(samples: Sequence[Sample], begin: float, end: float) -> float:
    """Return the observations a second within a span of a load's time."""
    within = [sample for sample in samples if begin <= sample.seconds < end]
    if len(within) < 2:
        return math.nan
    made = within[-1].observations - within[0].observations
    return made / (within[-1].seconds - within[0].seconds)


def limits_over_time(samples: Sequence[Sample]) -> str:
    """Write when how many requests at once were allowed: 0s 4, 2s 8, 3s 4."""
    changes, before = [], 0
    for sample in samples:
        if sample.workers != before:
            changes.append(f"{sample.seconds:.0f}s {sample.workers}")
            before = sample.workers
    return ", ".join(changes)


def _seed() -> int:
    return secrets.randbelow(2**31)


PARTS: dict[str, Callable[[Bench, Table, int, int], None]] = {
    "speed": measure_speed,
    "start": measure_start,
    "traffic": measure_traffic,
    "files": measure_files,
    "thin": measure_thin_line,
    "long": measure_long_run,
    "slow": measure_slow_server,
}

if __name__ == "__main__":
    main()
