"""A YAML document read into a typed model; every fault is listed at once, in the house's words.

Each stage keeps the model of its own file; settings calls `read_document` on all of them.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from riskwatch.core.errors import ConfigError, Fault


class Document(BaseModel):
    """Base of every part of a config file: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


D = TypeVar("D", bound=BaseModel)


class _UniqueKeys(yaml.SafeLoader):
    """YAML whose repeated keys are a fault; plain YAML lets the last one win silently."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is a list or a mapping", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key '{key}' is given twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


def _scalar(loader: _UniqueKeys, node: yaml.ScalarNode) -> Any:
    """A date or a number that looks like one and is none, such as 2026-02-30, is a fault of its line."""
    try:
        return yaml.SafeLoader.yaml_constructors[node.tag](loader, node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(
            None, None, f"'{node.value}' is no value ({error})", node.start_mark
        ) from None


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
for _tag in ("timestamp", "int", "float"):
    _UniqueKeys.add_constructor(f"tag:yaml.org,2002:{_tag}", _scalar)


def read_yaml(path: Path, file: str) -> dict[str, Any]:
    """The top-level mapping of a YAML file; `file` is how errors name it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            [Fault(file, "", "does not exist", f"create it or fix the name ({path})")]
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Fault(file, "", f"is not UTF-8 ({error.reason})", "save it as UTF-8")]) from None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ConfigError([Fault(file, "", what, "give it a file that may be read")]) from None
    try:
        raw = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader with one more check
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        told = getattr(error, "problem", None) or getattr(error, "reason", "it cannot be read")
        what = f"is not valid YAML: {told}"
        raise ConfigError([Fault(file, where, what, "fix the line")]) from None
    if not isinstance(raw, dict):
        raise ConfigError([Fault(file, "", "has no keys at its top level", "write `key: value` lines")])
    return raw


def parse_document(raw: dict[str, Any], model: type[D], file: str) -> D:
    """Validate a raw mapping; raises ConfigError with a fault for each mistake."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError([_fault(file, e) for e in error.errors(include_url=False)]) from None


def read_document(path: Path, model: type[D], file: str) -> D:
    """Read and validate one YAML file."""
    return parse_document(read_yaml(path, file), model, file)


def read_optional(path: Path, model: type[D], file: str) -> D:
    """Read a file that a workspace may do without; its defaults then."""
    return read_document(path, model, file) if path.is_file() else model()


def _fault(file: str, error: Any) -> Fault:
    where = ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind, message = error["type"], error["msg"]
    if kind == "missing":
        return Fault(file, where, "is missing", "add it")
    if kind == "extra_forbidden":
        return Fault(file, where, "is not a known key", "remove it or fix its spelling")
    if kind == "value_error":  # raised by our own validators as "what; fix"
        what, _, fix = message.removeprefix("Value error, ").partition("; ")
        return Fault(file, where, what, fix or "correct it")
    if kind.startswith("date_") and isinstance(error.get("input"), str):
        return Fault(file, where, f"'{error['input']}' is no date", "write year, month and day: 2030-12-31")
    shown = repr(error.get("input"))
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return Fault(file, where, f"{shown} is not accepted", f"{message[:1].lower()}{message[1:]}")
