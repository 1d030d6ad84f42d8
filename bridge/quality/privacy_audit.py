"""The attacks on privacy as part of an evaluation, with the GDPR sheet that follows from them."""

from typing import NamedTuple

import pandas as pd

from bridge.flows.model import Model
from bridge.quality.frames import Samples
from bridge.quality.privacy.measure import measure_privacy
from bridge.quality.privacy.page import privacy_html, sheet_html
from bridge.quality.privacy.results import Privacy
from bridge.quality.privacy.sheet import Processing, Section, write_sheet

PURPOSE = "to make synthetic records of the same kind, for demonstration, teaching and testing"


class PrivacyAudit(NamedTuple):
    """What the attacks found, and the sheet that says so in words."""

    privacy: Privacy
    sheet: tuple[Section, ...]

    @property
    def html(self) -> str:
        """The section of a report."""
        sheet = f"<h3>GDPR sheet</h3>\n{sheet_html(self.sheet)}"
        return f"{privacy_html(self.privacy)}\n{sheet}"


def audit(
    samples: Samples,
    train: pd.DataFrame,
    control: pd.DataFrame,
    synthetic: pd.DataFrame,
    record: Processing,
    *,
    seed: int,
) -> PrivacyAudit:
    """Attack the synthetic rows; the tables are those of `samples`, with categories as words."""
    names = [column.name for column in samples.columns]
    privacy = measure_privacy(
        train[names], control[names], synthetic[names], samples.conditions, seed
    )
    return PrivacyAudit(privacy, write_sheet(record, privacy))


def processing_of(samples: Samples, source: str, rows: int, model: Model | None) -> Processing:
    """Say what is known of the training data; of a model, what its checkpoint says."""
    provenance = model.provenance if model else {}
    return Processing(
        purpose=PURPOSE,
        source=source,
        rows=provenance.get("rows", rows),
        generated=tuple(samples.outputs),
        given=tuple(samples.conditions),
        special=dict.fromkeys(samples.outputs, "health"),
        fingerprint=", ".join(file["sha256"] for file in provenance.get("data", [])),
        left_out=provenance.get("left_out", {}),
        budget=provenance.get("privacy", {}),
    )
