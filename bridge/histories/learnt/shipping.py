"""Fits the model that comes with bridge: `python -m bridge.histories.learnt.shipping FOLDER`.

Only data that may be shown: who has the weights can tell with some success who was learnt from
(histories study, section 8). Synthea's patients are nobody; Synthea is of the Apache-2.0 licence.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from bridge.atomic_write import write_atomically
from bridge.histories.events import PROCEDURE, TEST
from bridge.histories.learnt.checkpoint import pack
from bridge.histories.learnt.fitting import Epoch, Settings
from bridge.histories.learnt.learning import learn, material_of
from bridge.histories.learnt.readers import load_events

NARROW: Final = {
    "embedding": 32,
    "remembered": 20,
    "hidden": 96,
    "gap_layer": 80,
    "kind_layer": 80,
    "code_layer": 80,
    "rank": 16,
}
"""Widths by which a net of about 500 codes stays under .7 MB."""


def main() -> None:
    """Read a folder of Synthea's CSV, fit, and write the checkpoint."""
    asked = _asked()
    table = load_events(asked.folder)
    panelled = (TEST, PROCEDURE) if asked.panels_of_procedures else (TEST,)
    material = material_of(table, least=asked.least, panelled=panelled)
    learnt = learn(
        table,
        material,
        seed=asked.seed,
        settings=Settings(epochs=asked.epochs, batch=asked.batch),
        longest=asked.longest,
        widths=NARROW if asked.narrow else None,
        provenance={"source": asked.source, "licence": "Apache-2.0", "least_people": asked.least},
        progress=_say,
    )
    content = pack(learnt.model)
    write_atomically(asked.out, content)
    sys.stderr.write(f"{asked.out}: {len(content) / 1000:.0f} kB\n")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "shipped" / "us.npz")
    parser.add_argument("--source", required=True, help="which Synthea, how many patients")
    parser.add_argument("--least", type=int, default=5, help="people who have a code, at least")
    parser.add_argument("--panels-of-procedures", action="store_true")
    parser.add_argument("--narrow", action="store_true", help="for some 500 codes")
    parser.add_argument("--longest", type=int, default=240, help="steps of a person")
    parser.add_argument("--epochs", type=int, default=Settings().epochs)
    parser.add_argument("--batch", type=int, default=Settings().batch)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _say(epoch: Epoch) -> None:
    sys.stderr.write(f"{epoch.number}: {epoch.train:.2f} nats, {epoch.select:.2f} of others\n")


if __name__ == "__main__":
    main()
