"""Files and flags of the user, as bytes."""

import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from zlib import crc32

import click

from bridge.cli.options import DateType, VisitsType, WorkersType
from bridge.errors import InputError
from bridge.files.account import Rejected, sources_of
from bridge.files.cohort import FilesCohort
from bridge.files.fhir.bundles import streamed_resources
from bridge.files.fhir.lines import parse_line
from bridge.files.fhir.record import Outside
from bridge.files.fhir.resources import SHARED, TAKEN, Resource, names_of
from bridge.files.fhir_source import chart_or_why_not
from bridge.files.ndjson import TYPES, fhir_form
from bridge.files.options import FileOptions
from bridge.files.tables import CSV, TABLES
from bridge.flows.spec import SHIPPED, Spec
from bridge.mapping.loading import default_mapping_path, load_mapping, parse_mapping
from bridge.settings import SettingsFile, checked_url
from bridge.sites import SitesFile
from bridge.synthesis.people import load_people
from bridge.synthesis.population import Population, population_path
from bridge.yaml_files import YamlModel, parse_yaml
from tests.fuzz.charts import SMALL_CHARTS
from tests.lib.charts import balance
from tests.lib.fhir import ME, Body, bundle
from tests.lib.forms import BAHMNI, INITIALIZER, SYNTHEA, WHOLE_CHART
from tests.lib.patients import make_batch, make_patient

Trial = Callable[[bytes], object]
Open = AbstractContextManager[Trial]
CUT = b"\n%%%%\n"
"""Between the files of a folder."""
AS_OF = date(2026, 11, 21)


def _yaml(model: type[YamlModel]) -> Callable[[], Open]:
    return lambda: nullcontext(
        lambda data: parse_yaml(data.decode(errors="surrogateescape"), model, place="file")
    )


def mapping() -> Open:
    """Read a mapping."""
    return nullcontext(lambda data: parse_mapping(data.decode(errors="replace")))


def mapping_seeds() -> Sequence[bytes]:
    """Return bridge's own."""
    return [default_mapping_path().read_bytes(), *YAML_SEEDS]


population = _yaml(Population)
spec = _yaml(Spec)
settings = _yaml(SettingsFile)
sites = _yaml(SitesFile)

YAML_SEEDS = (
    b"url: http://localhost/openmrs\nuser: admin\nworkers: 4\n",
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    b"a: !!python/object/apply:os.system [echo]\n",
    b"workers: !!timestamp 2026-11-21\nurl: !!bool x\nuser: 1:30:20\n",
    b"home: ~\nprofile: {a: [1, 2.5, .inf, 0x1f]}\n? [a]\n: b\n<<: {c: d}\n",
)


def population_seeds() -> Sequence[bytes]:
    """Return one that comes with bridge."""
    return [population_path("haiti").read_bytes(), *YAML_SEEDS]


def spec_seeds() -> Sequence[bytes]:
    """Return those that come with bridge."""
    return [*(path.read_bytes() for path in SHIPPED.glob("*.yaml")), *YAML_SEEDS]


def settings_seeds() -> Sequence[bytes]:
    """Return some settings."""
    return YAML_SEEDS


def sites_seeds() -> Sequence[bytes]:
    """Return two sites."""
    site = "name: {0}\n    url: https://{0}.example/openmrs\n    user: admin\n    "
    first = site.format("kisumu") + "password_file: a/b\n    count: 5\n    seed: 7\n"
    second = site.format("haiti") + "password_env: PAP\n    population: haiti\n"
    return [f"sites:\n  - {first}  - {second}".encode(), *YAML_SEEDS]


@contextmanager
def _folder(names: Sequence[str]) -> Iterator[Trial]:
    with _reading(names) as read:
        yield lambda data: read(data, FileOptions(as_of=AS_OF))


