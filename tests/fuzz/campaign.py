"""One target under atheris, in a process of its own: `python -m tests.fuzz.campaign NAME ...`.

A finding does not end it: each is saved once by where it was raised, and the campaign goes on.
libFuzzer itself stops at a hang or at too much memory, and leaves the input in the same folder.
"""

import random
import sys
from collections import Counter
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bridge"]):
    from bridge.errors import BridgeError
    from tests.fuzz.findings import save_finding
    from tests.fuzz.spoiling import spoilt
    from tests.fuzz.targets import TARGETS

HANG_SECONDS, MOST_MEGABYTES = 20, 2048
NOTED_EVERY = 100


def main(name: str, seconds: str, folder: str) -> None:
    """Fuzz the target for so long; what is found goes into the folder."""
    target = TARGETS[name]
    found, corpus = Path(folder), Path(folder) / f"corpus-{name}"
    corpus.mkdir(parents=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    places: set[str] = set()
    counts = Counter[str]()
    with target.start() as trial:

        def tried(data: bytes) -> None:
            try:
                trial(data)
                counts["taken"] += 1
            except BridgeError:
                counts["refused"] += 1
            except Exception as error:
                save_finding(error, data, places, found / name)
            if counts.total() % NOTED_EVERY == 0:  # libFuzzer leaves without a word to us
                (found / f"{name}-taken.txt").write_text(str(counts["taken"]), encoding="utf-8")

        def mutated(data: bytes, length: int, number: int) -> bytes:
            rng = random.Random(number)
            if rng.random() < 0.1:
                plain: bytes = atheris.Mutate(data, length)
                return plain
            return spoilt(data, rng, length)

        bounds = [f"-max_total_time={seconds}", f"-timeout={HANG_SECONDS}", "-max_len=65536"]
        memory = [f"-rss_limit_mb={MOST_MEGABYTES}", "-print_final_stats=1"]
        to = [f"-artifact_prefix={found / name}-", str(corpus)]
        arguments = [name, *bounds, *memory, *to]
        atheris.Setup(arguments, tried, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
