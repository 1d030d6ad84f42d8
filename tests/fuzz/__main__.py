"""Fuzz every parser in turn by atheris: `python -m tests.fuzz [--seconds N] [--only NAME]`.

`--inputs N --seed K` tries so many spoilt seeds instead, without atheris: blind to what they
reach, but several times as fast, and the same again. Otherwise it needs `pip install ".[fuzz]"`.
Prints a table; exits with 1 if anything was found, and says where the inputs are. `--again FILE
--only NAME` tries one of them once more.
"""

import argparse
import importlib.util
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bridge.errors import BridgeError
from tests.fuzz.findings import save_finding
from tests.fuzz.spoiling import spoilt
from tests.fuzz.targets import TARGETS, allowed


class Result(NamedTuple):
    """What became of one target."""

    name: str
    inputs: int
    taken: int
    """How many were read to the end, not refused; counted in hundreds."""
    seconds: float
    findings: int


def main() -> int:
    """Run the campaigns and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="for each target")
    parser.add_argument("--only", choices=TARGETS, action="append", help="this target")
    parser.add_argument("--inputs", type=int, help="for each target, without atheris")
    parser.add_argument("--seed", type=int, default=1, help="of --inputs")
    parser.add_argument("--again", type=Path, help="an input that was found")
    asked = parser.parse_args()
    names = asked.only or list(TARGETS)
    if asked.again:
        for name in names:
            with TARGETS[name].start() as trial:
                allowed(trial)(asked.again.read_bytes())
        return 0
    if not asked.inputs and importlib.util.find_spec("atheris") is None:
        parser.error('atheris is not installed: pip install ".[fuzz]" (Linux only)')
    folder = Path(tempfile.mkdtemp(prefix="bridge-fuzz-found-"))
    results = []
    print(f"{'target':<12}{'inputs':>10}{'taken':>10}{'seconds':>9}{'findings':>10}")
    for name in names:
        results.append(
            _blind(name, asked.inputs, asked.seed, folder)
            if asked.inputs
            else _campaign(name, asked.seconds, folder)
        )
        print("{:<12}{:>10,}{:>10,}{:>9.0f}{:>10}".format(*results[-1]), flush=True)
    findings = sum(result.findings for result in results)
    fields = ("inputs", "taken", "seconds")
    inputs, taken, seconds = (sum(getattr(r, field) for r in results) for field in fields)
    print(f"{'all':<12}{inputs:>10,}{taken:>10,}{seconds:>9.0f}{findings:>10}")
    if findings:
        print(f"the inputs are in {folder}; try one with --only NAME --again FILE")
        return 1
    shutil.rmtree(folder)
    return 0


def _blind(name: str, inputs: int, seed: int, folder: Path) -> Result:
    """Try spoilt seeds one after the other; keep the first input of each fault."""
    begun, rng = time.monotonic(), random.Random(seed)
    taken, places = 0, set[str]()
    seeds = TARGETS[name].seeds()
    with TARGETS[name].start() as trial:
        for _ in range(inputs):
            data = spoilt(rng.choice(seeds), rng)
            try:
                trial(data)
                taken += 1
            except BridgeError:
                continue
            except Exception as error:
                save_finding(error, data, places, folder / name)
    return Result(name, inputs, taken, time.monotonic() - begun, len(places))


def _campaign(name: str, seconds: int, folder: Path) -> Result:
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz.campaign", name, str(seconds), str(folder)]
    # libFuzzer leaves without tidying up: what the targets keep meanwhile is kept here
    environment = {**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=environment, check=False
    )
    done = re.search(r"number_of_executed_units: (\d+)", run.stderr)
    saved = [file for file in folder.glob(f"{name}-*") if file.suffix != ".txt"]
    if run.returncode and not saved:
        (folder / f"{name}-stopped").write_text(run.stderr, encoding="utf-8")
        saved.append(folder / f"{name}-stopped")
    inputs = int(done[1]) if done else 0
    note = folder / f"{name}-taken.txt"
    taken = int(note.read_text(encoding="utf-8")) if note.exists() else 0
    return Result(name, inputs, taken, time.monotonic() - begun, len(saved))


if __name__ == "__main__":
    sys.exit(main())
