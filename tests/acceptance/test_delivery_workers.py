"""Two workers on one store, and a worker that vanishes: each message once and in order."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

from riskwatch.deliver.service import died_here
from riskwatch.testing.post import Post, Recorder, served_by


def test_two_workers_send_each_message_once(post: Post) -> None:
    """Two workers on one store share what is due; no message goes out twice."""
    for n in range(40):
        post.open(f"rw-{n}", area=f"A{n % 8}")
    other = post.another("w2")
    threads = [threading.Thread(target=worker.drain) for worker in (post.worker, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.close()
    assert len(post.desk.taken) == len({m.id for m in post.desk.taken}) == 40


def test_two_workers_keep_the_order_of_an_area(post: Post) -> None:
    """While one worker has the first message of an area, the other does not take the second."""
    alert = post.open()
    post.raised(alert)
    gate = threading.Event()
    post.desk.gate = gate
    other = post.another("w2")
    assert (post.worker.step(), other.step()) == (1, 0)
    gate.set()
    post.sends()
    assert post.desk.told("sequence") == [1, 2]
    other.close()


def test_a_worker_that_vanishes_is_succeeded_when_its_lease_ends(post: Post) -> None:
    """What a dead worker had taken is sent by another after the lease, under the same id."""
    post.open()
    lost = post.another("lost", margin_s=30, desk=served_by(Recorder()))
    lost.lines["desk"].channel.gate = gate = threading.Event()  # type: ignore[attr-defined] # a recorder
    lost.step()
    assert post.sends(33) == 0
    assert post.sends(1) == 1
    gate.set()
    lost.close()  # it comes back, and what it says of its lost lease changes nothing
    (row,) = post.rows()
    assert (row.status, row.attempts) == ("delivered", 2)


def test_what_a_dead_process_of_this_machine_had_taken_is_free_at_once(post: Post) -> None:
    """A restart after a crash does not wait for the lease; a process that lives keeps its own."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    post.open()
    lost = post.another(f"{socket.gethostname()}/{ended.pid}/x", desk=served_by(Recorder()))
    lost.lines["desk"].channel.gate = gate = threading.Event()  # type: ignore[attr-defined] # a recorder
    lost.step()
    assert post.worker.stores.leases.free(lambda owner: False) == 0
    assert post.sends() == 0
    assert post.worker.stores.leases.free(died_here) == 1
    assert post.sends() == 1
    gate.set()
    lost.close()
    assert post.statuses() == ["delivered"]
