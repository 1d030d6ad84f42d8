"""Solves how a country's children are moved, so that as many are stunted, wasted and overweight.

    python -m bridge.synthesis.growth_solving PATH/who_growth_lms.csv

It solves all populations that come with bridge and have figures of children, and stores the moves
in populations/growth.json; then `python -m bridge.synthesis.calibration` joins them to the adults'.
The WHO standard is needed only here, to tell who is stunted: what ships are the moves.
"""

import sys
from pathlib import Path
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.chart import Sex
from bridge.flows.checkpoint import load_model
from bridge.flows.columns import Floats
from bridge.flows.model import Model
from bridge.synthesis.base_space import Calibration, Line
from bridge.synthesis.calibration import DECIMALS
from bridge.synthesis.growth import birth_size, save_growth
from bridge.synthesis.growth_standard import GrowthStandard, load_growth_standard
from bridge.synthesis.newborns import add_newborns
from bridge.synthesis.population import load_population, population_names
from bridge.synthesis.population_children import UNDER_FIVE_MONTHS, PublishedChildren, Share
from bridge.synthesis.reference_sample import SEXES, quasi_normals
from bridge.synthesis.vitals import implausible

PAIRS: Final = 8_000
"""Children under five and their opposites, of each sex."""

ROUNDS: Final = 30
CORRECTED_EVERY: Final = 5
WASTED: Final = -2.0
STUNTED: Final = -2.0
OVERWEIGHT: Final = 2.0
LIMITS: Final = {"height_cm": STUNTED, "weight_kg": OVERWEIGHT}

INNER: Final = (0.06681, 0.93319)
INNER_SDS: Final = 3.0
"""A spread is taken between the shares that a normal curve has 1.5 SDs off its middle: a few
children far out would widen an SD."""

BAND_DIFFERS: Final = {"height_cm": 0.5, "weight_kg": 0.35}
"""How many SDs of the standard the means of two neighbouring bands may well differ by (a choice):
it evens out what a survey of a hundred infants says of them, and nothing of a large one's."""

SPREAD_AT: Final = (3.0, 9.0, 18.0, 30.0, 42.0, 54.0)
WEIGHT_SPREAD: Final = (1.4, 1.2, 1.1, 1.0, 0.92, 0.88)
"""How the spread of weights for length narrows from month to month (a choice: the younger, the
wider, in surveys). One spread for all would leave no wasted infants beside the many heavy ones."""

SPREADS: Final = (0.6, 2.0)
"""Between which the spread of weights for length is looked for, in SDs of the standard."""


NORMAL: Final = NormalDist()


class _Target(NamedTuple):
    """What a band (B of them) shall have: a share beyond the limit, and an SD, of z-scores."""

    share: Floats
    sd: Floats


class _Moves(NamedTuple):
    """Shift and stretch (B,) of each band, of one coordinate in one sex."""

    shift: Floats
    stretch: Floats

    def stepped(self, missing: Floats, wider: Floats) -> "_Moves":
        return _Moves(self.shift + missing, np.clip(self.stretch * wider, 0.4, 2.5))


class GrowthFit(NamedTuple):
    """What the moved children of one sex and band have, beside what is published, in percent."""

    sex: str
    from_months: int
    measure: str
    published: Share
    made: float


def evened(shares: list[Share], sds: Floats, limit: float, differ: float) -> Floats:
    """Return shares (B,) beyond a limit that are likely and do not leap from band to band.

    The means of N(mean, sd) that the shares stand for are drawn together as a random walk whose
    steps have an SD of `differ`: where a share is well known it stays, else its neighbours help.
    """
    wanted = np.array([share.percent / 100 for share in shares])
    errors = np.array([share.error / 100 for share in shares])
    side = np.sign(limit)
    means = np.full(len(shares), -0.5)
    steps = np.diff(np.eye(len(shares)), axis=0) / differ
    for _ in range(40):
        off = (limit - means) / sds
        found = np.array([NORMAL.cdf(-side * x) for x in off])
        slope = side * np.array([NORMAL.pdf(x) for x in off]) / sds
        weighted = np.diag(slope / errors)
        curvature = weighted.T @ weighted + steps.T @ steps
        gradient = slope / errors * (wanted - found) / errors - steps.T @ steps @ means
        means = means + np.clip(np.linalg.solve(curvature, gradient), -0.3, 0.3)
    return np.array(
        [NORMAL.cdf(-side * (limit - m) / sd) for m, sd in zip(means, sds, strict=True)]
    )


