"""Patients of files, as one server can take them: their codes asked for once, before a load."""

import json
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from bridge.delivery.chart_target import Needs, with_chart
from bridge.delivery.ledger import FilesAccount
from bridge.delivery.preflight import limits_of
from bridge.delivery.server_state import ServerState
from bridge.delivery.target import Target
from bridge.delivery.terms import read_terms
from bridge.errors import InputError, option
from bridge.mapping.code_table import load_code_table
from bridge.mapping.coverage import Coverage, coverage
from bridge.mapping.loading import load_mapping
from bridge.mapping.model import Mapping, Profile
from bridge.mapping.terms import Terms
from bridge.mapping.vocabulary import Vocabulary
from bridge.openmrs.client import Client
from bridge.recipe import FilesRecipe
from bridge.runs.cohorts import CohortRequest
from bridge.runs.content import give_content
from bridge.runs.examining import ServerRequest
from bridge.runs.listener import Listener
from bridge.runs.surroundings import Surroundings

if TYPE_CHECKING:
    from bridge.files.account import Reading
    from bridge.files.cohort import FilesCohort


class ReadFiles(NamedTuple):
    """What files hold: the patients, where they come from, and the codes in their charts."""

    cohort: "FilesCohort"
    recipe: FilesRecipe
    vocabulary: Vocabulary


class ServerFit(NamedTuple):
    """A server that was examined, and what of a mapping fits it."""

    state: ServerState
    mapping: Mapping
    profile: Profile
    target: Target


class ChartsOnServer(NamedTuple):
    """What a server has for the charts of files."""

    terms: Terms
    target: Target
    coverage: Coverage


def read_files(asked: CohortRequest, listener: Listener) -> ReadFiles:
    """Read files once, from the first line to the last; raise InputError if nobody can be made."""
    from bridge.files.cohort import FilesCohort

    assert asked.files
    if asked.active and not asked.shift:
        raise InputError(
            "patients of files are there now only where their dates may be moved",
            hints=option("shift"),
        )
    listener.doing("reading the files")
    vocabulary = Vocabulary()
    options = asked.file_options
    cohort = FilesCohort(asked.files, options, seen=vocabulary.add)
    for what, count in cohort.reading.assumed.items():
        listener.note(f"taken for granted, {count:,} times: {what}")
    return ReadFiles(cohort, FilesRecipe.of(cohort, options), vocabulary)


def charts_on_server(
    client: Client, vocabulary: Vocabulary, asked: CohortRequest, fit: ServerFit
) -> ChartsOnServer:
    """Ask a server what it has for the codes of charts."""
    table = load_code_table(asked.codes)
    terms = read_terms(client, vocabulary, fit.mapping, table)
    limits = limits_of(fit.state, fit.mapping)
    needs = Needs(fit.profile, terms, limits, fit.mapping.visit_note.uuid)
    whole = with_chart(client, fit.target, needs)
    return ChartsOnServer(terms, whole, coverage(vocabulary, terms))


class CheckedFiles(NamedTuple):
    """What a load of files would find on a server."""

    form: str
    patients: int
    reading: "Reading"
    coverage: Coverage


def check_files(request: ServerRequest, asked: CohortRequest, around: Surroundings) -> CheckedFiles:
    """Read files, and ask a server how much of them it has a home for; nothing is written."""
    mapping = load_mapping(request.mapping_file)
    read = read_files(asked, around.listener)
    with around.open_server(request.server, request.user) as connection:
        if connection.is_sandbox:
            give_content(connection, around)
        around.listener.doing("asking the server for the codes")
        with closing(connection.connect()) as client:
            terms = read_terms(client, read.vocabulary, mapping, load_code_table(asked.codes))
    found = coverage(read.vocabulary, terms)
    return CheckedFiles(read.cohort.form, read.cohort.count, read.cohort.reading, found)


def terms_text(terms: Terms) -> str:
    """Return what a run's record keeps of the terms."""
    return json.dumps(terms.to_json(), ensure_ascii=False, separators=(",", ":"))


def account_of(reading: "Reading") -> FilesAccount:
    """Return what a run's record keeps of reading the files."""
    left_out: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for (kind, reason), count in reading.left_out.items():
        (parts if kind.endswith("(part)") else left_out)[reason] += count
    rejected: Counter[str] = Counter()
    for one in reading.rejected:
        rejected[one.reason] += one.resources.total()
    return FilesAccount(
        read=reading.read.total(),
        left_out=dict(left_out),
        parts_left_out=dict(parts),
        rejected=dict(rejected),
        rejected_patients=tuple(
            f"{one.source}: {one.reason}" + (f" ({one.detail})" if one.detail else "")
            for one in reading.rejected[:MOST_NAMED]
        ),
        patients_rejected=len(reading.rejected),
    )


MOST_NAMED = 20
"""How many patients that cannot be made a record names."""
