"""stub until merged"""

from typing import NamedTuple


class Vaccine(NamedTuple):
    key: str
    dose: int
    dose_number: int | None
    least_days: int
    most_days: int
    interval_days: int
    coverage: float
    code: str


def schedule(country: str) -> tuple[Vaccine, ...]:
    return (
        Vaccine("penta", 1, None, 42, 365, 0, 0.95, "CIEL:162339 Penta"),
        Vaccine("penta", 2, None, 70, 365, 28, 0.92, "CIEL:162339 Penta"),
    )