@contextmanager
def _reading(names: Sequence[str]) -> Iterator[Callable[[bytes, FileOptions], object]]:
    """Write the parts of an input as the files of a folder, and read it whole."""
    own = load_mapping(None)
    with tempfile.TemporaryDirectory(prefix="bridge-fuzz-") as folder:

        def read(data: bytes, options: FileOptions) -> object:
            parts = data.split(CUT)
            for place, name in enumerate(names):
                if place < len(parts):
                    (Path(folder) / name).write_bytes(parts[place])
                else:
                    (Path(folder) / name).unlink(missing_ok=True)
            cohort = FilesCohort(Path(folder), options, own)
            if crc32(data) % 4 == 0:  # it reads all once more, and the account seldom fails alone
                balance(cohort)
            cohort.close()
            return cohort

        yield read


CSV_FILES = [f"{table.name}.csv" for table in TABLES]
FHIR_FILES = [f"{kind}.ndjson" for kind in TYPES]


def tables() -> Open:
    """Read a folder of CSV files."""
    return _folder(CSV_FILES)


def ndjson() -> Open:
    """Read a folder of FHIR files."""
    return _folder(FHIR_FILES)


def bundles() -> Open:
    """Read a folder of bundles."""
    return _folder(["a.json", "b.json"])


def bundles_seeds() -> Sequence[bytes]:
    """Return charts of one kind of resource each, and one of all kinds, in one file and in two."""
    two = [_bundle(some) for some in (WHOLE_CHART[:4], WHOLE_CHART[4:])]
    return [*map(_bundle, SMALL_CHARTS), _bundle(WHOLE_CHART), CUT.join(two)]


def _bundle(chart: Iterable[Body]) -> bytes:
    return json.dumps(bundle(*chart)).encode()


def lines() -> Open:
    """Read a folder of resources line by line."""
    return _folder(["Patient.ndjson", "Observation.ndjson"])


def lines_seeds() -> Sequence[bytes]:
    """Return the same charts."""
    return [_lines(chart) for chart in (*SMALL_CHARTS, WHOLE_CHART)]


def _lines(chart: Iterable[Body]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in chart)


def charts() -> Open:
    """Read one patient's resources, one a line, as a chart: without files and their index."""

    def trial(data: bytes) -> object:
        read = [parse_line(one, "x", f"x:{n}") for n, one in enumerate(data.split(b"\n"))]
        found = [one for one in read if isinstance(one, Resource)]
        owners = [one for one in found if one.kind == "Patient"]
        if not owners:
            raise InputError("no patient", place="x")
        others = [one for one in found if one.kind in TAKEN and one.kind != "Patient"]
        shared = {name: one for one in found if one.kind in SHARED for name in names_of(one)}
        outside = Outside(shared.get, {OTHER_PATIENT: ME}.get, lambda kind, name: False)
        made = chart_or_why_not(ME, owners[0], others, outside, FileOptions(as_of=AS_OF))
        if isinstance(made, Rejected):
            raise InputError(made.reason, place="x")
        used = {*sources_of(made.patient), *(one.source for one in made.left_out)}
        assert {one.source for one in others} <= used
        return made

    return nullcontext(trial)


OTHER_PATIENT = "Patient/mother"


def streamed() -> Open:
    """Read a bundle entry by entry, as large ones are."""

    def trial(data: bytes) -> None:
        for _ in streamed_resources(io.BytesIO(data), Path("a.json")):
            pass

    return nullcontext(trial)


def folded() -> Open:
    """Read a bundle that is folded up."""
    return _folder(["a.json.gz"])


def folded_seeds() -> Sequence[bytes]:
    """Return folded bundles."""
    return [gzip.compress(_bundle(chart), mtime=0) for chart in SMALL_CHARTS[:5]]


@contextmanager
def _flagged(names: Sequence[str]) -> Iterator[Trial]:
    with _reading(names) as read:

        def trial(data: bytes) -> object:
            head, _, rest = data.partition(b"\n")
            return read(rest, _options((head + bytes(4))[:4]))

        yield trial


def narrowed() -> Open:
    """Read a bundle as the flags may ask: the newest only, or moved to today."""
    return _flagged(["a.json"])