class _Children:
    """Quasi-random children of one sex and what is published of them."""

    def __init__(
        self, published: PublishedChildren, sex: Sex, model: Model, standard: GrowthStandard
    ) -> None:
        self.bands = published.of(sex)
        self.sex = sex
        self._published = published
        self._model = model
        self._standard = standard
        normals = quasi_normals(PAIRS, len(model.columns))
        self._z = np.concatenate([normals, -normals])
        months = (np.arange(PAIRS) + 0.5) * UNDER_FIVE_MONTHS / PAIRS
        self._months = np.tile(months, 2)
        edges = [band.from_months for band in self.bands]
        self._band = np.searchsorted(edges, self._months, side="right") - 1
        middles = [(band.from_months + band.to_months + 1) / 2 for band in self.bands]
        self.knots = np.array([*middles, UNDER_FIVE_MONTHS])

    def line(self, measurement: str, moves: _Moves) -> Line:
        """Lay a line through the moves, which stay from the middle of the oldest band to five."""
        shift, stretch = (np.append(moves_of, moves_of[-1]) for moves_of in moves)
        columns = (self.knots / 12, shift, stretch)
        return Line(measurement, self.sex, *(np.round(x, DECIMALS) for x in columns))

    def scores(self, lines: tuple[Line, ...]) -> list[tuple[Floats, Floats]]:
        """Return z of length for age and of weight for length of each band's children."""
        months, of = self._months, self._measured(lines)
        sex = np.full(len(months), self.sex)
        heights = self._standard.height_for_age(sex, months, of["height_cm"])
        weights = self._standard.weight_for_height(sex, months, of["height_cm"], of["weight_kg"])
        possible = ~implausible(of, months)
        rows = [possible & (self._band == band) for band in range(len(self.bands))]
        return [(heights[some], weights[some]) for some in rows]

    def _measured(self, lines: tuple[Line, ...]) -> dict[str, Floats]:
        sex = np.full(len(self._months), self.sex)
        person = {"sex": sex, "age_months": self._months}
        names = self._model.outputs
        calibration = Calibration(lines=lines, birth=birth_size(self._published))
        values = self._model.values(calibration.calibrated(self._z, names, person), person)
        measured = dict(zip(names, values.T, strict=True))
        add_newborns(measured, self._z, self._model, calibration, sex, self._months)
        return measured


def solve_growth(
    published: PublishedChildren, model: Model, standard: GrowthStandard
) -> tuple[tuple[Line, ...], list[GrowthFit]]:
    """Find a country's moves; return them, and what they make beside what is published."""
    search = _Search(published, model, standard)
    for rounds in range(1, ROUNDS + 1):
        search.step()
        if rounds % CORRECTED_EVERY == 0 and rounds < ROUNDS:
            search.correct()
    lines = search.lines()
    return lines, growth_fits(published, lines, model, standard)


def growth_fits(
    published: PublishedChildren,
    lines: tuple[Line, ...],
    model: Model,
    standard: GrowthStandard,
) -> list[GrowthFit]:
    """Hold what moved children have against what is published, band by band."""
    found: list[GrowthFit] = []
    thin: list[NDArray[np.bool_]] = []
    for sex in SEXES:
        each = _Children(published, sex, model, standard)
        scores = each.scores(tuple(line for line in lines if line.sex == sex))
        for band, (heights, weights) in zip(each.bands, scores, strict=True):
            thin.append(weights < WASTED)
            for measure, share, cases in (
                ("stunting", band.stunting, heights < STUNTED),
                ("overweight", band.overweight, weights > OVERWEIGHT),
            ):
                made = 100 * float(cases.mean())
                found.append(GrowthFit(sex, band.from_months, measure, share, made))
    wasted = 100 * float(np.concatenate(thin).mean())
    return [*found, GrowthFit("both", 0, "wasting", published.wasting, wasted)]


