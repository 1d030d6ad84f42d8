"""A run as one HTML page that needs nothing else, and as plain figures for scripts."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bridge import __version__
from bridge.delivery import shares
from bridge.delivery.account import Account, account_of, changes_of, entries_of
from bridge.delivery.flags import Limits
from bridge.delivery.history import History, Verification
from bridge.delivery.ledger import UNFINISHED, Phase, Run, State, Summary
from bridge.delivery.rate_chart import chart_of, duration, steps_of
from bridge.wording import how_many

MOST_NUMBERS: Final = 60
"""How many patient numbers of one reason the page lists."""

_GONE: Final = {Phase.UNDONE: "taken off again", Phase.PURGED: "deleted for good"}

_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class Reject(NamedTuple):
    """Patients that were rejected for the same reason."""

    reason: str
    numbers: tuple[int, ...]


def render(seen: Summary, history: History, clinic: str = "") -> str:
    """Return the report as HTML; `clinic` is a section of it, HTML already."""
    verification = history.verification
    return (
        _environment()
        .get_template("report.html")
        .render(
            **_of_entries(seen),
            version=__version__,
            seen=seen,
            clinic=Markup(clinic),  # noqa: S704 - a template of bridge's own made it
            progress=seen.progress,
            counts={state.value: seen.counts[state] for state in State},
            where=_where(seen),
            sentence=sentence(seen, verification),
            notes=notes(seen),
            verified=verified(seen, verification),
            verification=verification,
            chart=chart_of(history.samples),
            samples=history.samples,
            rejects=rejects(seen.reasons),
            flags=shares.flags_of(verification.cells) if verification else None,
            thresholds=shares,
            again=command_of(seen),
            options=options_of(seen.run),
        )
    )


def _of_entries(seen: Summary) -> dict[str, Any]:
    """Return what the page says of entries and of files."""
    entries, account, files = entries_of(seen), account_of(seen), seen.run.files
    fates = {
        "left out": account.left_out.total(),
        "rejected with their patient": account.rejected,
        "not sent by this run": account.not_sent,
    }
    return {
        "entries": entries,
        "most": max(entries.values(), default=1),
        "changes": changes_of(seen),
        "account": account,
        "fates": [(count, words) for words, count in fates.items() if count],
        "reasons": reasons_of(seen, account),
        "patients_rejected": files.patients_rejected if files else 0,
    }


def reasons_of(seen: Summary, account: Account) -> dict[str, dict[str, int]]:
    """Count why resources of files are not on the server, by what became of them."""
    rejected = Counter(seen.run.files.rejected if seen.run.files else {})
    rejected["the server refuses the patient, see below"] += seen.refused_resources
    groups = {
        "left out": account.left_out,
        "rejected with their patient": +rejected,
        "a part left out, the rest sent": account.parts_left_out,
    }
    return {fate: dict(reasons.most_common()) for fate, reasons in groups.items()}


def figures(seen: Summary, history: History) -> dict[str, Any]:
    """Return what the report shows beyond the run's summary, as JSON values."""
    verification = history.verification
    return {
        "version": __version__,
        "begun_by": seen.run.bridge or None,
        "sentence": sentence(seen, verification),
        "rates": [step._asdict() for step in steps_of(history.samples)],
        "rejected": [one._asdict() for one in rejects(seen.reasons)],
        "verification": verification and _of_verification(verification),
        "again": command_of(seen),
    }


def sentence(seen: Summary, verification: Verification | None) -> str:
    """Say in one sentence what came of a run."""
    phase, asked, where = seen.progress.phase, how_many(seen.run.patients, "patient"), _where(seen)
    if phase is Phase.PLANNING:
        return f"{asked} for {where}: none was sent yet."
    if phase in _GONE:
        return f"{asked} asked for on {where}; what was made of them was {_GONE[phase]}."
    made = how_many(seen.made, "patient")
    return (
        f"{f'So far {seen.made:,} of {asked}' if phase in UNFINISHED else made}, "
        f"{how_many(seen.totals.visits, 'visit')}, "
        f"{how_many(seen.totals.observations, 'observation')} "
        f"on {where} in {duration(seen.progress.seconds)}, {seen.counts[State.REJECTED]:,} "
        f"rejected, {verified(seen, verification)}."
    )


