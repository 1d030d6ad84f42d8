"""A load or an undo of whole charts in a process of its own, which a test may kill.

python -m tests.lib.chart_process RECORD COUNT SEED load|undo USER PATIENCE

PATIENCE is its fields as a JSON array; the password is in BRIDGE_PASSWORD.
"""

import json
import os
import sys
from pathlib import Path

from bridge.delivery.ledger import Ledger
from bridge.openmrs.transport import Patience
from tests.lib.loading import connector, proceed, take_off
from tests.lib.whole_charts import ChartCohort


def main(record: str, count: str, seed: str, what: str, user: str, patience: str) -> None:
    """Carry a run on, or take it off, until that is done."""
    cohort = ChartCohort(int(count), seed=int(seed), mutual=True)
    with Ledger.open(Path(record)) as ledger:
        password = os.environ["BRIDGE_PASSWORD"]
        connect = connector(ledger.run.server, user, password, Patience(*json.loads(patience)))
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        if what == "load":
            proceed(ledger, cohort, connect)
        else:
            take_off(ledger, connect)


if __name__ == "__main__":
    main(*sys.argv[1:])
