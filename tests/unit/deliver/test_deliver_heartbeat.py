"""Watching the watcher: who is told when the engine stands still, and that the other side hears nothing."""

from __future__ import annotations

import threading

import pytest

from riskwatch.deliver.building import Surroundings
from riskwatch.deliver.egress import Egress
from riskwatch.deliver.heartbeat import Heart, Silence, Watchman
from riskwatch.deliver.http import Endpoint
from riskwatch.deliver.receivers import ReceiversFile
from riskwatch.deliver.service import make_delivery
from riskwatch.store.alerts import Commit, Standing
from riskwatch.testing import Answer, FaultServer
from riskwatch.testing.post import Post, words

LOCAL = Egress.of(["127.0.0.0/8"])


def ticks(post: Post) -> None:
    """The engine's clock moves to now."""
    standing = post.alerts.standing()
    position = (standing.position if standing else 0) + 1
    post.alerts.commit(Commit([], {}, Standing(position, post.now_us, None, 0, {})))


@pytest.fixture
def post(tmp_path):
    made = Post(tmp_path)
    ticks(made)
    yield made
    made.worker.close()


def watchman(post: Post) -> Watchman:
    silence = Silence(post.alerts, post.clock, silent_min=45)
    return Watchman(silence, post.outbox, {"desk": words()}, repeat_min=15)


def test_an_engine_that_stands_still_is_paged_and_paged_again_until_it_moves(post):
    """After 45 minutes, again each 15, and once more when it ticks; two watchmen page as one."""
    watchers = [watchman(post), watchman(post)]

    def looks(minutes: float) -> list[str]:
        post.passes(60 * minutes)
        for one in watchers:
            one.step()
        post.sends()
        return post.desk.told()

    assert looks(45) == []
    assert looks(1) == ["first"]
    assert looks(5) == ["first"]
    assert looks(9) == ["first", "repeated"]
    watchers[0] = watchman(post)  # a restart forgets nothing that was paged
    assert looks(15) == ["first", "repeated", "repeated"]
    ticks(post)
    assert looks(1) == ["first", "repeated", "repeated", "resolved"]
    assert looks(1) == ["first", "repeated", "repeated", "resolved"]
    first, last = post.desk.taken[0].document, post.desk.taken[-1].document
    assert first["title"] == "riskwatch itself: the engine has not ticked since 20:00"
    assert "for 46 minutes" in first["text"]
    assert last["title"] == "riskwatch itself: the engine ticks again"


def test_a_process_that_has_just_begun_gives_the_engine_its_time(post):
    """A store that stood still overnight is not a page at the first look in the morning."""
    post.passes(12 * 3600)
    one = watchman(post)
    one.step()
    post.sends(44 * 60)
    assert post.desk.taken == []


def test_the_heart_beats_only_while_the_engine_moves(post):
    """The other side hears nothing from an engine that stands still, and an error of it is told."""
    said: list[str] = []
    with FaultServer() as server:
        heart = Heart(
            Endpoint(server.url, LOCAL, 1.0), Silence(post.alerts, post.clock, 45), 60, said.append
        )
        assert heart.beat()
        server.then(Answer(500))
        assert not heart.beat()
        post.passes(46 * 60)
        assert not heart.beat()
        assert len(server.arrived) == 2
    assert said == [f"http://127.0.0.1:{server.port}: answered 500"]


def test_delivery_as_a_whole_runs_until_it_is_stopped(post, tmp_path):
    """Worker, watchman and heart of one file: what is due goes out, the heart beats, and all end."""
    with FaultServer() as server:
        config = ReceiversFile.model_validate(
            {
                "allow": ["127.0.0.1"],
                "receivers": {
                    "desk": {"channel": "webhook", "url": server.url},
                    "archive": {"channel": "file", "path": "sent.jsonl"},
                    "terminal": {"channel": "console"},
                    "am": {"channel": "alertmanager", "url": server.url + "/"},
                    "mail": {
                        "channel": "email",
                        "host": "smtp.example.org",
                        "sender": "a@b.org",
                        "to": ["c@d.org"],
                        "user": "rw",
                        "password": {"env": "P"},
                    },
                },
                "heartbeat": {"url": {"env": "BEAT"}},
                "watch": {"receivers": ["desk"]},
            }
        )
        environ = {"BEAT": server.url + "/beat", "P": "pass"}
        around = Surroundings(environ, tmp_path, post.clock, Egress.of(config.allow))
        both = {"en": words(), "zh": words("zh")}
        delivery = make_delivery(config, around, post.database, both, post.said.append)
        post.open()
        arrived = threading.Event()
        take = server.take

        def taken(*given):
            answer = take(*given)
            if {a.path for a in server.arrived} >= {"/hook", "/hook/beat"}:
                arrived.set()
            return answer

        server.take = taken
        stop = threading.Event()
        with delivery.running(stop):
            assert arrived.wait(120)
        assert stop.is_set()
    assert post.statuses() == ["delivered"]
