"""Address blocks that are no place on the public internet, after IANA's special-purpose registries.

https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry. Python's
`is_private` and `is_global` are not asked: on 3.11 they miss shared space, multicast, 6to4, NAT64 and
the newer documentation block, and they change between patch releases.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

BLOCKS: dict[Network, str] = {
    ip_network(block): what
    for block, what in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared address space"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard-only"),
        ("100:0:0:1::/64", "dummy prefix"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
}
_GLOBAL_UNICAST_6 = IPv6Network("2000::/3")


def plain(address: Address) -> Address:
    """The address that a packet would go to: an IPv4-mapped one is the IPv4 address in it.

    >>> plain(IPv6Address("::ffff:127.0.0.1"))
    IPv4Address('127.0.0.1')
    """
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def special(address: Address) -> dict[Network, str]:
    """The special blocks an address lies in; all of IPv6 outside 2000::/3 is special.

    >>> [*special(IPv4Address("100.64.0.1")).values()], special(IPv4Address("8.8.8.8"))
    (['shared address space'], {})
    """
    address = plain(address)
    found = {block: what for block, what in BLOCKS.items() if address in block}
    if not found and isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST_6:
        return {IPv6Network("::/0"): "unassigned"}
    return found
