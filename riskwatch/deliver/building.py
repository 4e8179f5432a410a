"""Building channels of their config: secrets are read here, and a receiver without them says so."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskwatch.core.channels import Channel
from riskwatch.core.clock import Clock
from riskwatch.core.errors import ConfigError, Fault
from riskwatch.deliver.channels.alertmanager import AlertmanagerChannel
from riskwatch.deliver.channels.console import ConsoleChannel
from riskwatch.deliver.channels.email import EmailChannel, Server
from riskwatch.deliver.channels.file import FileChannel
from riskwatch.deliver.channels.webhook import WebhookChannel
from riskwatch.deliver.egress import Egress
from riskwatch.deliver.http import Endpoint
from riskwatch.deliver.receivers import (
    FILE,
    AlertmanagerReceiver,
    AnyReceiver,
    ConsoleReceiver,
    EmailReceiver,
    FileReceiver,
    HttpReceiver,
    ReceiversFile,
    WebhookReceiver,
    fault_of_url,
)
from riskwatch.deliver.secrets import MissingSecretError, SecretRef
from riskwatch.deliver.signature import key_of


@dataclass(frozen=True)
class Surroundings:
    """What channels need from outside: the environment, the store's folder, a clock, the guard."""

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    clock: Clock
    egress: Egress


def build_channels(config: ReceiversFile, around: Surroundings) -> dict[str, Channel]:
    """The channel of each receiver; raises ConfigError with every fault of every receiver."""
    channels: dict[str, Channel] = {}
    faults = []
    for name, receiver in config.receivers.items():
        try:
            channels[name] = _build(receiver, around)
        except (MissingSecretError, ValueError) as error:
            what, _, fix = str(error).partition("; ")
            faults.append(Fault(FILE, f"receivers.{name}", what, fix or "correct it"))
    if faults:
        raise ConfigError(faults)
    return channels


def url_of(url: str | SecretRef, around: Surroundings) -> str:
    """A URL, read from where it is kept if it is secret; ValueError where it is none."""
    if isinstance(url, str):
        return url
    found = url.read(around.environ)
    fault = fault_of_url(found)
    if fault:
        raise ValueError(fault)
    return found


def _build(receiver: AnyReceiver, around: Surroundings) -> Channel:
    match receiver:
        case FileReceiver():
            return FileChannel(around.home / receiver.path)
        case ConsoleReceiver():
            return ConsoleChannel(sys.stdout)
        case WebhookReceiver():
            keys = tuple(key_of(secret.read(around.environ)) for secret in receiver.secrets)
            return WebhookChannel(_endpoint(receiver, around), around.clock, keys, receiver.source)
        case AlertmanagerReceiver():
            return AlertmanagerChannel(_endpoint(receiver, around, "/api/v2/alerts"), receiver.hold_h)
        case EmailReceiver():
            return EmailChannel(_server(receiver, around), receiver.sender, receiver.to)


def _endpoint(receiver: HttpReceiver, around: Surroundings, path: str = "") -> Endpoint:
    url = url_of(receiver.url, around)
    ca_file = None if receiver.ca_file is None else str(receiver.ca_file)
    return Endpoint(url.rstrip("/") + path if path else url, around.egress, receiver.timeout_s, ca_file)


def _server(receiver: EmailReceiver, around: Surroundings) -> Server:
    return Server(
        receiver.host,
        receiver.port,
        around.egress,
        receiver.security,
        receiver.user,
        None if receiver.password is None else receiver.password.read(around.environ),
        None if receiver.ca_file is None else str(receiver.ca_file),
        receiver.timeout_s,
    )
