"""Where messages may go: names and networks on a list, resolved and checked at connect time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from riskwatch.core.channels import ChannelError, Failure
from riskwatch.deliver.special import Address, Network, plain, special

Resolve = Callable[[str, int], Sequence[str]]


def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine resolves it, each once; OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Egress:
    """An allow-list. Nothing that is not on it is connected to.

    A name (`hooks.example.org`, or `.example.org` for all below) lets its public addresses through. A
    network lets its addresses through, whatever the name; but a special one (loopback, link-local,
    private and others) only by a network that lies within its block: `0.0.0.0/0` opens none of them.
    """

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    resolve: Resolve = system_resolve

    @classmethod
    def of(cls, allowed: Iterable[str], resolve: Resolve = system_resolve) -> Egress:
        """From entries that are networks, addresses or names; ValueError where one is none of these.

        >>> Egress.of(["10.1.0.0/16", "Hooks.Example.org."]).names
        frozenset({'hooks.example.org'})
        """
        names, networks = set(), []
        for entry in allowed:
            network = _network(entry)
            if network is not None:
                networks.append(network)
            elif "/" in entry or ":" in entry or not entry.strip(". "):
                raise ValueError(f"'{entry}' is neither a network nor a name")
            else:
                names.add(_folded(entry))
        return cls(frozenset(names), tuple(networks), resolve)

    def refusal(self, host: str, address: Address) -> str:
        """Why an address of a host may not be connected to; empty where it may.

        >>> Egress.of(["example.org"]).refusal("example.org", ip_address("127.0.0.1"))
        'it is loopback'
        """
        address = plain(address)
        blocks = special(address)
        inside = [n for n in self.networks if address.version == n.version and address in n]
        if blocks:
            named = any(_within(n, block) for n in inside for block in blocks)
            return "" if named else f"it is {min(blocks.items(), key=lambda b: -b[0].prefixlen)[1]}"
        if inside or self._has_name(host):
            return ""
        return "it is not on the allow-list"

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to; ChannelError where there is none."""
        host = _folded(host)
        try:
            found = self.resolve(host.strip("[]"), port)
        except (OSError, UnicodeError):
            raise ChannelError(f"{host}: the name has no address; check it") from None
        refused = {text: self.refusal(host, ip_address(text.partition("%")[0])) for text in found}
        allowed = [text for text, why in refused.items() if not why]
        if not allowed:
            told = ", ".join(f"{text}: {why}" for text, why in refused.items()) or "it has no address"
            raise ChannelError(
                f"{host} may not be connected to ({told}); name it under allow: in receivers.yaml",
                Failure.STOP,
            )
        return allowed

    def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """A connection to an address that was checked: the very one, so that no second look-up counts."""
        deadline = time.monotonic() + timeout_s
        error: OSError | None = None
        for address in self.addresses(host, port):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            try:
                return socket.create_connection((address, port), timeout=left_s)
            except OSError as failed:
                error = failed
        why = "nobody answers" if error is None or isinstance(error, TimeoutError) else error.strerror
        raise ChannelError(f"{_folded(host)}:{port}: {why or 'no connection'}") from None

    def _has_name(self, host: str) -> bool:
        host = _folded(host)
        parents = host.split(".")
        return host in self.names or any(
            "." + ".".join(parents[n:]) in self.names for n in range(1, len(parents))
        )


def _within(network: Network, block: Network) -> bool:
    """Whether a network lies in a block of its own version; ::/0 is no block that could be named."""
    return block.prefixlen > 0 and network.version == block.version and network.subnet_of(block)  # type: ignore[arg-type] # of one version


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry.strip("[]"))
    except ValueError:
        return None


def _folded(host: str) -> str:
    """As names are compared: lower case, without the dot of the root."""
    return host.strip().rstrip(".").lower()
