"""The pages a person opens, first as text, then in a real browser."""

import base64
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox import PASSWORD, USER, Sandbox
from bridge.sandbox.people.vitals import age_text

from .clinic import DAY, Clinic
from .hospital import (
    DIABETES,
    HEMOGLOBIN,
    IMAGE,
    MALARIA,
    MODERATE,
    NOTE,
    PENICILLIN,
    SMOKES,
    Hospital,
)

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1600",
)
HOSTILE = (
    "<script>document.title='hacked'</script>",
    "\"'><img src=x onerror=hack()>",
    "</script><b>{{7*7}}",
    "\u202egnirts LTR",
    "\u0645\u0631\u064a\u0645 \u0639\u0644\u064a",
)


def root(sandbox: Sandbox) -> str:
    return f"http://{USER}:{PASSWORD}@127.0.0.1:{sandbox.port}"


def test_pages_ask_for_the_sign_in(sandbox: Sandbox) -> None:
    answer = requests.get(f"http://127.0.0.1:{sandbox.port}/", timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_an_empty_sandbox_says_how_to_fill_it(sandbox: Sandbox) -> None:
    answer = requests.get(root(sandbox), timeout=10)
    assert "bridge load --count 200" in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_openmrs_s_own_address_leads_to_the_pages(sandbox: Sandbox) -> None:
    answer = requests.get(f"{root(sandbox)}/openmrs/", timeout=10, auth=(USER, PASSWORD))
    assert "<h1>Patients</h1>" in answer.text


def test_a_voided_patient_is_not_shown(clinic: Clinic, sandbox: Sandbox) -> None:
    kept, gone = clinic.patient(), clinic.patient()
    clinic.ask("DELETE", f"patient/{gone}", reason="undo")
    text = requests.get(root(sandbox), timeout=10).text
    assert kept in text
    assert gone not in text
    assert requests.get(f"{root(sandbox)}/patient/{gone}", timeout=10).status_code == 404


def test_the_list_is_searched_and_paged(clinic: Clinic, sandbox: Sandbox) -> None:
    for number in range(30):
        name = {"givenName": "Akinyi" if number % 2 else "Baraka", "familyName": "Otieno"}
        clinic.patient(names=[name])
    assert "1\u201325 of 30" in requests.get(root(sandbox), timeout=10).text
    assert "26\u201330 of 30" in requests.get(f"{root(sandbox)}/?start=25", timeout=10).text
    found = requests.get(f"{root(sandbox)}/?q=aki", timeout=10).text
    assert "1\u201315 of 15" in found
    assert "Nobody found" in requests.get(f"{root(sandbox)}/?q=zz", timeout=10).text
    assert requests.get(f"{root(sandbox)}/?start=x&q=%00", timeout=10).status_code == 200


def test_times_are_those_of_the_reader_s_clock(
    clinic: Clinic, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visit at nine in Nairobi is not at six for a trainer there."""
    patient = clinic.patient()
    clinic.vitals(patient, {5088: 37.0})
    shown = []
    for zone in ("UTC", "Africa/Nairobi"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        text = requests.get(f"{root(sandbox)}/patient/{patient}", timeout=10).text
        shown += [datetime.fromisoformat(text.split('<time datetime="')[1].split('"')[0])]
    monkeypatch.undo()
    time.tzset()
    assert shown[0] == shown[1]
    assert [str(one.tzinfo) for one in shown] == ["UTC", "UTC+03:00"]


@given(st.dates(date(1900, 1, 1), date(2026, 11, 21)))
def test_everybody_has_an_age(born: date) -> None:
    number, unit = age_text(born, date(2026, 11, 21)).split()
    assert int(number) >= 0
    assert unit.rstrip("s") in ("day", "month", "year")


@pytest.fixture
def browser() -> Iterator["Chrome"]:
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs chromium and chromedriver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = CHROMIUM
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = Chrome(options=options, service=Service(DRIVER))
        yield driver
        complaints = driver.get_log("browser")
        driver.quit()
    assert complaints == []


def text_of(browser: "Chrome", selector: str) -> list[str]:
    return [one.text for one in browser.find_elements("css selector", selector)]


@pytest.mark.browser
def test_a_patient_s_page_draws_graphs(clinic: Clinic, sandbox: Sandbox, browser: "Chrome") -> None:
    child = clinic.patient(birthdate="2023-02-10")
    for number in range(3):
        values = {5085: 118, 5086: 76, 5088: 38.4, 5089: 13 + number / 2, 5090: 92 + number}
        clinic.vitals(child, values, DAY + timedelta(days=60 * number))
    browser.get(root(sandbox))
    browser.find_element("link text", "Amina Otieno").click()
    assert text_of(browser, ".badge.synthetic") == ["Synthetic patient"]
    titles = [title.split("\n")[0] for title in text_of(browser, "figcaption")]
    assert titles[:3] == [
        "Growth: height by age cm",
        "Growth: weight by age kg",
        "Blood pressure mmHg",
    ]
    assert _inked(browser) == [True] * len(titles)
    assert "38.4 \u2191\u2191" in " ".join(text_of(browser, ".critically_high"))
    assert len(text_of(browser, ".vitals tbody tr")) == 3
    assert len(text_of(browser, ".visit")) == 3


def _inked(browser: "Chrome") -> list[bool]:
    """Tell for each graph whether its canvas shows the first line's colour."""
    script = """
        return [...document.querySelectorAll(".plot canvas")].map((canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let inked = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i] < 40 && data[i + 1] > 90 && data[i + 2] > 80 && data[i + 3] > 200) inked++;
          }
          return inked > 3;
        });
    """
    found: list[bool] = browser.execute_script(script)
    return found


@pytest.mark.browser
def test_a_hostile_name_is_only_text(clinic: Clinic, sandbox: Sandbox, browser: "Chrome") -> None:
    for number, name in enumerate(HOSTILE):
        patient = clinic.patient(
            names=[{"givenName": name[:50], "familyName": "Otieno"}],
            attributes=[
                {"attributeType": clinic.mark, "value": "true"},
                {"attributeType": clinic.run, "value": name[:50]},
            ],
        )
        clinic.vitals(patient, {5085: 120}, DAY + timedelta(days=number))
    place = clinic.make("location", name=f"</script>{HOSTILE[0]}"[:200])["uuid"]
    long_name = clinic.make("concept", **_long_concept())["uuid"]
    body = clinic.encounter_body(patient, {}, DAY + timedelta(days=90))
    body["obs"] = [{"concept": long_name, "value": 1}]
    body["location"] = body["visit"]["location"] = place
    clinic.make("encounter", **body)
    browser.get(root(sandbox))
    shown = text_of(browser, ".patients tbody a")
    for name, one in zip(reversed(HOSTILE), shown, strict=True):
        assert name[:50].split()[0] in one
    links = browser.find_elements("css selector", ".patients tbody a")
    for address in [link.get_attribute("href") for link in links]:
        browser.get(address)
        assert browser.title != "hacked"
        assert browser.find_elements("css selector", "h1 *:not(bdi), main img, main b") == []
        assert all(_inked(browser))


EVIL = (
    "javascript:document.title=1",
    '" onfocus=document.title=1 autofocus x="',
    "<svg/onload=document.title=1><iframe srcdoc=x>",
    "<a href=javascript:document.title=1>click</a>",
    "\u202e\u2066\u2067\u202dAmina\u200f",
    "\u0301" * 50,
    "</title><script>document.title=1</script>",
    "W" * 50,
)


@pytest.mark.browser
def test_no_hostile_word_runs_or_breaks_the_page(
    clinic: Clinic, sandbox: Sandbox, browser: "Chrome"
) -> None:
    """Names, places, marks and the search: no script, no link, no scrolling sideways."""
    evil = [name[:50] for name in EVIL]
    patients = [
        clinic.patient(
            names=[{"givenName": name, "familyName": name}],
            addresses=[{"cityVillage": name, "stateProvince": name, "country": name}],
            attributes=[{"attributeType": clinic.run, "value": name}],
        )
        for name in evil
    ]
    for patient in patients:
        clinic.vitals(patient, {5085: 120, 5089: 70})
    pages = ["/", *(f"/?q={quote(name)}" for name in evil[1:3]), f"/?q={'a' * 10_000}"]
    for path in [*pages, *(f"/patient/{patient}" for patient in patients)]:
        browser.get(root(sandbox) + path)
        browser.execute_script("document.querySelectorAll('*').forEach((one) => one.focus())")
        assert browser.title.endswith("bridge sandbox")
        strange = "iframe, [onload], [onfocus], [onmouseover], a[href^='javascript']"
        assert browser.find_elements("css selector", strange) == []
        width = browser.execute_script("return document.documentElement.scrollWidth")
        assert width <= browser.execute_script("return innerWidth")


def test_every_page_says_what_it_may_not_do(clinic: Clinic, sandbox: Sandbox) -> None:
    """Also those that are not there."""
    for path in ("/", f"/patient/{clinic.patient()}", "/nowhere"):
        answer = requests.get(root(sandbox) + path, timeout=10)
        policy = answer.headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def _long_concept() -> dict[str, object]:
    return {
        "names": [{"name": "W" * 10_000, "locale": "en"}],
        "datatype": "8d4a4488-c2cc-11de-8d13-0010c6dffd0f",
        "conceptClass": "8d491a9a-c2cc-11de-8d13-0010c6dffd0f",
        "allowDecimal": True,
    }


@pytest.mark.browser
def test_a_narrow_window_needs_no_scrolling_sideways(
    clinic: Clinic, sandbox: Sandbox, browser: "Chrome"
) -> None:
    patient = clinic.patient(names=[{"givenName": "W" * 50, "familyName": "W" * 50}])
    clinic.vitals(patient, {5085: 120, 5086: 80, 5087: 70, 5088: 37, 5089: 70, 5090: 170, 5092: 97})
    browser.set_window_size(500, 900)
    for path in ("/", f"/patient/{patient}"):
        browser.get(root(sandbox) + path)
        width = browser.execute_script("return document.documentElement.scrollWidth")
        assert width <= browser.execute_script("return innerWidth")


def charted(hospital: Hospital) -> str:
    """Make a patient with something in every part of the summary, and return the uuid."""
    patient = hospital.patient(birthdate="2023-02-10")
    hospital.make(
        "condition", patient=patient, condition={"coded": DIABETES}, clinicalStatus="ACTIVE"
    )
    allergen = {"allergenType": "DRUG", "codedAllergen": {"uuid": PENICILLIN}}
    severity = {"uuid": MODERATE}
    hospital.make(f"patient/{patient}/allergy", allergen=allergen, severity=severity)
    for number, value in enumerate((10.9, 6.4)):
        start = DAY + timedelta(days=40 * number)
        body = hospital.encounter_body(patient, {}, start)
        body["obs"] = [
            {"concept": HEMOGLOBIN, "value": value},
            {"concept": NOTE, "value": "Pale, tired.\nEats well."},
            {"concept": SMOKES, "value": False},
        ]
        diagnosis = {"coded": MALARIA}
        body["diagnoses"] = [{"diagnosis": diagnosis, "certainty": "PROVISIONAL", "rank": 1}]
        body["orders"] = [hospital.drug_order(patient, start + timedelta(minutes=15))]
        hospital.make("encounter", **body)
        vaccine = hospital.vaccine(patient, body["visit"]["uuid"], start)
        hospital.client.post(f"{hospital.fhir}/Immunization", json=vaccine, timeout=10)
    enrolled = {"program": hospital.program, "dateEnrolled": "2026-03-04"}
    hospital.make("programenrollment", patient=patient, **enrolled)
    hospital.tell(
        "appointment",
        patientUuid=patient,
        serviceUuid=hospital.service,
        startDateTime="2026-12-04T09:00:00.000+0000",
        endDateTime="2026-12-04T09:15:00.000+0000",
        appointmentKind="Scheduled",
    )
    return patient


def test_the_summary_tells_what_a_patient_has_and_takes(
    hospital: Hospital, sandbox: Sandbox
) -> None:
    patient = charted(hospital)
    text = requests.get(f"{root(sandbox)}/patient/{patient}", timeout=10).text
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    for said in (
        "Allergies Penicillins moderate",
        "Problems Diabetes mellitus",
        "Malaria presumed 2 times, last",
        "None at present. Past medicines 2",
        "Diabetes Education since",
        "General Medicine to come",
        "Hemoglobin 6.4 \u2193\u2193 critically low g/dL",
        "BCG vaccine 1 3 years",
        "Pale, tired. Eats well.",
        "Smokes no",
    ):
        assert said in words, said
    assert text.count("<polyline") == 1


def test_nothing_asked_and_nothing_there_are_not_the_same(
    hospital: Hospital, sandbox: Sandbox
) -> None:
    patient = hospital.patient()
    address = f"{root(sandbox)}/patient/{patient}"
    assert "nobody has asked" in requests.get(address, timeout=10).text
    hospital.ask("PUT", f"patient/{patient}/allergy", {})
    assert "No known allergies." in requests.get(address, timeout=10).text


def test_an_attachment_is_shown_small_and_opens_where_it_can_do_no_harm(
    hospital: Hospital, sandbox: Sandbox
) -> None:
    patient = hospital.patient()
    for name, kind, concept in (
        ("wound.png", "image/png", IMAGE),
        ("page.html", "text/html", "42ed45fd-f3f6-44b6-bfc2-8bde1bb41e00"),
    ):
        body = {"person": patient, "concept": concept, "obsDatetime": "2026-03-04T09:00:00"}
        parts = {
            "file": (name, b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", kind),
            "json": (None, json.dumps(body)),
        }
        hospital.client.post(f"{hospital.rest}/obs", files=parts, timeout=10)
    text = requests.get(f"{root(sandbox)}/patient/{patient}", timeout=10).text
    assert text.count("<img ") == 1
    kinds = set()
    for uuid in re.findall(r'href="/attachment/([^"]+)"', text):
        stranger = requests.get(f"http://127.0.0.1:{sandbox.port}/attachment/{uuid}", timeout=10)
        assert stranger.status_code == 401
        answer = requests.get(f"{root(sandbox)}/attachment/{uuid}", timeout=10)
        kinds.add((answer.headers["Content-Type"], answer.headers["Content-Disposition"][:6]))
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        hospital.ask("DELETE", f"obs/{uuid}")
        assert requests.get(f"{root(sandbox)}/attachment/{uuid}", timeout=10).status_code == 404
    assert kinds == {("image/png", "inline"), ("application/octet-stream", "attach")}


@pytest.mark.browser
def test_a_whole_chart_fits_a_phone_and_prints_on_one_page(
    hospital: Hospital, sandbox: Sandbox, browser: "Chrome"
) -> None:
    patient = charted(hospital)
    for number in range(12):
        hospital.make(
            "condition",
            patient=patient,
            condition={"nonCoded": f"{EVIL[number % len(EVIL)][:40]} {number}"},
            clinicalStatus="ACTIVE",
        )
        start = DAY - timedelta(days=20 * number + 20)
        body = hospital.encounter_body(patient, {5085: 120 + number, 5089: 13}, start)
        body["obs"].append({"concept": NOTE, "value": "<b>W</b>" * 200})
        hospital.make("encounter", **body)
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(f"{root(sandbox)}/patient/{patient}")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.find_elements("css selector", "main b:not(.doses b), main script") == []
    paper = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": False}
    printed = browser.execute_cdp_cmd("Page.printToPDF", paper)["data"]
    assert base64.b64decode(printed).count(b"/Type /Page\n") == 1


def test_the_chart_library_keeps_its_licence() -> None:
    vendor = Path(__file__).parents[2] / "bridge" / "sandbox" / "static" / "vendor"
    assert "MIT" in (vendor / "uPlot.LICENSE").read_text(encoding="utf-8")
    assert json.dumps(sorted(file.name for file in vendor.iterdir())) == json.dumps(
        ["uPlot.LICENSE", "uPlot.iife.min.js", "uPlot.min.css"]
    )
