"""Bundles on duty: the champion scores, an older one goes on for the episodes that it opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from riskwatch.core.alerts import Alert, Assessment
from riskwatch.core.scores import Evidential, Features, World
from riskwatch.score.bundle import Bundle
from riskwatch.score.composite import Composite, Scores
from riskwatch.score.strongest import Rule, StrongestSpeaks

Key = tuple[str, str]
Resolve = Callable[[str], Any]


def version_of(alert: Alert) -> str:
    """The version of the bundle that opened an alert."""
    return dict(alert.model_versions).get("bundle", "")


class _Judge:
    """One bundle made ready to score."""

    def __init__(self, bundle: Bundle, volume: Evidential, world: World, resolve: Resolve) -> None:
        self.bundle = bundle
        self.composite = Composite(bundle.build(resolve), volume, bundle.prior)
        self.strongest = StrongestSpeaks(self.composite, volume, world.tree, world.registry)


class Duty:
    """The champion and its predecessors by version; every bundle reads the same extractor.

    A switch falls between two inbox entries, so no tick is judged half by one bundle and half by
    another. Each bundle judges the whole tick, so that who speaks for whom is of one piece; an
    open episode is then given what the bundle that opened it says, all else the champion's word.
    """

    def __init__(self, bundle: Bundle, volume: Evidential, world: World, resolve: Resolve) -> None:
        self._volume, self._world, self._resolve = volume, world, resolve
        self._judges = {bundle.version: self._make(bundle)}
        self.champion = bundle
        self.switched = False  # False: the champion is still the one of the configuration

    def _make(self, bundle: Bundle) -> _Judge:
        return _Judge(bundle, self._volume, self._world, self._resolve)

    def switch(self, bundle: Bundle) -> None:
        """Let a bundle be the champion from the next tick on."""
        self._judges[bundle.version] = self._make(bundle)
        self.champion = bundle
        self.switched = True

    def score(self, features: Features) -> Scores:
        """The champion's likelihoods."""
        return self._judges[self.champion.version].composite.score(features)

    def assess(
        self, features: Features, scores: Scores, watched: Mapping[Key, str], rule: Rule
    ) -> list[Assessment]:
        """What may be notable by the champion's scores, and each open episode by its own bundle."""
        found = self._judges[self.champion.version].strongest.assess(scores, watched, rule)
        said: dict[Key, Assessment] = {}
        for version in sorted(set(watched.values()) & (self._judges.keys() - {self.champion.version})):
            judge = self._judges[version]
            for assessed in judge.strongest.assess(judge.composite.score(features), watched, rule):
                if watched.get((assessed.area, assessed.signature)) == version:
                    said[(assessed.area, assessed.signature)] = assessed
        return [said.get((a.area, a.signature), a) for a in found] if said else found

    def release(self, in_use: Iterable[str]) -> None:
        """Let go of predecessors without an open episode."""
        kept = {self.champion.version, *in_use}
        for version in self._judges.keys() - kept:
            del self._judges[version]

    def state(self) -> dict[str, Any]:
        """The champion's version and the document of every bundle that still scores."""
        return {
            "champion": self.champion.version if self.switched else None,
            "bundles": [self._judges[v].bundle.model_dump(mode="json") for v in sorted(self._judges)],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; a champion that was never switched is the configuration's as it is now."""
        for document in state["bundles"]:
            bundle = Bundle.model_validate(document)
            if bundle.version not in self._judges:
                self._judges[bundle.version] = self._make(bundle)
            if bundle.version == state["champion"]:
                self.switch(bundle)
