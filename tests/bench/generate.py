"""How fast patients are made. Run by hand: python -m tests.bench.generate [--json FILE].

Each figure is taken in a process of its own, on one thread. Seconds of the processor count where
others share the machine; memory is what all processes of a command hold together (Linux).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

SET_UP = """
import time
from datetime import date
from bridge.mapping.loading import load_mapping
from bridge.synthesis.cohort import GeneratedCohort, Request
limits = {name: entry.plausible for name, entry in load_mapping(None).measurements.items()}
request = Request(
    seed=1, as_of=date(2026, 11, 21), population="kenya", visits=(1, 5), limits=limits
)
"""

SAMPLING = (
    SET_UP
    + """
import numpy as np
from bridge.flows.checkpoint import load_model
from bridge.flows.normals import normals
from bridge.synthesis.vitals import Visits, Vitals
vitals = Vitals(load_model("population"), load_model("illness"), limits)
stream = np.random.default_rng(1)
people = 4096
count = stream.integers(1, 6, people)
months = np.sort(stream.uniform(0, 24, (people, 5))) + stream.uniform(1, 900, (people, 1))
triage = stream.choice([0, 0, 0, 3, 4, 5], (people, 5))
visits = Visits(count=count, sex=stream.choice(["F", "M"], people), months=months, triage=triage)
drawn = lambda marked, shape: normals(stream.random((np.count_nonzero(marked), *shape)))
def took(work):
    start = time.process_time()
    done = work()
    return done / (time.process_time() - start)
def measure():
    vitals.measure(visits, drawn)
    return int(count.sum())
measure()
print(max(took(measure) for _ in range(10)))
cohort = GeneratedCohort(request, 100_000)
print(max(took(lambda: len(cohort.part(place).values)) for place in range(10)))
"""
)

FIRST_SAMPLES = """
import numpy as np
from bridge.flows.checkpoint import load_model
from bridge.flows.normals import normals
from bridge.synthesis.vitals import Visits, Vitals
vitals = Vitals(load_model("population"), load_model("illness"), {})
stream = np.random.default_rng(1)
visits = Visits(
    count=np.full(500, 2),
    sex=np.array(["F", "M"] * 250),
    months=np.linspace(0, 900, 500)[:, None] + [[0.0, 6.0]],
    triage=stream.choice([0, 4], (500, 2)),
)
vitals.measure(visits, lambda some, shape: normals(stream.random((int(some.sum()), *shape))))
"""

FIRST_PATIENTS = SET_UP + "rows = GeneratedCohort(request, 334).part(0).values"


class Cost(NamedTuple):
    """What a command took: seconds by the wall, of all its processes' work, and peak memory."""

    seconds: float
    processor_seconds: float
    megabytes: float


def cost(*command: str) -> Cost:
    """Run a command, and measure it with all processes that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL)
    peak = [0.0]
    watch = threading.Thread(target=_watch, args=(process, peak))
    watch.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    watch.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(round(seconds, 3), round(work, 3), round(peak[0]))


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_resident, _family(process.pid))))
        time.sleep(0.2)


def _family(first: int) -> list[int]:
    """Return a process and all that come from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    family = [first]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _resident(process: int) -> float:
    """Return how many megabytes a process holds, those that it shares split among the sharers."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def sampling() -> dict[str, float]:
    """Return visits per second of one core."""
    command = [sys.executable, "-c", SAMPLING]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(), check=True, capture_output=True, text=True
    )
    measured, made = map(float, done.stdout.split())
    return {"visits/s, measurements alone": round(measured), "visits/s, patients": round(made)}


def first_rows() -> dict[str, Cost]:
    """Return what the first 1,000 rows of a new process cost: the best of seven."""
    programs = {"1,000 rows, measurements alone": FIRST_SAMPLES, "334 patients": FIRST_PATIENTS}
    return {
        name: min(cost(sys.executable, "-c", program) for _ in range(7))
        for name, program in programs.items()
    }


def files(counts: list[int], form: str, workers: str) -> dict[str, Cost]:
    """Return what `bridge generate` costs, by count."""
    costs = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            asked = ["--count", str(count), "--visits", "1-5", "--seed", "1", "--format", form]
            where = ["--out", f"{folder}/made", "--workers", workers, "--as-of", "2026-11-21"]
            command = [sys.executable, "-m", "bridge", "generate", *asked, *where]
            costs[f"generate {count:,} as {form}, {workers} workers"] = cost(*command)
    return costs


def main() -> None:
    """Measure, print a table and write it where it is asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path, help="also write the figures here")
    options.add_argument("--counts", default="10000,100000,1000000")
    options.add_argument("--format", default="parquet")
    options.add_argument("--workers", default="2")
    given = options.parse_args()
    rates = sampling()
    for name, rate in rates.items():
        print(f"{name:44} {rate:10,.0f}")
    counts = [int(count) for count in given.counts.split(",")]
    costs = first_rows() | files(counts, given.format, given.workers)
    print(f"{'':44} {'seconds':>10} {'CPU s':>10} {'MB':>8}")
    for name, (seconds, work, memory) in costs.items():
        print(f"{name:44} {seconds:10.2f} {work:10.2f} {memory:8.0f}")
    made = list(costs.values())[2:]
    growth = (made[-1].processor_seconds / counts[-1]) / (made[0].processor_seconds / counts[0])
    print(f"{'CPU s a patient, the largest to the smallest':44} {growth:10.2f}")
    if given.json:
        report = {**rates, **{name: c._asdict() for name, c in costs.items()}, "growth": growth}
        given.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
