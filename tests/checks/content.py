"""Finds the classes that content defines: every public class of every module of a folder."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any


def classes_of(package: str) -> dict[str, type[Any]]:
    """`module:Class` -> class, of the public classes defined in the package's modules."""
    folder = importlib.import_module(package)
    found = {}
    for info in pkgutil.walk_packages(folder.__path__, f"{package}."):
        module = importlib.import_module(info.name)
        for name, value in inspect.getmembers(module, inspect.isclass):
            if value.__module__ == info.name and not name.startswith("_"):
                found[f"{info.name}:{name}"] = value
    return found
