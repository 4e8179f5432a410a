"""The Alertmanager channel against a real Alertmanager, and before other sides that fail."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from deliver_town import words
from other_sides import facing

from riskwatch.core.alerts import Alert, AlertKind, Level, LevelChange, State
from riskwatch.core.channels import ChannelError, Failure, Message
from riskwatch.core.clock import MINUTE_US, SystemClock, to_us
from riskwatch.deliver.channels.alertmanager import AlertmanagerChannel
from riskwatch.deliver.document import alert_document
from riskwatch.deliver.egress import Egress
from riskwatch.deliver.http import Endpoint
from riskwatch.testing import FaultServer, check_channel

LOCAL = Egress.of(["127.0.0.0/8"])
CONFIG = "route: {receiver: nobody, group_wait: 0s}\nreceivers: [{name: nobody}]\n"


def channel(url: str) -> AlertmanagerChannel:
    return AlertmanagerChannel(Endpoint(url, LOCAL, 1.0))


def message(alert: Alert, number: int = 1) -> Message:
    document = {
        "title": "II橙色",
        "text": "山镇",
        "reason": "first",
        "alert": alert_document(alert, words()),
    }
    return Message(f"rs-{number}", document)


def alert(at_us: int) -> Alert:
    return Alert(
        id="rw-1",
        kind=AlertKind.RISK,
        area="T",
        signature="gastro",
        level=Level.ORANGE,
        peak_level=Level.ORANGE,
        levels=(LevelChange(at_us, Level.ORANGE),),
        shown=True,
        state=State.OPEN,
        opened_at_us=at_us,
        updated_at_us=at_us,
    )


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real one on loopback."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        pytest.skip("prometheus-alertmanager is not installed (on Debian: apt-get install it)")
    home = tmp_path_factory.mktemp("alertmanager")
    (home / "config.yml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [program, f"--config.file={home}/config.yml", f"--storage.path={home}"]
    command += [f"--web.listen-address={address}", "--cluster.listen-address="]
    with (home / "log").open("w") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        try:
            deadline = time.monotonic() + 120
            while not ready(address):
                assert process.poll() is None, (home / "log").read_text()
                assert time.monotonic() < deadline, "it did not begin within 120 s"
                time.sleep(0.05)
            yield f"http://{address}"
        finally:
            process.kill()


def ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def firing(base: str) -> dict[str, dict[str, Any]]:
    """The alerts that it takes for firing, by the level of their labels."""
    with urllib.request.urlopen(f"{base}/api/v2/alerts", timeout=60) as answer:  # noqa: S310 - loopback
        return {a["labels"]["level"]: a for a in json.load(answer)}


def test_alertmanager_keeps_the_contract_before_every_other_side() -> None:
    """Retry table, timeout and idempotence are as every channel's."""
    with ExitStack() as stack:
        good, free = stack.enter_context(FaultServer()), stack.enter_context(FaultServer())
        free.__exit__(None, None, None)
        check_channel(
            lambda: channel(good.url),
            arrived=lambda: [json.loads(a.body)[0]["annotations"]["send_id"] for a in good.arrived],
            broken=lambda: channel(free.url),
            facing=facing(stack, channel),
        )


def test_a_real_alertmanager_fires_rises_and_ends(alertmanager: str) -> None:
    """One alert fires at its level; after a rise only the higher one does; after its end none."""
    now_us = to_us(SystemClock().now())
    sends = channel(f"{alertmanager}/api/v2/alerts")
    first = alert(now_us - 20 * MINUTE_US)
    for number in (1, 1):  # a retry changes nothing
        sends.send(message(first, number))
    found = firing(alertmanager)
    assert list(found) == ["orange"]
    assert found["orange"]["labels"]["alert"] == "rw-1"
    assert found["orange"]["annotations"]["description"] == "山镇"
    ends = datetime.fromisoformat(found["orange"]["endsAt"].replace("Z", "+00:00"))
    assert 23 < (ends - datetime.now(UTC)).total_seconds() / 3600 < 24
    levels = (*first.levels, LevelChange(now_us - 10 * MINUTE_US, Level.RED))
    risen = replace(first, level=Level.RED, levels=levels, updated_at_us=now_us - 10 * MINUTE_US)
    sends.send(message(risen, 2))
    assert list(firing(alertmanager)) == ["red"]
    ended = replace(risen, state=State.RETURNED, closed_at_us=now_us - MINUTE_US, updated_at_us=now_us)
    sends.send(message(ended, 3))
    assert firing(alertmanager) == {}


def test_what_tells_no_alert_is_given_up() -> None:
    """The page about the engine itself has no alert to post."""
    with pytest.raises(ChannelError, match="tells no alert") as error:
        channel("http://127.0.0.1:9/").send(Message("rs-1", {"title": "riskwatch itself"}))
    assert error.value.failure is Failure.STOP
