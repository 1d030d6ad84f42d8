"""Requests to the sandbox, as bytes: answered as OpenMRS would, never with a traceback."""

import base64
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient

from bridge.delivery.plan import plan_patient
from bridge.delivery.rendering import patient_body
from bridge.delivery.run import context_of
from bridge.delivery.server_state import DEMO_TAG, RUN_TAG
from bridge.delivery.setup import tags
from bridge.delivery.target import Target
from bridge.mapping.loading import load_mapping
from bridge.sandbox import PASSWORD, USER, Sandbox
from bridge.sandbox.app import create_app
from bridge.sandbox.server import open_database
from tests.lib.loading import connector, prepare
from tests.lib.patients import make_patient
from tests.lib.records import run

Trial = Callable[[bytes], object]
Open = AbstractContextManager[Trial]
MAPPING = load_mapping(None)
PROFILE = MAPPING.profiles[list(MAPPING.profiles)[-1]]
_MARKS = {mark.body["name"]: str(mark.body["uuid"]) for mark in tags()}
TARGET = Target(
    encounter_type=PROFILE.encounter_type.uuid,
    visit_type=PROFILE.visit_type.uuid,
    location=PROFILE.location.uuid,
    encounter_role=PROFILE.encounter_role.uuid,
    provider=PROFILE.provider.uuid,
    identifiers=(),
    demo_tag=_MARKS[DEMO_TAG],
    run_tag=_MARKS[RUN_TAG],
)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SIGNED = {
    "Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    "Host": "127.0.0.1",
}
REST, FHIR = "/openmrs/ws/rest/v1/", "/openmrs/ws/fhir2/R4/"


@contextmanager
def _client() -> Iterator[FlaskClient]:
    with tempfile.TemporaryDirectory(prefix="bridge-fuzz-") as folder:
        with Sandbox.start(Path(folder), clock=lambda: NOW) as running:
            prepare(connector(running.url))
        database = open_database(Path(folder), lambda: NOW)
        app = create_app(database, lambda: NOW)
        app.testing = True  # what the application does not catch comes out here
        try:
            yield app.test_client()
        finally:
            database.close()


def _ask(client: FlaskClient, method: str, path: str, body: bytes = b"") -> None:
    client.delete_cookie("JSESSIONID", path="/openmrs", domain="127.0.0.1")
    kind = "application/fhir+json" if path.startswith(FHIR) else "application/json"
    answer = client.open(path, method=method, data=body, headers=SIGNED, content_type=kind)
    assert answer.status_code in (200, 201, 204, 400, 403, 404, 405, 409, 410, 422, 500)
    if answer.data and len(path) > len(REST) and path.startswith((REST, FHIR)):
        assert "json" in (answer.content_type or ""), (path, answer.status_code, answer.data[:200])


@contextmanager
def _places(start: str) -> Iterator[Trial]:
    with _client() as client:

        def trial(data: bytes) -> None:
            line, _, body = data.partition(b"\n")
            method, _, path = line.decode("latin-1").partition(" ")
            place = _path(path) or "patient"
            _ask(client, method if method in ("PUT", "DELETE") else "POST", start + place, body)

        yield trial


def rest() -> Open:
    """Send a body to a REST resource."""
    return _places(REST)


