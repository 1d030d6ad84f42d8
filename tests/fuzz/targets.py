"""What is fuzzed: each target takes bytes, and may raise nothing but bridge's own errors."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import NamedTuple

from bridge.errors import BridgeError
from tests.fuzz import answers, coding, inputs, sandbox, tables

Trial = Callable[[bytes], object]


class Target(NamedTuple):
    """A parser: how to set it up, and whole inputs to begin from."""

    start: Callable[[], AbstractContextManager[Trial]]
    seeds: Callable[[], Sequence[bytes]]


TARGETS: dict[str, Target] = {
    "mapping": Target(inputs.mapping, inputs.mapping_seeds),
    "codes": Target(coding.codes, coding.codes_seeds),
    "units": Target(coding.units, coding.units_seeds),
    "medicines": Target(coding.medicines, coding.medicines_seeds),
    "population": Target(inputs.population, inputs.population_seeds),
    "spec": Target(inputs.spec, inputs.spec_seeds),
    "settings": Target(inputs.settings, inputs.settings_seeds),
    "sites": Target(inputs.sites, inputs.sites_seeds),
    "csv": Target(inputs.tables, inputs.tables_seeds),
    "ndjson": Target(inputs.ndjson, inputs.ndjson_seeds),
    "bundles": Target(inputs.bundles, inputs.bundles_seeds),
    "lines": Target(inputs.lines, inputs.lines_seeds),
    "charts": Target(inputs.charts, inputs.lines_seeds),
    "streamed": Target(inputs.streamed, inputs.bundles_seeds),
    "folded": Target(inputs.folded, inputs.folded_seeds),
    "narrowed": Target(inputs.narrowed, inputs.narrowed_seeds),
    "moved": Target(inputs.moved, inputs.moved_seeds),
    "synthea": Target(inputs.synthea, inputs.synthea_seeds),
    "registers": Target(inputs.registers, inputs.registers_seeds),
    "tables": Target(tables.tables, tables.tables_seeds),
    "dialects": Target(tables.dialects, tables.dialects_seeds),
    "people": Target(inputs.people, inputs.people_seeds),
    "flags": Target(inputs.flags, inputs.flags_seeds),
    "reply": Target(answers.reply, answers.reply_seeds),
    "http": Target(answers.http, answers.http_seeds),
    "pages": Target(answers.pages, answers.pages_seeds),
    "state": Target(answers.state, answers.facts_seeds),
    "verify": Target(answers.verify, answers.verify_seeds),
    "rest": Target(sandbox.rest, sandbox.rest_seeds),
    "fhir": Target(sandbox.fhir, sandbox.fhir_seeds),
    "query": Target(sandbox.query, sandbox.query_seeds),
}


def allowed(trial: Trial) -> Trial:
    """Return the trial with bridge's own errors let pass: those it may raise."""

    def tried(data: bytes) -> None:
        with suppress(BridgeError):
            trial(data)

    return tried