def _options(said: bytes) -> FileOptions:
    is_shifted, is_since, is_years, is_active, keeps = (
        bool(said[0] >> bit & 1) for bit in range(5)
    )
    return FileOptions(
        as_of=AS_OF,
        keep_names=keeps,
        shift=is_shifted or is_active,
        since=date(1900 + said[1] % 200, 1 + said[2] % 12, 1) if is_since else None,
        years=said[3] if is_years else None,
        active=int(is_active),
        here=datetime(2026, 11, 21, 9, tzinfo=UTC) if is_active else None,
    )


def moved() -> Open:
    """Read bridge's own tables as the flags may ask."""
    return _flagged(CSV_FILES)


def moved_seeds() -> Sequence[bytes]:
    """Return the tables of a patient with several flags."""
    flags = (1, 2, 4, 8, 31, 5)
    return [bytes([flag, 120, 3, 5]) + b"\n" + tables_seeds()[-1] for flag in flags]


def narrowed_seeds() -> Sequence[bytes]:
    """Return charts with each of the flags, and with several."""
    charts = [_bundle(chart) for chart in SMALL_CHARTS]
    flags = [1, 2, 4, 8, 16, 31, 3, 9]
    return [bytes([flags[n % 8], 120, 3, 5]) + b"\n" + chart for n, chart in enumerate(charts)]


def synthea() -> Open:
    """Read Synthea's tables."""
    return _folder([f"{name}.csv" for name in SYNTHEA])


def synthea_seeds() -> Sequence[bytes]:
    """Return a folder of one patient."""
    return [CUT.join(text.encode() for text in SYNTHEA.values())]


def registers() -> Open:
    """Read a table of people."""
    return _folder(["people.csv"])


def registers_seeds() -> Sequence[bytes]:
    """Return tables of both kinds."""
    return [INITIALIZER.encode(), BAHMNI.encode()]


def tables_seeds() -> Sequence[bytes]:
    """Return a folder of one patient, with the table for reading and without."""
    pieces = CSV.encode(make_batch([make_patient(1, visits=1)]))
    heads = [",".join(table.columns).encode() + b"\n" for table in TABLES]
    files = [head + piece for head, piece in zip(heads, pieces, strict=True)]
    return [CUT.join(files), CUT.join(files[:3])]


def ndjson_seeds() -> Sequence[bytes]:
    """Return a folder of one patient."""
    form = fhir_form(load_mapping(None))
    return [CUT.join(form.encode(make_batch([make_patient(1, visits=1)])))]


@contextmanager
def people() -> Iterator[Trial]:
    """Read a file of people."""
    with tempfile.TemporaryDirectory(prefix="bridge-fuzz-") as folder:
        path = Path(folder) / "people.csv"

        def trial(data: bytes) -> object:
            path.write_bytes(data)
            return load_people(path, as_of=AS_OF)

        yield trial


def people_seeds() -> Sequence[bytes]:
    """Return files of both kinds."""
    return [
        b"sex,birthdate,given_name\nF,1990-05-01,Amina\nM,2020-02-29,\n",
        b"sex,age_months,immediacy\nfemale,12,3.0\nm,400,\n",
        b"Patient ID;gender;born;age;first name;\n7;Male;1990-05;;A;\n8;F.;;5y 3m;;\n",
    ]


def flags() -> Open:
    """Read what stands behind --url, --visits, --as-of and --workers."""
    kinds = (VisitsType(), DateType(), WorkersType())

    def trial(data: bytes) -> None:
        text = data.decode(errors="surrogateescape")
        for kind in kinds:
            try:
                kind.convert(text, None, None)
            except click.UsageError as refused:
                assert refused.format_message()
        checked_url(text)

    return nullcontext(trial)


def flags_seeds() -> Sequence[bytes]:
    """Return values that are right."""
    return [
        b"http://localhost:8080/openmrs",
        b"https://[::1]:8443/openmrs/",
        b"1-6",
        b"2026-11-21",
        b"auto",
        b"20261121",
        b"2026-W47-6",
    ]
