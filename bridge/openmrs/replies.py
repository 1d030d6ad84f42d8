"""What an answer of OpenMRS means. Pure; sorts by body as well as by status.

A 200 can carry a Java exception or a login page, and a 500 can be the plain refusal of one
record, so neither status says enough by itself.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple, NoReturn

from bridge.wording import one_line


class Outcome(Enum):
    """How to go on after an answer."""

    ACCEPTED = "accepted"
    MISSING = "missing"  # there is no such object, or it is voided (FHIR 410)
    REJECTED = "rejected"  # this record, as it is, will never be accepted
    TEMPORARY = "temporary"  # ask again later
    EXPIRED = "expired"  # the sign-in is over
    FORBIDDEN = "forbidden"  # signed in, without the privilege
    FOREIGN = "foreign"  # what answers is not (yet) an OpenMRS REST service


class Cause(Enum):
    """Why an answer is as it is, where something depends on that: never told by the words again."""

    NO_ANSWER = "no answer in time"
    NO_CONNECTION = "no connection in time"
    DATABASE = "the server's database, and not the record, is in trouble"
    IDENTIFIER_TAKEN = "somebody else has the identifier"
    VISIT_NOT_NESTED = "this server makes no visit inside its encounter"


class Reply(NamedTuple):
    """One answer, sorted. `reason` is the server's own wording, in one line."""

    outcome: Outcome
    status: int
    body: Any
    reason: str
    retry_after: float | None = None
    date: datetime | None = None
    location: str | None = None
    """Where a redirect leads."""
    cause: Cause | None = None

    @property
    def is_overload(self) -> bool:
        """Tell whether a server says so that it has too much to do: not by a line that is cut."""
        silent = self.cause is Cause.NO_ANSWER
        return self.outcome is Outcome.TEMPORARY and (self.status > 0 or silent)

    @property
    def is_timeout(self) -> bool:
        """Tell whether somebody gave up waiting: the server may be at it still."""
        return self.cause is Cause.NO_ANSWER or self.status in _TIMEOUTS

    @property
    def is_away(self) -> bool:
        """Tell whether nothing is there that could be slow or starting."""
        return self.status == 0 and self.cause not in (Cause.NO_ANSWER, Cause.NO_CONNECTION)


# Words of 500s that refuse the record itself. Seen on core 2.5, 2.7 and 2.8; any other 500 with a
# JSON body may be a passing trouble of the server's database.
_REFUSALS = re.compile(
    r"failed to validate|Duplicate entry|is a duplicate name|already in use"
    r"|different object with the same identifier value|missing the following required identifier"
    r"|cannot be null|Cannot delete or update a parent row|Cannot permanently delete"
    r"|set absolute limit|not supported|missing or invalid|administrationService.validate"
    r"|ConstraintViolationException|cannot.have.more.than.one"
    r"|Failed to call access method: java.lang.NullPointerException"
)

_DATABASE = re.compile(
    r"Deadlock|Lock wait timeout|try restarting transaction|database is locked"
    r"|table '[^']*' is full|disk (is )?full|JDBCConnectionException|Unable to acquire JDBC"
    r"|Could not open (JPA|Hibernate|JDBC)|Communications link failure",
    re.IGNORECASE,
)
"""Words of 500s that speak of the server's database, never of the record."""

_CAUSES = (
    (Cause.DATABASE, _DATABASE),
    (Cause.IDENTIFIER_TAKEN, re.compile("already in use")),
    (Cause.VISIT_NOT_NESTED, re.compile("visit on class org.openmrs.Encounter")),
)
"""What the words of a refusal mean; each session asks for them in English."""

_TIMEOUTS = {504, 524}
"""What gateways answer for a server that takes too long; 524 is Cloudflare's."""

_TEMPORARY = {408, 425, 429, 502, 503, 504}


def sort_reply(status: int, headers: Mapping[str, str], text: str) -> Reply:
    """Sort one answer; `headers` by any case, `text` the decoded body."""
    body = _json(text)
    reason = _reason(status, body, text)
    cause = _cause(status, body, reason)
    return Reply(
        _outcome(status, body, text, reason, cause),
        status,
        body,
        reason,
        _seconds(headers.get("Retry-After"), headers.get("Date")),
        _date(headers.get("Date")),
        one_line(headers.get("Location", "")) or None,
        cause,
    )


