"""What in charts does not hold together, by rule. By hand: python -m tests.bench.coherence ...

--from PATH         charts of files (FHIR bundles, NDJSON, Synthea's CSV, bridge's own CSV)
--population NAME   charts that bridge makes: --count N, --seed N
--planted N         faults planted into charts that hold together, and how many are found; with
                    --population also into that many of its charts (--count)

A table of all rules with breaches, the patients who have them, and examples (--examples N).
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path

from bridge.chart import Patient
from bridge.quality.coherence import Coherence, check, check_cohort, load_rules
from tests.quality.coherence.faults import FUTURE, faults
from tests.quality.coherence.planted_in import plant


def charts_of_files(path: Path) -> Iterator[Patient]:
    """Yield the charts of a file or folder, with vital signs in bridge's own words."""
    from bridge.files.cohort import FilesCohort
    from bridge.mapping.loading import load_mapping

    cohort = FilesCohort(path, mapping=load_mapping(None))
    yield from cohort.patients(range(1, cohort.count + 1))
    cohort.close()


def made_charts(population: str, count: int, seed: int, as_of: date | None) -> Iterator[Patient]:
    """Yield charts that bridge makes."""
    import bridge

    more = {"as_of": as_of} if as_of else {}
    yield from bridge.generate(count=count, population=population, seed=seed, **more)


def table(found: Coherence, seconds: float, *, everything: bool) -> Iterator[str]:
    """Yield the lines of the table."""
    share = found.broken / max(1, found.patients)
    yield f"{found.patients:,} patients, {found.entries:,} entries, judged in {seconds:.1f} s"
    breaches = sum(found.counts.values())
    yield f"{breaches:,} breaches, in {found.broken:,} patients ({share:.1%})"
    severity = {rule.name: rule.severity for rule in load_rules().rules}
    for rule, count in found.counts.items():
        if count or everything:
            yield f"{count:8,} {found.patients_by_rule[rule]:8,}  {severity[rule]:10}  {rule}"
        for example in found.examples.get(rule, ()):
            yield f"{'':20}{example.breach.what} [{example.patient}; {example.breach.where}]"


def planted(count: int, seed: int) -> Iterator[str]:
    """Plant faults and yield how many are found, and each that is not."""
    found = 0
    for fault in faults(count, seed):
        as_of = FUTURE if fault.kind == "tomorrow" else None
        rules = {breach.rule for breach in check(fault.patient, as_of=as_of)}
        found += fault.rule in rules
        if fault.rule not in rules:
            yield f"missed: {fault.kind}, {fault.rule}; found {sorted(rules)}"
    yield f"{count} planted, {found} found"


def planted_in(charts: list[Patient], count: int, seed: int) -> Iterator[str]:
    """Plant faults into given charts and yield how many are found, and each that is not."""
    found = made = 0
    for host, fault in plant(charts, count, seed):
        made += 1
        new = {breach.rule for breach in set(check(fault.patient)) - set(check(host))}
        found += fault.rule in new
        if fault.rule not in new:
            yield f"missed: {fault.kind}, {fault.rule}, patient {host.number}"
    yield f"{made} planted into {len(charts):,} given charts, {found} found"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What in charts does not hold together")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--from", dest="path", type=Path)
    what.add_argument("--population")
    parser.add_argument("--planted", type=int)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--as-of", type=date.fromisoformat)
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--everything", action="store_true", help="rules that nothing breaks too")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    given = _arguments()
    if given.planted:
        print("\n".join(planted(given.planted, given.seed)))
    if given.path:
        charts = charts_of_files(given.path)
    elif given.population:
        charts = made_charts(given.population, given.count, given.seed, given.as_of)
    else:
        return
    if given.planted:
        print("\n".join(planted_in(list(charts), given.planted, given.seed)))
        return
    until = datetime.combine(given.as_of, clock.max, UTC) if given.as_of else None
    judging = _Timed(charts)
    found = check_cohort(judging, as_of=until, examples=given.examples)
    print("\n".join(table(found, judging.judged(), everything=given.everything)))


class _Timed:
    """Passes charts on, and knows how long whoever takes them has worked on them."""

    def __init__(self, charts: Iterator[Patient]) -> None:
        self._charts = charts
        self._begin = time.process_time()
        self._making = 0.0

    def __iter__(self) -> Iterator[Patient]:
        while True:
            begin = time.process_time()
            patient = next(self._charts, None)
            self._making += time.process_time() - begin
            if patient is None:
                return
            yield patient

    def judged(self) -> float:
        """Return the seconds of processor time outside the making of charts."""
        return time.process_time() - self._begin - self._making


if __name__ == "__main__":
    main()
