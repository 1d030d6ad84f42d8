"""How much real data a fit needs: the two-sample test against rows fitted to. Run by hand:

python -m tests.bench.minimisation --data nhanes_2005_2016.csv.gz --judge nhanes_2001_2004.csv.gz

Each model makes partners of the same sex and age for the people of the other survey. The floor is
real people of the survey fitted to in their place. --rows takes other sizes.
"""

import time
from typing import Any

from tests.bench import people

ROWS = (250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000)
COLUMNS = ("rows", "auc", "over_floor", "ks", "seconds")


def main() -> None:
    """Fit to ever more rows, and print what can be told apart."""
    asked = people.asked("Hold the two-sample test against the rows that are fitted to.")
    table, judge = people.people_of(asked.data), people.people_of(asked.judge)
    real, others = people.pairs(judge, table, seed=0)
    floor = people.told_apart(real, others.values)
    rows: list[dict[str, Any]] = []
    for count in asked.rows or ROWS:
        start = time.process_time()
        model = people.fitted(people.drawn(table, count, seed=1), seed=1)
        seconds = round(time.process_time() - start)
        found = people.told_apart(real, people.made_like(model, real, seed=2))
        rows.append(
            {
                "rows": min(count, len(table)),
                "auc": found.auc,
                "over_floor": found.auc - floor.auc,
                "ks": found.ks,
                "seconds": seconds,
            }
        )
    figures = {
        "commit": people.commit(),
        "pairs": len(real),
        "floor": floor._asdict(),
        "rows": rows,
    }
    print(f"floor: AUC {floor.auc:.3f}, KS {floor.ks:.3f}; {len(real):,} pairs")
    people.written(figures, COLUMNS, asked.json)


if __name__ == "__main__":
    main()
