"""Flags of a class that is taught: which cases, for whom, how far."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bridge.cli.options import grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFlags:
    """Which teaching cases are loaded, for whom, and how far they are told."""

    scenario: str | None
    learners: int | None
    learners_file: Path | None
    until: str | None

    @property
    def given(self) -> dict[str, Any]:
        """The fields of a CohortRequest that they fill."""
        names = (self.scenario or "").split(",")
        return {
            "scenarios": tuple(name.strip() for name in names if name.strip()),
            "learners": self.learners,
            "learners_file": self.learners_file,
            "until": self.until or "",
        }


learners_option = click.option(
    "--learners", type=click.IntRange(1, 500), help="With --scenario: how many are in the class."
)
learners_file_option = click.option(
    "--learners-file",
    type=click.Path(path_type=Path),
    help="With --scenario: the names of the class, one a line or in a column called name.",
)
until_option = click.option(
    "--until",
    metavar="visit-N|decision",
    help="With --scenario: stop at that visit before the decision, which is then on the day of "
    "the class and goes on; `decision` is the visit that each case names.",
)
class_options = grouped(
    "taught",
    ClassFlags,
    click.option(
        "--scenario",
        metavar="NAME[,NAME]",
        help="Teaching cases (`bridge scenario list`) or files of your own: each learner gets "
        "every case as a patient.",
    ),
    learners_option,
    learners_file_option,
    until_option,
)
"""Who is taught what, with which teaching cases."""
