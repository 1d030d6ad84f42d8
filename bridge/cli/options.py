"""Flags that several commands share, and the types of their values."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.runs.cohorts import CohortRequest
from bridge.settings import default_home

if TYPE_CHECKING:
    from bridge.runs.examining import ServerRequest

Command = TypeVar("Command", bound=Callable[..., Any])


class VisitsType(click.ParamType[tuple[int, int]]):
    """A number of visits, or a range: 3 or 1-6."""

    name = "N|MIN-MAX"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return the fewest and the most visits."""
        if isinstance(value, tuple):
            return value
        numbers = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", str(value))
        if not numbers:
            self.fail(f"{value!r} is neither a number like 3 nor a range like 1-6")
        span = int(numbers[1]), int(numbers[2] or numbers[1])
        if not 1 <= span[0] <= span[1] <= MOST_VISITS:
            self.fail(f"{value!r}: between 1 and {MOST_VISITS} visits, the fewer first")
        return span


MOST_VISITS = 50


class WorkersType(click.ParamType[Any]):
    """A number of workers, or `auto`."""

    name = "N|auto"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """Return the number, None for auto."""
        if value is None or value == "auto":
            return None
        if not re.fullmatch(r"\d{1,9}", str(value)) or not 1 <= int(value) <= 64:
            self.fail(f"{value!r} is neither auto nor a number from 1 to 64")
        return int(value)