def notes(seen: Summary) -> list[str]:
    """Say what a reader has to know before believing the figures."""
    name, phase = seen.run.name, seen.progress.phase
    said = []
    if phase in UNFINISHED:
        left = seen.counts[State.PLANNED] + seen.counts[State.SENT]
        left = left if phase is Phase.LOADING else seen.run.patients
        said.append(
            f"The load is not finished, {how_many(left, 'patient')} to go: `bridge resume {name}` "
            "goes on, unless a load is at it now."
        )
    if phase in _GONE:
        said.append("The figures tell of the time before the patients were taken off.")
    if (files := seen.run.files) and (lost := files.patients_rejected):
        said.append(f"{how_many(lost, 'patient')} of the files cannot be made, see below.")
    if there := seen.counts[State.ALREADY_THERE]:
        said.append(
            f"{how_many(there, 'patient')} of the same inputs {'was' if there == 1 else 'were'} on "
            "the server already, by an earlier run; visits and observations count what this run "
            "added."
        )
    return said


def verified(seen: Summary, verification: Verification | None) -> str:
    """Say whether a run was read back, and what that showed."""
    if verification is None:
        return "not verified yet"
    if verification.differences:
        return f"verified: {how_many(verification.differences, 'difference')}"
    if verification.patients < seen.made:
        return f"verified by {verification.patients:,} of {seen.made:,} patients: every value equal"
    return "verified: every value equal"


def rejects(reasons: Iterable[tuple[int, str]]) -> list[Reject]:
    """Group the rejected patients by reason, whatever uuid it names; the most frequent first."""
    groups: dict[str, list[int]] = {}
    for number, reason in reasons:
        groups.setdefault(_UUID.sub("…", reason), []).append(number)
    found = [Reject(reason, tuple(numbers)) for reason, numbers in groups.items()]
    return sorted(found, key=lambda one: -len(one.numbers))


def command_of(seen: Summary) -> str:
    """Return the command that makes the same patients again."""
    options = options_of(seen.run)
    # how many a class is follows from its cases and learners
    words = ["bridge load", *([] if "scenario" in options else [f"--count {seen.run.patients}"])]
    for name, text in options.items():
        flag = f"--{name.replace('_', '-')}"
        words.append(flag if text == "True" else f"{flag} {shlex.quote(text)}")
    return " ".join(words)


def options_of(run: Run) -> dict[str, str]:
    """Return what a load is asked for to make the same patients, by the name of each option."""
    mapping = {"mapping": run.mapping.path} if run.mapping.path else {}
    return run.recipe.options | mapping


def spans(numbers: Sequence[int]) -> str:
    """Write ascending numbers with those in a row drawn together: 3, 7-9, 12."""
    ends: list[list[int]] = []
    for number in numbers[:MOST_NUMBERS]:
        if ends and ends[-1][1] == number - 1:
            ends[-1][1] = number
        else:
            ends.append([number, number])
    shown = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in ends)
    more = len(numbers) - MOST_NUMBERS
    return f"{shown} and {more:,} more" if more > 0 else shown


def _of_verification(verification: Verification) -> dict[str, Any]:
    names = ("patient", "what", "meant", "found")
    return verification._asdict() | {
        "shown": [dict(zip(names, one, strict=True)) for one in verification.shown],
        "cells": [cell._asdict() for cell in verification.cells],
        "flagged": shares.flags_of(verification.cells).overall._asdict(),
    }


def _environment() -> Environment:
    templates = Environment(
        loader=PackageLoader("bridge.delivery"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters |= {
        "coded": _coded,
        "critical": _critical,
        "duration": duration,
        "limits": _limits,
        "many": how_many,
        "moment": lambda text: str(text)[:16].replace("T", " ") + " UTC",
        "percent": _percent,
        "spans": spans,
        "thousands": lambda number: f"{number:,}",
    }
    return templates


def _coded(text: str) -> Markup:
    """Escape a text and set what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def _limits(seen: Sequence[Limits]) -> str:
    """Write limits: 60-100, at least 95, at most 38."""
    return ", ".join(
        f"at least {low:g}"
        if high is None
        else f"at most {high:g}"
        if low is None
        else f"{low:g}-{high:g}"
        for low, high in seen
    )


def _critical(seen: Sequence[Limits]) -> str:
    """Write what is critical: ≤45 ≥110, ≤90."""
    return ", ".join(
        " ".join(f"{sign}{end:g}" for sign, end in zip("≤≥", ends, strict=True) if end is not None)
        for ends in seen
    )


def _percent(share: float) -> str:
    """Write a share, a small one to a decimal: 19 %, 0.4 %, 0 %."""
    text = f"{100 * share:.0f}" if share >= 0.0995 else f"{100 * share:.1f}".removesuffix(".0")
    return f"{text} %"


def _where(seen: Summary) -> str:
    return "the sandbox" if seen.run.server == "sandbox" else seen.run.server
