"""Small event tables written by hand, and larger ones by a simple rule."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bridge.histories.events import BEFORE, VISIT, EventTable

BORN = np.datetime64("2000-01-01")
BEGIN = np.datetime64("2010-01-01")
END = np.datetime64("2019-12-31")


class Said(NamedTuple):
    """One event: days after BEGIN, its visit, type and code; days until it stops."""

    day: float
    visit: int
    kind: str
    code: str
    stop: float | None = None


def visit(number: int, day: float, kind: str, *codes: tuple[str, str]) -> list[Said]:
    """Say a visit and what was in it."""
    return [Said(day, number, VISIT, kind), *(Said(day, number, *code) for code in codes)]


def before(day: float, *codes: tuple[str, str]) -> list[Said]:
    """Say a day of history."""
    return [Said(day, BEFORE, *code) for code in codes]


def table(
    people: Sequence[Sequence[Said]],
    *,
    sex: str | Sequence[str] = "F",
    born: Sequence[str] = (),
    death: Mapping[int, str] | None = None,
    display: Mapping[tuple[str, str], str] | None = None,
) -> EventTable:
    """Write a table: one list of events a person, in order."""
    n, rows = len(people), [(k, one) for k, some in enumerate(people) for one in some]
    died = np.full(n, np.datetime64("NaT", "D"))
    for k, day in (death or {}).items():
        died[k] = np.datetime64(day)
    stops = [one.stop if one.stop is not None else np.nan for _, one in rows]
    return EventTable(
        person=np.array([f"p{k}" for k in range(n)], dtype=object),
        sex=np.array(list(sex) * n if isinstance(sex, str) else sex),
        birth=np.array([np.datetime64(b) for b in born] or [BORN] * n),
        death=died,
        begin=np.full(n, BEGIN),
        end=np.where(np.isnat(died), END, died),
        owner=np.array([k for k, _ in rows], dtype=np.int64),
        visit=np.array([one.visit for _, one in rows], dtype=np.int64),
        time=_seconds([one.day for _, one in rows]),
        stop=_seconds(stops),
        kind=_words([one.kind for _, one in rows]),
        code=_words([one.code for _, one in rows]),
        value=np.full(len(rows), np.nan),
        unit=_words([""] * len(rows)),
        display=display or {},
    )


def _seconds(days: Sequence[float]) -> np.ndarray:
    found = np.full(len(days), np.datetime64("NaT", "s"))
    for k, day in enumerate(days):
        if np.isfinite(day):
            found[k] = BEGIN.astype("datetime64[s]") + np.timedelta64(round(day * 86_400), "s")
    return found


def _words(words: Sequence[str]) -> np.ndarray:
    column = np.empty(len(words), dtype=object)
    column[:] = words
    return column


DRUGS = {"flu": "paracetamol", "pressure": "amlodipine", "sugar": "metformin"}
SHARES = {"flu": 0.5, "pressure": 0.3, "sugar": 0.2}


def clinic(n: int, seed: int, *, usual: float = 90.0, treated: float = 0.8) -> EventTable:
    """Make n people with a visit each `usual` days or so; an illness brings its drug and a test.

    `treated` is how often it brings the drug.
    """
    rng = np.random.default_rng(seed)
    people = []
    for _ in range(n):
        said: list[Said] = []
        ill = [one for one, share in SHARES.items() if rng.random() < share]
        day = float(rng.exponential(usual))
        number = 0
        while day < 3_000:
            codes = []
            for illness in ill:
                if rng.random() < 0.2:
                    codes.append(("condition", illness))
                    codes += [("drug", DRUGS[illness])] * int(rng.random() < treated)
                    codes += [("test", "count"), ("test", "rate")] * int(rng.random() < 0.5)
            kind = "emergency" if rng.random() < 0.1 else "plain"
            said += visit(number, day, kind, *dict.fromkeys(codes))
            number, day = number + 1, day + 1 + float(rng.exponential(usual))
        people.append(said)
    sexes = ["M" if rng.random() < 0.5 else "F" for _ in range(n)]
    born = [str(BORN - np.timedelta64(int(d), "D")) for d in rng.integers(0, 20_000, n)]
    return table(people, sex=sexes, born=born)


def write_csv(folder: Path, written: EventTable) -> Path:
    """Write events.csv and people.csv into a folder, and return it."""
    folder.mkdir()
    spans = (written.birth, written.death, written.begin, written.end)
    people = zip(written.person, written.sex, *map(_dates, spans), strict=True)
    lines = ["patient,sex,birth,death,begin,end", *(",".join(row) for row in people)]
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    events = zip(
        written.person[written.owner],
        map(str, written.time),
        written.kind,
        written.code,
        ["" if visit == BEFORE else str(visit) for visit in written.visit],
        strict=True,
    )
    lines = ["patient,time,type,code,visit", *(",".join(row) for row in events)]
    (folder / "events.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _dates(days: np.ndarray) -> list[str]:
    return ["" if np.isnat(day) else str(day) for day in days]
