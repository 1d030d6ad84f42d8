"""All privacy measures of one set of synthetic rows, in one call."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from bridge.quality.privacy.closest import count_copies, measure_distances
from bridge.quality.privacy.inference import infer
from bridge.quality.privacy.linkability import link
from bridge.quality.privacy.membership import infer_membership
from bridge.quality.privacy.results import Privacy, Used
from bridge.quality.privacy.similarity import measure_similarity
from bridge.quality.privacy.singling_out import single_out
from bridge.quality.privacy.tables import MOST, parse_tables, sample

ATTACKS: Final = 2_000
"""Guesses of each attack: a rate's interval is then at most .022 wide to each side."""


def measure_privacy(
    train: pd.DataFrame,
    control: pd.DataFrame,
    synthetic: pd.DataFrame,
    conditions: Sequence[str],
    seed: int,
    attacks: int = ATTACKS,
) -> Privacy:
    """Attack synthetic rows every way there is; the same inputs give the same figures.

    `train` is who the generator was fitted to, `control` are real people whom it never saw, best
    a random part of the same source; `conditions` names the columns it was given. All three have
    the same columns, categories as text.
    Raises InputError for tables that cannot be attacked.
    """
    tables = parse_tables(train, control, synthetic, conditions)
    # Each measure draws from a stream of its own: one more does not change the others.
    streams = np.random.default_rng(seed).spawn(7)
    taking, singling, linking, inferring, joining, distances, comparing = streams
    copies = count_copies(tables)
    rows = {"train": tables.train, "control": tables.control, "synthetic": tables.synthetic}
    taken = {table: sample(values, MOST, taking) for table, values in rows.items()}
    tables = replace(
        tables, train=taken["train"], control=taken["control"], synthetic=taken["synthetic"]
    )
    return Privacy(
        used=tuple(Used(table, len(taken[table]), len(rows[table])) for table in rows),
        similarity=measure_similarity(tables, comparing),
        singling_out=single_out(tables, attacks, singling),
        linkability=link(tables, attacks, linking),
        inference=infer(tables, attacks, inferring),
        membership=infer_membership(tables, joining),
        closest=measure_distances(tables, distances),
        copies=copies,
    )
