"""The configuration of O3 that shows what the content package has. Pure."""

from typing import Any

from bridge.content.package import Content

VACCINES = "984" + "A" * 33
ORDERABLE_TESTS = "1748a953-d12e-4be1-914c-f6b096c6cdef"

RESULTS = {
    "ae485e65-2e3f-4297-b35e-c818bbefe894": "Hematology",
    "8904fa2b-6a8f-437d-89ec-6fce3cd99093": "Bloodwork",
    "856" + "A" * 33: "HIV viral load",
}
"""What O3's results page walks by itself; naming more takes its place."""

FURTHER_TESTS = "Further tests"

DOSES = 5
BOOSTERS = 2


def o3_config(content: Content) -> dict[str, Any]:
    """Return what to give to the frontend as a configuration file."""
    further = [row.uuid for row in content.concepts if row.name == FURTHER_TESTS]
    shown = [*RESULTS, *further]
    vaccines = content.by_uuid[VACCINES].answers if VACCINES in content.by_uuid else ()
    return {
        "@openmrs/esm-patient-tests-app": {
            "resultsViewerConcepts": [
                {"conceptUuid": uuid, "defaultOpen": uuid in further} for uuid in shown
            ],
            "orders": {"labOrderableConcepts": [ORDERABLE_TESTS]},
        },
        "@openmrs/esm-patient-immunizations-app": {
            "immunizationConceptSet": "CIEL:984",
            "sequenceDefinitions": [
                {"vaccineConceptUuid": uuid, "sequences": _sequences()}
                for uuid in vaccines
                if content.concept(uuid).name not in ("None", "Other")
            ],
        },
    }


def _sequences() -> list[dict[str, Any]]:
    """Return the doses from 1 on and the boosters from 11 on, as O3 counts them."""
    doses = [{"sequenceLabel": f"Dose-{n}", "sequenceNumber": n} for n in range(1, DOSES + 1)]
    boosters = [
        {"sequenceLabel": f"Booster-{n}", "sequenceNumber": 10 + n} for n in range(1, BOOSTERS + 1)
    ]
    return doses + boosters