class _Search:
    """Fixed-point steps to the published shares; the spread of weights follows from the wasted."""

    def __init__(
        self, published: PublishedChildren, model: Model, standard: GrowthStandard
    ) -> None:
        self._published = published
        self._children = [_Children(published, sex, model, standard) for sex in SEXES]
        count = len(self._children[0].bands)
        self._moves = {
            (sex, name): _Moves(np.zeros(count), np.ones(count))
            for sex in SEXES
            for name in BAND_DIFFERS
        }
        self._aim = self._wasted_made = published.wasting.percent
        self._weight_sd = self._spread()

    def lines(self) -> tuple[Line, ...]:
        return tuple(line for each in self._children for line in self._lines(each))

    def step(self) -> None:
        thin: list[NDArray[np.bool_]] = []
        for each in self._children:
            lines = self._lines(each)
            scores = each.scores(lines)
            thin += [weights < WASTED for _, weights in scores]
            for k, (name, target) in enumerate(self._targets(each, self._weight_sd).items()):
                limit = LIMITS[name]
                steps = [
                    _step(of[k], target.share[band], target.sd[band], limit)
                    for band, of in enumerate(scores)
                ]
                missing, wider = np.array(steps).T
                self._moves[each.sex, name] = self._moves[each.sex, name].stepped(missing, wider)
        self._wasted_made = max(100 * float(np.concatenate(thin).mean()), 0.1)

    def correct(self) -> None:
        """Aim higher where fewer are wasted than the normal curve had it, and find the spread."""
        missing = self._published.wasting.percent / self._wasted_made
        self._aim *= float(np.clip(missing, 0.5, 2.0)) ** 0.8
        self._weight_sd = self._spread()

    def _spread(self) -> float:
        """Return the spread that leaves as many wasted as aimed at, were z-scores NORMAL."""
        low, high = SPREADS
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (low, middle) if self._wasted(middle) > self._aim else (middle, high)
        return (low + high) / 2

    def _wasted(self, weight_sd: float) -> float:
        shares = []
        for each in self._children:
            target = self._targets(each, weight_sd)["weight_kg"]
            widths = [band.to_months + 1 - band.from_months for band in each.bands]
            heavy = np.array([NORMAL.inv_cdf(1 - share) for share in target.share])
            means = OVERWEIGHT - target.sd * heavy
            thin = [NORMAL.cdf(x) for x in (WASTED - means) / target.sd]
            shares.append(100 * float(np.average(thin, weights=widths)))
        return float(np.mean(shares))

    def _lines(self, each: "_Children") -> tuple[Line, ...]:
        return tuple(each.line(name, self._moves[each.sex, name]) for name in BAND_DIFFERS)

    def _targets(self, each: "_Children", weight_sd: float) -> dict[str, _Target]:
        bands = each.bands
        middles = each.knots[:-1]
        sds = {
            "height_cm": np.full(len(bands), self._published.height_sd),
            "weight_kg": weight_sd * np.interp(middles, SPREAD_AT, WEIGHT_SPREAD),
        }
        shares = {
            "height_cm": [band.stunting for band in bands],
            "weight_kg": [band.overweight for band in bands],
        }
        return {
            name: _Target(evened(shares[name], sd, LIMITS[name], BAND_DIFFERS[name]), sd)
            for name, sd in sds.items()
        }


def _step(z: Floats, share: float, sd: float, limit: float) -> tuple[float, float]:
    """Return what to add to a shift, and to stretch by, for a share of z beyond the limit."""
    there = float(np.quantile(z, share if limit < 0 else 1 - share))
    low, high = np.quantile(z, INNER)
    spread = float(high - low) / INNER_SDS
    return 0.8 * (limit - there) / spread, (sd / spread) ** 0.8


def _told(name: str, fit: GrowthFit) -> str:
    off = abs(fit.made - fit.published.percent) / fit.published.error
    return (
        f"{name:8} {fit.sex:4} from {fit.from_months:2} months {fit.measure:10} published "
        f"{fit.published.percent:5.1f} made {fit.made:5.1f}, {off:.1f} standard errors off\n"
    )


def main() -> None:
    """Solve the populations that come with bridge, store their moves, and show what they make."""
    standard = load_growth_standard(Path(sys.argv[1]))
    model = load_model("population")
    moves = {}
    for name in population_names():
        vitals = load_population(name).vitals
        if vitals is not None and vitals.children is not None:
            moves[name], fits = solve_growth(vitals.children, model, standard)
            sys.stdout.writelines(_told(name, fit) for fit in fits)
    save_growth(model.fingerprint, moves)


if __name__ == "__main__":
    main()
