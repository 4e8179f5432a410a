"""What an auditor hands in: where outside truth lies, of which kind it is, and what to split it by."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from riskwatch.audit.happenings import Outside, load_register, load_truth, within
from riskwatch.audit.partitions import FILE, Partition, load_partitions, registered, unlabelled
from riskwatch.audit.sample import frame_of, load_sample
from riskwatch.core.documents import Document
from riskwatch.core.errors import ConfigError
from riskwatch.core.scores import World


class TruthKind(StrEnum):
    """Who says what really happened."""

    PLANTED = "planted"
    REGISTER = "register"
    SAMPLE = "sample"


class TruthGiven(Document):
    """Outside truth by its file; `complete` says of a register that it misses nothing."""

    kind: TruthKind
    path: Path
    partition: str
    complete: bool = False

    def registered_in(self, root: Path, world: World) -> Partition:
        """The partition, registered in the workspace and known to the areas; raises ConfigError."""
        path = root / "configs" / FILE
        found = registered(load_partitions(path) if path.is_file() else (), self.partition)
        faults = unlabelled([found], {key for area in world.tree.areas for key in area.groups})
        if faults:
            raise ConfigError(faults)
        return found

    def outside(self, world: World, span_us: tuple[int, int]) -> Outside:
        """What happened in the span that a store has decided; raises SourceError or ConfigError."""
        tree, registry = world.tree, world.registry
        if self.kind is TruthKind.PLANTED:
            return within(load_truth(self.path, tree, registry), span_us)
        if self.kind is TruthKind.REGISTER:
            return load_register(self.path, tree, registry, span_us=span_us, complete=self.complete)
        return load_sample(self.path, frame_of(tree, span_us, world.timezone), registry)
