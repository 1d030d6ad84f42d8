"""A load or an undo of whole charts in a process of its own, which a test may kill.

python -m tests.lib.chart_process RECORD COUNT SEED load|undo
"""

import sys
from pathlib import Path

from bridge.delivery.ledger import Ledger
from tests.lib.loading import connector, proceed, take_off
from tests.lib.whole_charts import ChartCohort


def main(record: str, count: str, seed: str, what: str) -> None:
    """Carry a run on, or take it off, until that is done."""
    cohort = ChartCohort(int(count), seed=int(seed), mutual=True)
    with Ledger.open(Path(record)) as ledger:
        connect = connector(ledger.run.server)
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        if what == "load":
            proceed(ledger, cohort, connect)
        else:
            take_off(ledger, connect)


if __name__ == "__main__":
    main(*sys.argv[1:])
