"""What is usual: level per series, hour-of-week profile and overdispersion, from the past alone."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from riskwatch.core.clock import DAY_US, from_us
from riskwatch.core.panels import Panel
from riskwatch.core.scores import State, World
from riskwatch.extract.dispersion import Dispersion
from riskwatch.extract.places import Places
from riskwatch.extract.profile import Profile
from riskwatch.extract.sliding import add_to
from riskwatch.extract.spans import Spans

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Memory:
    """How fast the past fades: half-lives in days; the weight of what siblings say, in counts."""

    level_half_life_days: float = 28.0
    profile_half_life_days: float = 56.0
    sibling_weight: float = 2.0
    cap_sd: float = 3.0
    min_days: int = 7
    speak_days: int = 14
    newcomer_days: int = 14


class Expectation:
    """Gamma-Poisson levels shrunk along the tree, times a pooled hour-of-week profile.

    Learns once a day what the day brought, each day's count capped at its expectation plus
    `cap_sd` standard deviations, so that a burst does not raise its own baseline. Ticks whose
    feed was down count neither as counts nor as exposure. A column first seen less than
    `newcomer_days` ago, after the first `min_days`, is a newcomer: no expectation, no evidence.

    A sum comes in one tick and tells of many, so a window shorter than a day, or than the sums of a
    column are apart, is held to the shortest that is neither.
    """

    def __init__(self, world: World, spans: Spans, memory: Memory = Memory()) -> None:
        self._tree, self._memory = world.tree, memory
        self._zone, self._calendar = ZoneInfo(world.timezone), world.calendar
        self._n_indicators = len(world.registry)
        self.places = Places(world.tree)
        columns = self._n_indicators + len(world.registry.signatures)
        areas = len(world.tree)
        self._per_day = int(DAY_US // world.grid.tick_us)
        self._roots = np.flatnonzero(world.tree.parent < 0)
        self._siblings = np.bincount(world.tree.parent[world.tree.parent >= 0], minlength=areas)
        self.profile = Profile(columns, spans, memory.profile_half_life_days, self._per_day)
        day = spans.widths.index(self._per_day)  # the windows include a day: its cap needs one
        self.dispersion = Dispersion(self.places.depth, len(spans.widths), columns, day)
        self.rate: FloatArray = np.zeros((areas, columns))  # per tick of mean profile
        self.shape: FloatArray = np.full((areas, columns), memory.sibling_weight)
        self.level: FloatArray = 1.0 / self.shape  # what a level's own uncertainty adds to an inverse size
        self.summed: NDArray[np.int64] = np.empty(0, np.int64)
        """[indicators] as of the last panel, or empty."""
        self._hour = self._ticks_of_hour = 0  # of the week, and how many of its ticks were before the last
        self.days = 0
        self._count = np.zeros((areas, columns))
        self._exposure = np.zeros(columns)
        self._today = np.zeros(areas * columns, dtype=np.int64)
        self._today_roots = np.zeros((self._per_day, columns))
        self._today_hours = np.zeros(self._per_day, dtype=np.int64)
        self._ticks_seen = 0
        self._first_seen = np.full(columns, -1, dtype=np.int64)

    @property
    def ready(self) -> bool:
        """Whether enough days were seen to say what is usual, and to learn how far from it things go."""
        return self.days >= self._memory.min_days

    @property
    def warm(self) -> bool:
        """Whether enough is known of both to speak."""
        return self.days >= self._memory.speak_days

    def update(self, panel: Panel) -> None:
        """Take in the next panel's counts and the tick's place in the week."""
        self.summed = panel.summed
        add_to(self._today, panel.series, panel.counts)
        hour = self.hour_at(panel.start_us, panel.decided_at_us)
        self._hour, self._ticks_of_hour = hour, panel.tick % max(self._per_day // 24, 1)
        self.profile.advance(panel.tick, hour, panel.blind_since)
        place = self._ticks_seen % self._per_day
        columns = self.rate.shape[1]
        top = int(panel.series.searchsorted(len(self._roots) * columns))  # roots come first in a tree
        self._today_roots[place] = np.bincount(
            panel.series[:top] % columns, panel.counts[:top], minlength=columns
        )
        self._today_hours[place] = hour
        fresh = (self._today_roots[place] > 0) & (self._first_seen < 0)
        self._first_seen[fresh] = self._ticks_seen
        self._ticks_seen += 1

    @property
    def day_ticks(self) -> int:
        """How many ticks the day has if it is over and was not learnt from, else 0."""
        return 0 if self._ticks_seen % self._per_day else self._per_day

    def learn(self, special: tuple[FloatArray, FloatArray] | None = None) -> None:
        """Fold the day into the levels once it is over; to be called after the tick was scored.

        `special` is what the calendar explains of the day: counts beyond the usual [areas, columns],
        and [ticks, columns] of the whole tree. The usual stands in for it.
        """
        if self.day_ticks:
            self._fold(*(special or (0.0, 0.0)))

    def known(self) -> NDArray[np.bool_]:
        """[columns] which columns are old enough to have an expectation."""
        start = self._memory.min_days * self._per_day
        newcomer = (self._first_seen >= start) & (
            self._ticks_seen - self._first_seen < self._memory.newcomer_days * self._per_day
        )
        return (self._first_seen >= 0) & ~newcomer

    def expected(self) -> FloatArray:
        """[windows, areas, columns] expected counts over the windows that end now."""
        return self.rate[None] * self.exposure[:, None, :]

    @property
    def exposure(self) -> FloatArray:
        """[windows, columns] of the profile, over the windows that end now.

        Windows of a day and more begin with an hour. A sum may come at any tick of its hour, so the
        running hour of sums is exposed as a whole.
        """
        exposure = self.profile.exposure
        if not self.summed.any():
            return exposure
        exposure, widths = exposure.copy(), np.array(self.profile.spans.widths)
        to_come = max(self._per_day // 24, 1) - 1 - self._ticks_of_hour
        for column in np.flatnonzero(self.summed):
            least = min(max(self.summed[column], self._per_day), widths.max())
            held_to = np.where(widths >= least, widths, widths.max() + 1).argmin()
            exposure[held_to:, column] += to_come * self.profile.shape[column, self._hour]
            exposure[:held_to, column] = exposure[held_to, column]
        return exposure

    def inverse_size(self, window: int) -> FloatArray:
        """[areas, columns] of the predictive negative binomial: process and level uncertainty."""
        inverse: FloatArray = self.dispersion.value[self._tree.depth, window] + self.level
        return inverse

    def hour_at(self, start_us: int, known_us: int = 0) -> int:
        """The local hour of the week, 0 (Monday's first) to 167; a holiday's is of the day it is like.

        What was announced after `known_us` is no holiday yet.
        """
        local = from_us(start_us).astimezone(self._zone)
        like = self._calendar.weekday_like(local.date(), known_us) if self._calendar.holidays else None
        return (local.weekday() if like is None else like) * 24 + local.hour

    def _fold(self, beyond: FloatArray | float, at_roots: FloatArray | float) -> None:
        memory = self._memory
        exposure = self.profile.today()
        count = np.maximum(self._today.reshape(self.rate.shape) - beyond, 0.0)
        self._today_roots = np.maximum(self._today_roots - at_roots, 0.0)
        kept = np.minimum(count, self._cap(exposure)) if self.ready else count
        fade = 0.5 ** (1.0 / memory.level_half_life_days)
        self._count = self._count * fade + kept
        self._exposure = self._exposure * fade + exposure
        of_roots = kept[self._roots].sum(axis=0) / np.maximum(count[self._roots].sum(axis=0), 1e-9)
        ticks = self._trimmed_ticks(of_roots) if self.ready else self._today_roots
        self.profile.learn(ticks, self._today_hours)
        prior = self._prior()
        weight = memory.sibling_weight
        self.rate = (self._count + weight) / (self._exposure + weight / prior)
        self.shape = self._count + weight
        self.level = 1.0 / self.shape
        self._today[:] = 0
        self.days += 1

    def _trimmed_ticks(self, kept: FloatArray) -> FloatArray:
        """[ticks, columns] counts of the tree in the day's ticks, each capped like a day is.

        A sum is far beyond what its tick brings on average: of sums, each keeps what the day keeps.
        """
        mean = self.profile.shape.T[self._today_hours] * self.rate[self._roots].sum(axis=0)
        spread = self.dispersion.value[0, 0]
        cap = mean + self._memory.cap_sd * np.sqrt(mean + mean**2 * spread) + 1.0
        trimmed: FloatArray = np.minimum(self._today_roots, cap)
        sums = np.flatnonzero(self.summed)
        trimmed[:, sums] = self._today_roots[:, sums] * kept[sums]
        return trimmed

    def _cap(self, exposure: FloatArray) -> FloatArray:
        mean = self.rate * exposure
        spread = self.dispersion.daily()[self._tree.depth] + 1.0 / self.shape
        return mean + self._memory.cap_sd * np.sqrt(mean + mean**2 * spread) + 1.0

    def _prior(self) -> FloatArray:
        """The level a series would have if it were like its parent's, by its share of all calls."""
        tree = self._tree
        exposure = np.maximum(self._exposure, 1e-9)
        everything = self._count[:, : self._n_indicators].sum(axis=1)
        prior = (self._count + 0.5) / exposure
        for depth in range(1, int(tree.depth.max(initial=0)) + 1):
            here = np.flatnonzero(tree.depth == depth)
            up = tree.parent[here]
            floor = 1.0 / self._siblings[up]
            share = (everything[here] + floor) / (everything[up] + 1.0)
            prior[here] = prior[up] * share[:, None]
        return prior

    def state(self) -> State:
        """Everything learnt."""
        return {
            "rate": self.rate,
            "shape": self.shape,
            "days": self.days,
            "count": self._count,
            "exposure": self._exposure,
            "today": self._today,
            "today_roots": self._today_roots,
            "today_hours": self._today_hours,
            "ticks_seen": self._ticks_seen,
            "first_seen": self._first_seen,
            "profile": self.profile.state(),
            "dispersion": self.dispersion.state(),
            **(
                {"summed": self.summed, "hour": [self._hour, self._ticks_of_hour]}
                if self.summed.any()
                else {}
            ),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        self.rate, self.shape = np.array(state["rate"]), np.array(state["shape"])
        self.level = 1.0 / self.shape
        self._count, self._exposure = np.array(state["count"]), np.array(state["exposure"])
        self._today, self._today_roots = np.array(state["today"]), np.array(state["today_roots"])
        self._today_hours, self._first_seen = np.array(state["today_hours"]), np.array(state["first_seen"])
        self.days, self._ticks_seen = int(state["days"]), int(state["ticks_seen"])
        self.profile.load(state["profile"])
        self.dispersion.load(state["dispersion"])
        self.summed = np.array(state.get("summed", ()), np.int64)
        self._hour, self._ticks_of_hour = map(int, state.get("hour", (0, 0)))
