"""The guard of outgoing requests: no name, network or disguise opens a way to what was not named."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskwatch.core.channels import ChannelError, Failure
from riskwatch.deliver.egress import Egress
from riskwatch.deliver.special import BLOCKS, plain, special

v4, v6 = st.ip_addresses(v=4), st.ip_addresses(v=6)
anywhere = v4 | v6
MAPPED = IPv6Network("::ffff:0:0/96")  # judged by the address in it
blocks = st.sampled_from(sorted((b for b in BLOCKS if b != MAPPED), key=str))
MISSED = [
    "100.64.0.1",
    "100.127.255.255",
    "224.0.0.1",
    "239.255.255.250",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:100.64.0.1",
    "::127.0.0.1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "::",
    "255.255.255.255",
    "192.88.99.1",
    "198.18.0.1",
    "2001:0:7f00:1::1",
    "4000::1",
]


@st.composite
def within(draw: st.DrawFn) -> IPv4Address | IPv6Address:
    """An address of a special block."""
    block = draw(blocks)
    offset = draw(st.integers(0, block.num_addresses - 1))
    return block[offset]


@pytest.mark.parametrize("address", MISSED)
def test_what_python_takes_for_public_is_special_all_the_same(address):
    """Shared space, multicast, 6to4, NAT64, 3fff::/20, mapped: neither a name nor 0/0 opens them."""
    guard = Egress.of(["example.org", "0.0.0.0/0", "::/0"])
    assert special(ip_address(address))
    assert guard.refusal("example.org", ip_address(address)).startswith("it is ")


@given(within())
def test_a_special_address_is_refused_whatever_the_name(address):
    """A name that resolves into a special block is a name that was turned against us."""
    assert Egress.of(["example.org"]).refusal("example.org", address)


@given(within())
def test_a_wide_network_opens_no_special_block(address):
    """0.0.0.0/0 and ::/0 are the public internet, no more."""
    assert Egress.of(["0.0.0.0/0", "::/0"]).refusal("", address)


@given(anywhere)
def test_nothing_is_open_by_itself(address):
    """An empty list lets nothing through."""
    assert Egress().refusal("example.org", address)


@given(anywhere)
def test_an_address_that_is_named_is_open_and_its_neighbour_is_not(address):
    """A network of one address opens one, a special one too, unless it is another in disguise."""
    guard = Egress.of([str(address)])
    unassigned = special(address).get(IPv6Network("::/0"))
    if plain(address) == address and not unassigned:
        assert guard.refusal("", address) == ""
    neighbour = ip_address(int(address) ^ 1) if address.version == 4 else IPv6Address(int(address) ^ 1)
    assert guard.refusal("", neighbour)


@given(v4)
def test_a_mapped_address_is_judged_as_the_address_in_it(address):
    """::ffff:a.b.c.d goes where a.b.c.d goes."""
    mapped = IPv6Address(f"::ffff:{address}")
    for allowed in ([], ["example.org"], [str(address)], ["0.0.0.0/0"], ["::ffff:0:0/96"]):
        guard = Egress.of(allowed)
        assert guard.refusal("example.org", mapped) == guard.refusal("example.org", address)


@given(v6)
def test_ipv6_outside_global_unicast_needs_a_block_that_has_a_name(address):
    """2000::/3 is what is assigned for the internet; all else is special or nothing."""
    if address not in IPv6Network("2000::/3"):
        assert special(address) or plain(address).version == 4


@given(st.lists(anywhere, min_size=1, max_size=5), st.booleans())
def test_only_allowed_addresses_of_a_name_are_ever_connected_to(found, named):
    """Of what a name resolves to, only addresses that the guard lets through are left."""
    guard = Egress.of(["hook.example.org"] if named else ["8.0.0.0/8"], lambda *_: [str(a) for a in found])
    allowed = {str(a) for a in found if not guard.refusal("hook.example.org", a)}
    if allowed:
        assert set(guard.addresses("hook.example.org", 443)) == allowed
    else:
        with pytest.raises(ChannelError, match="may not be connected to") as error:
            guard.addresses("hook.example.org", 443)
        assert error.value.failure is Failure.STOP


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked():
    """The second answer of a rebinding name is never asked for: one look-up, one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, asked = listening.getsockname()[1], []

        def rebind(host: str, _: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

        guard = Egress.of(["127.0.0.1/32"], rebind)
        with guard.connect("Rebind.Example.", port, 5) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
        assert asked == ["rebind.example"]
        with pytest.raises(ChannelError, match=r"169\.254\.169\.254: it is link-local"):
            guard.connect("rebind.example", port, 5)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("example.org", True),
        ("EXAMPLE.org.", True),
        ("a.example.org", False),
        ("notexample.org", False),
        ("a.below.net", True),
        ("x.a.below.net", True),
        ("below.net", False),
        ("below.net.evil.org", False),
    ],
)
def test_names_are_whole_and_a_leading_dot_means_all_below(host, allowed):
    """No part of a name is taken for the name."""
    guard = Egress.of(["example.org", ".below.net"], lambda *_: ["8.8.8.8"])
    assert (guard.refusal(host, ip_address("8.8.8.8")) == "") is allowed


@pytest.mark.parametrize("entry", ["10.0.0.0/33", "10.0.0.1/8", "", ".", "http://x", "a/b", "x:80"])
def test_an_entry_that_is_no_network_and_no_name_is_refused(entry):
    """A slip of the pen is not taken for a name that nothing ever has."""
    with pytest.raises(ValueError, match="neither a network nor a name"):
        Egress.of([entry])


def test_a_name_without_an_address_and_a_port_that_nobody_listens_on_are_told():
    """Which host, and no more than that."""

    def none(*_: object) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(ChannelError, match=r"^nowhere\.example: the name has no address; check it$"):
        Egress.of(["nowhere.example"], none).connect("nowhere.example", 443, 1)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(ChannelError, match=r"^127\.0\.0\.1:\d+: Connection refused$"):
        Egress.of(["127.0.0.1"]).connect("127.0.0.1", port, 1)


def test_every_block_is_one_of_its_version():
    """The table holds networks that were written without a slip."""
    assert all(isinstance(block, IPv4Network | IPv6Network) for block in BLOCKS)
    assert len(BLOCKS) == 36