def no_reply(words: str, cause: Cause | None = None) -> Reply:
    """Return what stands for an answer that did not come, or broke off."""
    return Reply(Outcome.TEMPORARY, 0, None, words, cause=cause)


def _cause(status: int, body: Any, reason: str) -> Cause | None:
    if status < 400 and not _is_refusal(body):
        return None
    return next((cause for cause, words in _CAUSES if words.search(reason)), None)


def _outcome(status: int, body: Any, text: str, reason: str, cause: Cause | None) -> Outcome:
    if status < 300:
        return _outcome_of_success(status, body, text)
    if status < 400:
        return Outcome.FOREIGN
    if status == 401:
        return Outcome.EXPIRED
    if status == 403 or "Privileges required" in reason:  # fhir2 says so with a 500
        return Outcome.FORBIDDEN
    if status in (404, 410):
        known = _is_refusal(body) and "Unknown resource" not in reason
        return Outcome.MISSING if known else Outcome.FOREIGN
    if status in _TEMPORARY:
        return Outcome.TEMPORARY
    if status >= 500:
        final = _is_refusal(body) and _REFUSALS.search(reason) and cause is not Cause.DATABASE
        return Outcome.REJECTED if final else Outcome.TEMPORARY
    return Outcome.REJECTED


def _outcome_of_success(status: int, body: Any, text: str) -> Outcome:
    if not text.strip() and status in (200, 201, 204):
        return Outcome.ACCEPTED
    if isinstance(body, dict) and ("error" in body or _is_java_exception(body)):
        return Outcome.REJECTED
    return Outcome.ACCEPTED if isinstance(body, dict | list) else Outcome.FOREIGN


def _is_java_exception(body: dict[str, Any]) -> bool:
    # A method that a resource does not know answers 200 with the exception, serialised.
    return {"localizedMessage", "cause"} <= body.keys()


def _is_refusal(body: Any) -> bool:
    return isinstance(body, dict) and (
        "error" in body
        or body.get("resourceType") == "OperationOutcome"
        or _is_java_exception(body)
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):  # also a number of more than 4,300 digits
        return None


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _reason(status: int, body: Any, text: str) -> str:
    """Return the server's wording: of a validation the field and message, else the message."""
    said: object = None
    if isinstance(body, dict):
        error = body.get("error")
        if isinstance(error, dict):
            said = "; ".join(_complaints(error)) or error.get("message")
        elif body.get("resourceType") == "OperationOutcome":
            said = _diagnostics(body.get("issue"))
        elif _is_java_exception(body):
            said = body.get("message")
    elif title := re.search(r"<title>([^<]*)", text[:_HEAD], re.IGNORECASE):
        said = title[1]
    # what is no text may be nested too deep to be written
    return (one_line(said) if isinstance(said, str) else "") or f"HTTP status {status}"


def _diagnostics(issues: Any) -> object:
    first = issues[0] if isinstance(issues, list) and issues else None
    return first.get("diagnostics") if isinstance(first, dict) else None


def _complaints(error: dict[str, Any]) -> list[str]:
    listed: list[tuple[str, Any]] = [("", error.get("globalErrors"))]
    fields = error.get("fieldErrors")
    listed += fields.items() if isinstance(fields, dict) else []
    found = []
    for field, complaints in listed[:_MOST_COMPLAINTS]:
        for message in _messages(complaints):
            found.append(f"{field}: {message}" if field else message)
    return list(dict.fromkeys(found))  # the same complaint comes twice


def _messages(complaints: Any) -> Iterable[str]:
    for complaint in complaints[:_MOST_COMPLAINTS] if isinstance(complaints, list) else ():
        message = complaint.get("message") if isinstance(complaint, dict) else complaint
        if isinstance(message, str):
            yield message


_HEAD = 10_000
"""Where in a page its title is looked for."""
_MOST_COMPLAINTS = 20


def _seconds(retry_after: str | None, date: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date to hold against the server's own clock."""
    if retry_after is None:
        return None
    if seconds := re.fullmatch(r"\s*([0-9]+)\s*", retry_after):
        return float(seconds[1])
    until, now = _date(retry_after), _date(date)
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return date if date is None or date.tzinfo else date.replace(tzinfo=UTC)
