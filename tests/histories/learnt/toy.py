"""A small made-up clinic whose events follow rules that tests know."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from bridge.histories.events import EventTable
from bridge.histories.learnt.own_tables import own_table
from bridge.tables.reading import parse_text_table


def clinic(people: int = 60, seed: int = 0, *, dead: float = 0.2) -> EventTable:
    """Make people with check-ups a year apart, malaria with its drug, and pregnancies of women.

    Codes `hb` and `wbc` always come together. The dead die at a visit that certifies it.
    """
    rng = np.random.default_rng(seed)
    rows, persons = ["patient,time,type,code,visit,display"], ["patient,sex,birth,death,begin,end"]
    for k in range(people):
        woman, dies = rng.random() < 0.5, rng.random() < dead
        birth = date(1965, 1, 1) + timedelta(int(rng.integers(0, 10_000)))
        begin, end = date(2010, 1, 1), date(2015, 12, 31)
        persons.append(f"p{k},{'F' if woman else 'M'},{birth},{end if dies else ''},{begin},{end}")
        if rng.random() < 0.5:
            rows.append(f"p{k},2005-03-0{rng.integers(1, 9)},condition,asthma,,Asthma")
        day, n = begin + timedelta(int(rng.integers(0, 300))), 0
        while day < end:
            n += 1
            rows += _visit(rng, f"p{k},{day}", f"v{n}", woman)
            day += timedelta(int(rng.choice([7, 365, int(rng.integers(20, 200))])))
        if dies:
            rows.append(f"p{k},{end},visit,dc,v{n + 1},Death Certification")
    return own_table(
        parse_text_table("\n".join(rows) + "\n", Path("events.csv")),
        parse_text_table("\n".join(persons) + "\n", Path("people.csv")),
        Path("events.csv"),
        Path("people.csv"),
    )


def _visit(rng: np.random.Generator, who: str, visit: str, woman: bool) -> list[str]:
    kind = str(rng.choice(["opd", "checkup"]))
    rows = [f"{who},visit,{kind},{visit},{kind}"]
    if kind == "opd" and rng.random() < 0.6:
        rows += [f"{who},condition,malaria,{visit},Malaria", f"{who},drug,al,{visit},Artemether"]
    if rng.random() < 0.3:
        rows += [f"{who},test,hb,{visit},Hb", f"{who},test,wbc,{visit},White cells"]
    if woman and rng.random() < 0.1:
        rows.append(f"{who},condition,preg,{visit},Normal pregnancy")
    return rows
