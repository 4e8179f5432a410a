"""`configs/receivers.yaml`: who can be told, over which channel, and where messages may go at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from riskwatch.core.documents import Document, read_document
from riskwatch.deliver.channels.email import Security
from riskwatch.deliver.egress import Egress
from riskwatch.deliver.secrets import SecretRef

FILE = "receivers.yaml"
Language = Literal["en", "zh"]
_MAIL = r"^[^@\s<>,]+@[^@\s<>,]+$"


class Receiver(Document):
    """What every receiver has. `fallback` is told instead of it after `fallback_after_min` undelivered."""

    language: Language = "en"
    fallback: str | None = None
    fallback_after_min: float = Field(default=10.0, gt=0, le=24 * 60)
    parallel: int = Field(default=2, ge=1, le=16)


class FileReceiver(Receiver):
    """A file that lines are appended to; relative to the store's folder."""

    channel: Literal["file"]
    path: Path


class ConsoleReceiver(Receiver):
    """Standard output of the process that delivers."""

    channel: Literal["console"]


class HttpReceiver(Receiver):
    """A URL, or the secret that holds it where the URL itself is one."""

    url: str | SecretRef
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    ca_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _http(cls, url: str | SecretRef) -> str | SecretRef:
        if isinstance(url, str):
            url_fault = fault_of_url(url)
            if url_fault:
                raise ValueError(url_fault)
        return url


class WebhookReceiver(HttpReceiver):
    """A CloudEvent posted to a URL; signed where `secrets` are named, the one in use first."""

    channel: Literal["webhook"]
    secrets: tuple[SecretRef, ...] = ()

    @field_validator("secrets", mode="before")
    @classmethod
    def _listed(cls, secrets: object) -> object:
        if not isinstance(secrets, list | tuple):  # its text must not come back in an error
            raise ValueError("secrets are no list; write [{env: NAME}]")
        return secrets

    source: str = Field(default="/riskwatch", min_length=1)


class AlertmanagerReceiver(HttpReceiver):
    """The base address of an Alertmanager, without `/api/v2/alerts`."""

    channel: Literal["alertmanager"]
    hold_h: float = Field(default=24.0, gt=0)


class EmailReceiver(Receiver):
    """Recipients, and the server that takes mail for them."""

    channel: Literal["email"]
    host: str = Field(min_length=1)
    port: int = Field(default=465, ge=1, le=65535)
    security: Security = Security.TLS
    sender: str = Field(pattern=_MAIL)
    to: tuple[Annotated[str, Field(pattern=_MAIL)], ...] = Field(min_length=1)
    user: str | None = None
    password: SecretRef | None = None
    timeout_s: float = Field(default=20.0, gt=0, le=60)
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _login(self) -> EmailReceiver:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password come together; give both or neither")
        if self.user is not None and self.security is Security.NONE:
            raise ValueError("security none would show the password; use tls or starttls")
        return self


CHANNELS = ("file", "console", "webhook", "alertmanager", "email")

AnyReceiver = Annotated[
    FileReceiver | ConsoleReceiver | WebhookReceiver | AlertmanagerReceiver | EmailReceiver,
    Field(discriminator="channel"),
]


class Heartbeat(Document):
    """An outside URL that is fetched while the engine ticks: a dead man's switch."""

    url: str | SecretRef
    every_s: float = Field(default=60.0, ge=5)

    @field_validator("url")
    @classmethod
    def _http(cls, url: str | SecretRef) -> str | SecretRef:
        url_fault = fault_of_url(url) if isinstance(url, str) else ""
        if url_fault:
            raise ValueError(url_fault)
        return url


class Watch(Document):
    """Who is told when the engine has not ticked for `silent_min`, again each `repeat_min`."""

    receivers: tuple[str, ...] = Field(min_length=1)
    silent_min: float = Field(default=45.0, gt=0)
    repeat_min: float = Field(default=15.0, gt=0)


class AllowTest(Document):
    """A worked example that `riskwatch check` runs: may this address of this host be connected to."""

    host: str = ""
    address: str
    allowed: bool


class ReceiversFile(Document):
    """The whole file; without receivers nobody is told anything."""

    allow: tuple[str, ...] = ()
    receivers: Mapping[str, AnyReceiver] = {}
    heartbeat: Heartbeat | None = None
    watch: Watch | None = None
    tests: tuple[AllowTest, ...] = ()

    @field_validator("receivers", mode="before")
    @classmethod
    def _channels(cls, receivers: object) -> object:
        """A channel that is unknown is told without the rest of its receiver, which may hold a secret."""
        for name, receiver in receivers.items() if isinstance(receivers, dict) else ():
            channel = receiver.get("channel") if isinstance(receiver, dict) else None
            if channel not in CHANNELS:
                raise ValueError(f"the channel of '{name}' is none; use one of {', '.join(CHANNELS)}")
        return receivers

    @field_validator("allow")
    @classmethod
    def _allowed(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        try:
            Egress.of(allow)
        except ValueError as error:
            raise ValueError(f"{error}; write 10.1.0.0/16 or hooks.example.org") from None
        return allow

    @model_validator(mode="after")
    def _named(self) -> ReceiversFile:
        named: dict[str, tuple[str, ...]] = {
            f"receivers.{n}.fallback": (r.fallback,) for n, r in self.receivers.items() if r.fallback
        }
        named["watch.receivers"] = self.watch.receivers if self.watch else ()
        for where, names in named.items():
            for name in names:
                if name not in self.receivers:
                    known = ", ".join(self.receivers) or "none"
                    raise ValueError(f"{where} names '{name}', which is no receiver; known are: {known}")
        for name in self.receivers:
            seen = [name]
            while (after := self.receivers[seen[-1]].fallback) is not None:
                if after in seen:
                    raise ValueError(
                        f"the fallbacks {' > '.join([*seen, after])} go round; end them somewhere"
                    )
                seen.append(after)
        return self

    def failed_tests(self) -> list[str]:
        """One sentence for each of `tests` that does not hold."""
        from ipaddress import ip_address

        egress, failed = Egress.of(self.allow), []
        for n, test in enumerate(self.tests):
            try:
                why = egress.refusal(test.host, ip_address(test.address))
            except ValueError:
                why = "it is no address"
            if (not why) != test.allowed:
                told = why or "it may be connected to"
                failed.append(f"tests.{n}: {test.address} of '{test.host}': {told}")
        return failed


def load_receivers(path: Path, file: str = FILE) -> ReceiversFile:
    """The file, or an empty one where there is none; raises ConfigError with every fault."""
    return read_document(path, ReceiversFile, file) if path.is_file() else ReceiversFile()


def fault_of_url(url: str) -> str:
    """What is wrong with a URL that is to be posted to; empty where nothing is.

    >>> fault_of_url("https://hooks.example.org/x"), fault_of_url("ftp://x")
    ('', 'the address is not http or https; write https://host/path')
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the address cannot be read; write https://host/path"
    if parts.scheme not in ("http", "https"):
        return "the address is not http or https; write https://host/path"
    if not parts.hostname or port == 0:
        return "the address names no host; write https://host/path"
    if parts.username is not None or parts.password is not None:
        return "the address holds a name or a password; name it as url: {env: NAME}"
    return ""
