"""Whole charts as tables: columns out of columns, no row handled by itself but for words."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from bridge.chart import DECIMALS, MEASUREMENTS, CodeableConcept
from bridge.files.care_patient_tables import CELLS as OF_PATIENTS
from bridge.files.chart_columns import CHART_TABLES, VISIT_COLUMNS
from bridge.files.coded_cells import concepts
from bridge.files.tables import Cells, Coded, Numbers, Table, tables_with
from bridge.histories.care.package import drugs as formulary
from bridge.histories.care.package import tests as laboratory
from bridge.patient_arrays import Whole, completed_months, uuid_text
from bridge.synthesis.care_arrays import CareArrays
from bridge.synthesis.care_codes import coded, drug_code, test_code, vaccine_code
from bridge.synthesis.care_columns import NOT_TOLD, encounter_times, factorized, orders, ranks
from bridge.synthesis.care_notes import note_texts

_DECIMALS: Final = np.array([DECIMALS[name] for name in MEASUREMENTS])


def care_tables() -> tuple[Table, ...]:
    """Return the tables of whole charts, those of vital signs first."""
    vital_signs = {table.name: table.columns for table in tables_with(())}
    columns = {**vital_signs, "visits": VISIT_COLUMNS, **CHART_TABLES}
    return tuple(Table(name, columns[name], _CELLS[name]) for name in columns)


def _patient_cells(batch: CareArrays) -> list[Cells]:
    persons, clients = batch.persons, batch.record.story.clients
    names = (persons.given_name, persons.family_name)
    sex = np.array(clients.sex, dtype=object)
    return [uuid_text(batch.uuids.patients), sex, clients.birth, *names, *persons.address.T]


def _visit_cells(batch: CareArrays) -> list[Cells]:
    owner = uuid_text(batch.uuids.patients)[batch.record.person]
    kind = Coded(batch.record.inpatient.astype(np.int64), ["facility", "inpatient"])
    return [uuid_text(batch.uuids.visits), owner, batch.start, batch.stop, kind]


def _place(batch: CareArrays, visit: Whole, kind: str) -> list[Cells]:
    """Return of whom, in which visit and encounter, and when rows (k,) are."""
    return [
        uuid_text(batch.uuids.patients)[batch.record.person[visit]],
        uuid_text(batch.uuids.visits)[visit],
        uuid_text(batch.uuids.encounters(kind))[visit],
        encounter_times(batch, kind).some(visit),
    ]


def _observation_cells(batch: CareArrays) -> list[Cells]:
    visit, place = np.nonzero(~np.isnan(batch.values))
    return [
        uuid_text(batch.uuids.measurements)[visit, place],
        *_place(batch, visit, "vitals"),
        Coded(place, list(MEASUREMENTS)),
        Numbers(batch.values[visit, place], _DECIMALS[place]),
    ]


def _vitals_cells(batch: CareArrays) -> list[Cells]:
    visit = np.flatnonzero(~np.isnan(batch.values).all(axis=1))
    person, clients = batch.record.person[visit], batch.record.story.clients
    whole = np.zeros(len(visit), dtype=np.int64)
    months = completed_months(clients.birth[person], batch.record.day[visit])
    values = zip(batch.values[visit].T, _DECIMALS, strict=True)
    return [
        *_place(batch, visit, "vitals"),
        np.array(clients.sex, dtype=object)[person],
        Numbers(months.astype(np.float64), whole),
        *(Numbers(column, whole + decimals) for column, decimals in values),
    ]


def _diagnosis_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.record.diagnoses
    which, codes = factorized(rows.code)
    return [
        uuid_text(batch.uuids.of("diagnoses")),
        *_place(batch, batch.record.of[rows.event], "note"),
        *concepts(which, list(map(coded, codes))),
        _whole(ranks(batch)),
        rows.confirmed,
    ]


def _note_cells(batch: CareArrays) -> list[Cells]:
    texts = note_texts(batch)
    visit = np.flatnonzero(texts != "")
    named = uuid_text(batch.uuids.notes)[visit]
    return [named, *_place(batch, visit, "note"), texts[visit]]


def _test_order_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.record.results
    ordered = np.flatnonzero(rows.ordered)
    which, codes = factorized(rows.test[ordered])
    return [
        uuid_text(batch.uuids.of("test_orders"))[ordered],
        *_place(batch, batch.record.of[rows.event[ordered]], "order"),
        *concepts(which, _tests(codes)),
    ]


def _tests(keys: Sequence[str]) -> list[CodeableConcept]:
    return [test_code(laboratory()[key]) for key in keys]


def _drug_order_cells(batch: CareArrays) -> list[Cells]:
    rows, told = batch.record.prescriptions, orders(batch)
    which, keys = factorized(rows.drug)
    drugs = [formulary()[key] for key in keys]
    of_reason, reasons = factorized(batch.record.diagnoses.code)
    reason = np.append(of_reason, NOT_TOLD)[told.reason]
    return [
        uuid_text(batch.uuids.of("prescriptions")),
        *_place(batch, told.visit, "order"),
        *concepts(which, list(map(drug_code, drugs))),
        Numbers(rows.dose, (rows.dose != np.round(rows.dose)).astype(np.int64)),
        Coded(which, [drug.unit for drug in drugs]),
        Coded(which, [drug.route for drug in drugs]),
        Coded(which, [drug.frequency for drug in drugs]),
        _whole(told.days),
        _whole(told.quantity),
        np.array([drug.as_needed for drug in drugs], dtype=bool)[which],
        Coded(which, [drug.instructions for drug in drugs]),
        *concepts(reason, list(map(coded, reasons))),
        told.stopped,
    ]


def _result_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.record.results
    which, keys = factorized(rows.test)
    tests = [laboratory()[key] for key in keys]
    asked = np.where(rows.answer != "", which, NOT_TOLD)
    answers, named = _answers(asked, rows.answer, keys)
    orders_made = uuid_text(batch.uuids.of("test_orders"))
    decimals = np.array([test.decimals for test in tests], dtype=np.int64)
    return [
        uuid_text(batch.uuids.of("results")),
        *_place(batch, batch.record.of[rows.event], "laboratory"),
        *concepts(which, _tests(keys)),
        Numbers(rows.number, decimals[which]),
        Coded(np.where(rows.answer == "", which, NOT_TOLD), [test.unit for test in tests]),
        *concepts(answers, named),
        np.where(rows.ordered, orders_made, b""),
    ]


def _answers(
    test: Whole, answer: "np.ndarray[tuple[int, ...], np.dtype[np.object_]]", keys: Sequence[str]
) -> tuple[Whole, list[CodeableConcept]]:
    """Return which concept each coded result (k,) is; `test` tells whose answer it is."""
    word, words = factorized(answer)
    pair = np.where(test == NOT_TOLD, NOT_TOLD, test * len(words) + word)
    used, which = np.unique(pair, return_inverse=True)
    named = [
        coded(laboratory()[keys[one // len(words)]].answers[words[one % len(words)]])
        for one in used.tolist()
        if one != NOT_TOLD
    ]
    shift = int(len(used) > 0 and used[0] == NOT_TOLD)
    return which.reshape(-1) - shift, named


def _immunization_cells(batch: CareArrays) -> list[Cells]:
    rows = batch.record.vaccinations
    which, vaccines = factorized(rows.vaccine, key=id)
    dose = np.where(rows.dose == 0, np.nan, rows.dose.astype(np.float64))
    return [
        uuid_text(batch.uuids.of("vaccinations")),
        *_place(batch, batch.record.of[rows.event], "immunization"),
        *concepts(which, list(map(vaccine_code, vaccines))),
        _whole(dose),
    ]


def _whole(numbers: "np.ndarray[tuple[int, ...], np.dtype[np.float64]] | Whole") -> Numbers:
    return Numbers(numbers.astype(np.float64), np.zeros(len(numbers), dtype=np.int64))


_CELLS: Final = {
    "patients": _patient_cells,
    "visits": _visit_cells,
    "observations": _observation_cells,
    "vitals": _vitals_cells,
    "diagnoses": _diagnosis_cells,
    "notes": _note_cells,
    "test_orders": _test_order_cells,
    "drug_orders": _drug_order_cells,
    "results": _result_cells,
    "immunizations": _immunization_cells,
    **OF_PATIENTS,
}