def rest_seeds() -> Sequence[bytes]:
    """Return a patient with a visit, and bodies of several kinds."""
    patient = make_patient(1, visits=1)
    context = context_of(run(target=TARGET), MAPPING)
    (visit,) = plan_patient(patient, context).visits
    first = visit.encounters[0]
    return [
        b"POST patient\n" + json.dumps(patient_body(patient, (), TARGET, run="fuzz")).encode(),
        b"POST visit\n" + json.dumps(visit.body).encode(),
        b"POST encounter\n" + json.dumps({**first.body, "visit": visit.body}).encode(),
        f"POST patient/{patient.uuid}\n".encode() + b'{"deleted": false}',
        f"DELETE visit/{visit.uuid}\n".encode(),
        b'POST person\n{"gender": "F", "names": [{"givenName": "a", "familyName": "b"}]}',
        b'POST location\n{"name": "x", "tags": [], "parentLocation": null}',
        b'POST concept\n{"names": [{"name": "n", "locale": "en"}], "datatype": '
        b'"8d4a4488-c2cc-11de-8d13-0010c6dffd0f", "conceptClass": '
        b'"8d491a9a-c2cc-11de-8d13-0010c6dffd0f", "hiAbsolute": 1e3, "lowAbsolute": 0}',
        b'POST systemsetting\n{"property": "a", "value": "b"}',
        b'POST idgen/identifiersource\n{"generateIdentifiers": true, "sourceUuid": "x", '
        b'"numberToGenerate": 2}',
        b'POST idgen/identifiersource\n{"sourceType": "SequentialIdentifierGenerator", "name": "x",'
        b' "identifierType": "x", "firstIdentifierBase": "1", "baseCharacterSet": "01"}',
        b'POST session\n{"sessionLocation": "x"}',
        b"DELETE location/x\n",
    ]


def fhir() -> Open:
    """Send a resource to FHIR."""
    return _places(FHIR)


def fhir_seeds() -> Sequence[bytes]:
    """Return resources."""
    return [
        b'POST Patient\n{"resourceType": "Patient", "gender": "female", "birthDate": "1990-05-01", '
        b'"name": [{"given": ["a"], "family": "b"}], "identifier": [{"value": "1", "type": '
        b'{"coding": [{"code": "x"}]}, "extension": [{"url": "x", "valueReference": {}}]}]}',
        b'POST Encounter\n{"resourceType": "Encounter", "status": "unknown", "class": {"code": '
        b'"AMB"}, "subject": {"reference": "Patient/x"}, "period": {"start": "2026-03-04"}}',
        b'POST Observation\n{"resourceType": "Observation", "status": "final", "code": {"coding": '
        b'[{"code": "x"}]}, "valueQuantity": {"value": 1}, "effectiveDateTime": "2026-03-04"}',
        b'PUT Patient/x\n{"resourceType": "Patient", "id": "x"}',
        b"DELETE Patient/x\n",
    ]


@contextmanager
def query() -> Iterator[Trial]:
    """Search both."""
    with _client() as client:

        def trial(data: bytes) -> None:
            place, _, rest_of_it = data.partition(b"?")
            path = _path(place.decode("latin-1"))
            asked = "".join(map(_quoted, rest_of_it.decode("latin-1")))
            start = "/openmrs/ws/" if path.startswith(("rest", "fhir")) else "/"
            _ask(client, "GET", f"{start}{path}?{asked}")

        yield trial


def _path(text: str) -> str:
    """Keep of a path what reaches a resource: the framework redirects from // on its own."""
    letters = "".join(c for c in text if c.isascii() and (c.isalnum() or c in "/-"))
    return "/".join(filter(None, letters.split("/")))


def _quoted(character: str) -> str:
    plain = character.isascii() and character.isalnum()
    return character if plain or character in "&=_-+" else f"%{ord(character):02x}"


def query_seeds() -> Sequence[bytes]:
    """Return searches."""
    return [
        b"rest/v1/patient?q=a&v=custom:(uuid,person:(names))&limit=2&startIndex=1&totalCount=true",
        b"rest/v1/concept?references=a,b&v=full&code=1&source=CIEL",
        b"rest/v1/visit?patient=x&includeInactive=false&fromStartDate=2026-01-01",
        b"rest/v1/encounter?patient=x&fromdate=2026-01-01&todate=x&order=desc",
        b"rest/v1/location/x?v=ref",
        b"fhir2/R4/Patient?_count=1&_summary=count&name=a&birthdate=ge2000&_tag=x",
        b"fhir2/R4/Observation?subject:Patient=x&code=a,b&_sort=-date&_summary=data&date=lt2026",
        b"fhir2/R4?_getpages=x&_getpagesoffset=1&_count=2",
        b"?q=a&start=25",
        b"?start=99999999999999999999",
        b"rest/v1/patient?q=a&startIndex=99999999999999999999",
        b"fhir2/R4/Patient?_count=99999999999999999999&_getpagesoffset=99999999999999999999",
        b"patient/x?",
    ]
