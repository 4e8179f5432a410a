"""Where the content lives: finds the workspace, puts it on the path and resolves `module:Class` names."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from riskwatch.core.errors import ConfigError, Fault, RiskwatchError, WorkspaceConflict

MARK = Path("configs") / "features.yaml"
"""A folder that has this file is a workspace."""

CONTENT = ("features", "models", "flows")


def find_workspace(environ: Mapping[str, str], start: Path) -> Path:
    """RISKWATCH_WORKSPACE, else `start` and its parents, else the checkout, else the bundled copy."""
    named = environ.get("RISKWATCH_WORKSPACE")
    if named:
        root = Path(named).expanduser().resolve()
        if not (root / MARK).is_file():
            raise RiskwatchError(
                f"RISKWATCH_WORKSPACE: {root} has no {MARK}; "
                f"name a workspace, or make one with: riskwatch init {root}"
            )
        return root
    package = Path(__file__).resolve().parent
    for folder in (*(p.resolve() for p in (start, *start.parents)), package.parent, package / "_workspace"):
        if (folder / MARK).is_file():
            return folder
    raise RiskwatchError("no workspace found; make one with: riskwatch init DIR")


def enter_workspace(root: Path) -> None:
    """Put the root first on sys.path; raises WorkspaceConflict if its folders resolve elsewhere."""
    text = str(root)
    wanted = [text, *(p for p in sys.path if p != text)]
    if sys.path != wanted:
        sys.path[:] = wanted
        importlib.invalidate_caches()
    for name in CONTENT:
        if not (root / name).is_dir():
            continue
        module = sys.modules.get(name)
        spec = module.__spec__ if module else importlib.util.find_spec(name)
        found = _folder_of(spec)
        if found is not None and found != root / name:
            raise WorkspaceConflict(
                f"'{name}' resolves to {found}, not to {root / name}; "
                "uninstall or rename the other package, or start a fresh process"
            )


def _folder_of(spec: Any) -> Path | None:
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(os.fspath(places[0])).resolve() if places else None


def resolve_on_duty(name: str, file: str = "configs") -> Any:
    """The class that scores for `module:Class`: a lighter one, where its package's `ON_DUTY` names one.

    Both answer alike from the same frozen numbers; only what is fitted needs the estimator itself.
    """
    lighter: dict[str, str] = {}
    with suppress(ModuleNotFoundError):  # `resolve` says it
        lighter = getattr(importlib.import_module(name.partition(".")[0]), "ON_DUTY", lighter)
    return resolve(lighter.get(name, name), file)


def resolve(name: str, file: str = "configs") -> Any:
    """The class that `module:Class` names; raises ConfigError with what to do."""
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        fix = f"create {module_name.replace('.', '/')}.py in the workspace, or fix the name"
        raise ConfigError([Fault(file, f"'{name}'", f"cannot be imported ({error})", fix)]) from None
    try:
        return getattr(module, attribute)
    except AttributeError:
        own = (n for n, v in vars(module).items() if isinstance(v, type) and v.__module__ == module_name)
        has = ", ".join(own) or "no classes"
        raise ConfigError([Fault(file, f"'{name}'", f"has no '{attribute}'", f"it has {has}")]) from None