class DateType(click.ParamType[Any]):
    """A date: 2026-11-21."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date; write it like 2026-11-21")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who signs in, and where runs are recorded."""

    user: str | None
    password_file: Path | None
    ca_file: Path | None
    home: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFlags:
    """Which server, and who signs in there."""

    url: str | None
    user: str | None
    password_file: Path | None
    ca_file: Path | None
    home: Path

    @property
    def sign_in(self) -> SignIn:
        """Who signs in."""
        return SignIn(
            user=self.user,
            password_file=self.password_file,
            ca_file=self.ca_file,
            home=self.home,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFlags:
    """What measurements are on the server."""

    profile: str
    mapping_file: Path | None


def server_request(server: str, flags: ServerFlags, of_mapping: MappingFlags) -> "ServerRequest":
    """Return what the flags ask to be looked at."""
    from bridge.runs.examining import ServerRequest

    return ServerRequest(
        server=server,
        user=flags.user,
        mapping_file=of_mapping.mapping_file,
        profile=of_mapping.profile,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFlags:
    """Whether and how the content package is made."""

    content: bool
    extend: bool
    package: Path | None
    dry_run: bool
    yes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesFlags:
    """Which files to load, and what is wanted of them."""

    source: Path | None
    keep_names: bool
    since: date | None
    years: int | None
    shift: bool
    codes: Path | None

    @property
    def given(self) -> dict[str, Any]:
        """The fields of a CohortRequest that they fill."""
        return {
            "files": self.source,
            "keep_names": self.keep_names,
            "since": self.since,
            "years": self.years,
            "shift": self.shift,
            "codes": self.codes,
        }


def grouped(
    name: str, kind: Callable[..., Any], *options: Callable[[Any], Any]
) -> Callable[[Command], Command]:
    """Add options to a command, which gets their values as one object."""

    def decorate(command: Command) -> Command:
        own: list[str] = []

        @functools.wraps(command)
        def called(*arguments: Any, **values: Any) -> Any:
            group = kind(**{name: values.pop(name) for name in own})
            return command(*arguments, **{name: group}, **values)

        for option in reversed(options):
            called = option(called)
            own.append(called.__click_params__[-1].name)  # type: ignore[attr-defined]
        return called  # type: ignore[return-value]

    return decorate


def _path(**more: bool) -> click.Path:
    return click.Path(path_type=Path, **more)


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)

home_option = click.option(
    "--home",
    type=_path(),
    envvar="BRIDGE_HOME",
    default=default_home,
    show_default="the user's data directory",
    help="Where runs are recorded and the sandbox is kept.",
)

_user_option = click.option("--user", envvar="BRIDGE_USER", help="Who signs in.")
_password_option = click.option(
    "--password-file",
    type=_path(),
    envvar="BRIDGE_PASSWORD_FILE",
    help="A file whose first line is the password; or set BRIDGE_PASSWORD.",
)
_ca_option = click.option(
    "--ca-file",
    type=_path(),
    envvar="BRIDGE_CA_FILE",
    help="A PEM file of the certificates to trust, for a server that makes its own.",
)

sign_in_options = grouped(
    "sign_in", SignIn, _user_option, _password_option, _ca_option, home_option
)

server_options = grouped(
    "server",
    ServerFlags,
    click.option(
        "--url",
        envvar="BRIDGE_URL",
        help="Base address of an OpenMRS, like http://localhost/openmrs. None: the sandbox.",
    ),
    _user_option,
    _password_option,
    _ca_option,
    home_option,
)

mapping_options = grouped(
    "of_mapping",
    MappingFlags,
    click.option(
        "--profile",
        envvar="BRIDGE_PROFILE",
        default="auto",
        show_default=True,
        help="Which kind of server: a profile of the mapping, or auto.",
    ),
    click.option(
        "--mapping",
        "mapping_file",
        type=_path(),
        envvar="BRIDGE_MAPPING",
        help="A mapping file in place of bridge's own.",
    ),
)

cohort_options = grouped(
    "asked",
    CohortRequest,
    click.option(
        "--count",
        type=click.IntRange(1, 10_000_000),
        show_default="200, or all that a file holds",
        help="How many patients.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Same seed, same patients."),
    click.option(
        "--as-of",
        type=DateType(),
        show_default="today",
        help="The day that ages are counted to; no visit is on it or after it.",
    ),
    click.option(
        "--population",
        envvar="BRIDGE_POPULATION",
        default="kenya",
        show_default=True,
        help="Whose ages, names, places and vitals: a name that comes with bridge, or a file.",
    ),
    click.option(
        "--visits",
        type=VisitsType(),
        show_default="as many as their care takes; 1-6 with --chart vitals",
        help="Visits of each patient; of more, the newest.",
    ),
    click.option(
        "--chart",
        type=click.Choice(["full", "vitals"]),
        envvar="BRIDGE_CHART",
        show_default="full; vitals for people of a file",
        help="Whole charts (diagnoses, tests, drugs, vaccines, notes, programs, appointments), or "
        "vital signs alone.",
    ),
    click.option(
        "--histories",
        metavar="learnt|FILE",
        help="Charts by an event model in place of the care modules: bridge's own (fitted to "
        "Synthea's Americans), or one of `bridge train --kind histories`.",
    ),
    click.option(
        "--illness",
        type=click.Choice(["mixed", "none", "emergency"]),
        show_default="mixed; none for people of a file",
        help="How ill patients come: as outpatients do, well, or as to an emergency department.",
    ),
    click.option(
        "--people",
        type=_path(),
        help="Make vitals for the people of a table: sex (or gender), birthdate (or as much of it "
        "as is known), age_months or age_years, and, if you like, given_name, family_name, "
        "immediacy (how ill they come, 1 to 5) and an id, which generate's files have too. What "
        "else it has is ignored, and said.",
    ),
)

workers_option = click.option(
    "--workers",
    type=WorkersType(),
    envvar="BRIDGE_WORKERS",
    default="auto",
    show_default=True,
    help="Requests at once; auto finds the server's best.",
)

package_option = click.option(
    "--package",
    type=_path(),
    envvar="BRIDGE_PACKAGE",
    help="A folder with a content package in place of bridge's own.",
)

content_options = grouped(
    "asked",
    ContentFlags,
    click.option("--content", is_flag=True, help="Concepts, drugs, programs and the like too."),
    click.option(
        "--extend",
        is_flag=True,
        help="With --content: give sets and questions that exist what they lack, such as vaccines.",
    ),
    package_option,
    click.option("--dry-run", is_flag=True, help="Say what would be made, and make nothing."),
    click.option("--yes", is_flag=True, help="Make the content without asking."),
)

run_argument = click.argument("name", metavar="[RUN]", required=False)

files_options = grouped(
    "files",
    FilesFlags,
    click.option(
        "--from",
        "source",
        type=click.Path(path_type=Path),
        help="Patients of files: FHIR R4 bundles or NDJSON, Synthea's CSV, tables of people, "
        "or what `bridge generate` wrote.",
    ),
    click.option("--keep-names", is_flag=True, help="Leave the digits in Synthea's names."),
    click.option("--since", type=DateType(), help="Of files: nothing older than this date."),
    click.option("--years", type=click.IntRange(1), help="Of files: the newest N years."),
    click.option(
        "--shift",
        is_flag=True,
        help="Of files: move each patient's dates by whole weeks, so that the last lies before "
        "--as-of (or today).",
    ),
    click.option(
        "--codes",
        type=click.Path(path_type=Path),
        help="A table of codes that goes before bridge's own (see mappings/codes.csv).",
    ),
)
"""What is wanted of the files of others."""
