"""POST /v1/events against the real server and a live engine: durable, idempotent, each row answered."""

from __future__ import annotations

import gzip
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pyarrow as pa
import pytest
from events_server import LINES, NOW, lines, mapping, row, town

from riskwatch.api.turned_away import STATUS
from riskwatch.messages.catalogue import Catalogue, languages

ARROW = "application/vnd.apache.arrow.stream"


def arrow(table: pa.Table, **options) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def calls(*rows) -> pa.Table:
    return pa.Table.from_pylist(list(rows))


def test_each_row_is_answered_as_the_account_counts_it(tmp_path):
    """Accepted, duplicate, late and quarantined with its reason, in the order in which they were sent."""
    with town(tmp_path) as made:
        rows = [row(1), row(1), row(2, minute=-90), row(3, code="protest"), row(4, area="NOWHERE"), row(5)]
        answer = made.send(rows).json()
        assert answer["outcomes"] == [
            "accepted",
            "duplicate",
            "late",
            "quarantined",
            "quarantined",
            "accepted",
        ]
        assert [(r["row"], r["reason"]) for r in answer["reasons"]] == [
            (3, "unknown_code"),
            (4, "unknown_area"),
        ]
        assert answer["decided"] is True
        counted = {name: answer[name] for name in ("accepted", "duplicate", "late", "quarantined")}
        assert made.account == {"rows_read": 6, **counted}
        assert made.http.get(f"/v1/events/{answer['receipt']}").json() == answer
        again = made.send(rows).json()
        assert again["outcomes"][0] == "duplicate"  # by its id, though no key was given


def test_arrow_and_lines_give_the_same_answer(tmp_path):
    """With text, dictionaries, instants and numbers as Arrow holds them; gzip and zstd around either."""
    rows = [row(1), row(2, minute=-90), row(3, code="protest")]
    table = calls(*rows)
    at = pa.array([NOW - timedelta(minutes=1), NOW - timedelta(minutes=90), NOW - timedelta(minutes=1)])
    typed = table.set_column(3, "at", at).set_column(1, "area", table.column("area").dictionary_encode())
    zstd = pa.Codec("zstd").compress(lines(rows), asbytes=True)
    bodies = [
        (lines(rows), {"Content_Type": LINES}),
        (arrow(table), {"Content_Type": ARROW}),
        (arrow(typed), {"Content_Type": ARROW}),
        (gzip.compress(lines(rows)), {"Content_Type": LINES, "Content_Encoding": "gzip"}),
        (gzip.compress(arrow(typed)), {"Content_Type": ARROW, "Content_Encoding": "gzip"}),
        (zstd, {"Content_Type": "application/jsonl; charset=utf-8", "Content_Encoding": "zstd"}),
    ]
    answers = []
    for n, (body, headers) in enumerate(bodies):
        with town(tmp_path / str(n)) as made:
            answers.append(made.send(body, **headers).json())
            del answers[-1]["receipt"]  # its number tells whether the engine began before it came
    for answer in answers:
        assert answer == answers[0]
    assert answers[0]["outcomes"] == ["accepted", "late", "quarantined"]


def test_the_same_key_is_answered_the_same_and_nothing_twice(tmp_path):
    """Rows without an id are told apart by the key of their batch; another body under it is refused."""
    plain = mapping("plain")
    del plain["columns"]["id"]
    with town(tmp_path, extra={"plain": plain}) as made:
        rows = [row(1), row(1)]  # two calls that look the same are two calls
        without = made.send(rows, source="plain")
        assert (without.status_code, without.json()["error"]) == (400, "key_needed")
        first = made.send(rows, source="plain", Idempotency_Key="a")
        again = made.send(rows, source="plain", Idempotency_Key="a")
        assert first.json() == again.json()
        assert first.json()["outcomes"] == ["accepted", "accepted"]
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        other = made.send([row(1)], source="plain", Idempotency_Key="a")
        assert (other.status_code, other.json()["error"]) == (422, "key_reused")
        assert made.send(rows, Idempotency_Key="a").status_code == 200  # keys are those of a source
        assert made.desk.alerts.accounts()["plain"]["rows_read"] == 2


def test_many_at_once_under_one_key_are_one_batch(tmp_path):
    """Whoever comes second gets the first one's answer."""
    with town(tmp_path) as made, ThreadPoolExecutor(8) as pool:
        rows = [row(n) for n in range(50)]
        answers = list(pool.map(lambda _: made.send(rows, Idempotency_Key="k").json(), range(8)))
        assert all(a == answers[0] for a in answers)
        assert made.account["rows_read"] == 50


def test_many_batches_at_once_all_count(tmp_path):
    """Also where two processes take them for one stream: one of them sees that it has moved."""
    with town(tmp_path) as made, town_of_another_process(made) as other, ThreadPoolExecutor(8) as pool:

        def one(n: int) -> int:
            rows = [row(100 * n + k) for k in range(20)]
            if n % 2:
                return made.send(rows).status_code
            from riskwatch.ingest.sent import Form, Sent

            receipt, again = other.take("town", Sent(lines(rows), Form.LINES))
            assert not again
            return 200 if receipt.rows == 20 else 500

        assert set(pool.map(one, range(24))) == {200}
        made.send([row(1, key="last")])
        assert made.account["accepted"] == 24 * 20 + 1


def town_of_another_process(made):
    from contextlib import nullcontext

    from riskwatch.desk import Desk

    return nullcontext(Desk.open(made.desk.place, made.clock))


def test_durable_before_the_engine_has_come_to_it(tmp_path):
    """202 says where to ask; nothing is lost by a stop, and what was decided stays decided."""
    with town(tmp_path, asleep=True, ingest={"wait_s": 0.05}) as made:
        slow = made.send([row(1), row(2, code="x")], Idempotency_Key="a")
        assert (slow.status_code, slow.json()["decided"]) == (202, False)
        assert "outcomes" not in slow.json()
        where = slow.headers["location"]
    with town(tmp_path) as made:
        made.send([row(3)])
        found = made.http.get(where)
        assert (found.status_code, found.json()["outcomes"]) == (200, ["accepted", "quarantined"])
        assert made.send([row(1), row(2, code="x")], Idempotency_Key="a").json() == found.json()
        asked = made.send([row(4)], Prefer="respond-async")
        assert asked.status_code in (200, 202)  # not waited for, but the engine may have been at once


@pytest.mark.parametrize(
    ("body", "headers", "status", "word"),
    [
        (b"", {}, 422, "bad_body"),
        (b"\n\n", {}, 422, "bad_body"),
        (b'{"other": 1}\n', {}, 422, "bad_body"),
        (b"no arrow", {"Content_Type": ARROW}, 422, "bad_body"),
        (lines([row(1)]), {"Content_Type": "application/json"}, 415, "bad_type"),
        (lines([row(1)]), {"Content_Type": "text/plain"}, 415, "bad_type"),
        (lines([row(1)]), {"Content_Encoding": "br"}, 415, "bad_encoding"),
        (b"not gzip at all", {"Content_Encoding": "gzip"}, 422, "bad_body"),
        (
            gzip.compress(lines([row(n) for n in range(9)]))[:-20],
            {"Content_Encoding": "gzip"},
            422,
            "bad_body",
        ),
        (lines([row(1)]), {"Idempotency_Key": "two words"}, 400, "bad_key"),
        (lines([row(1)]), {"Idempotency_Key": "k" * 129}, 400, "bad_key"),
        (lines([row(n) for n in range(41)]), {}, 413, "too_many_rows"),
        (arrow(calls(*[row(n) for n in range(41)])), {"Content_Type": ARROW}, 413, "too_many_rows"),
        (b"x" * 300_000, {}, 413, "too_large"),
        (gzip.compress(b" " * 2_000_000), {"Content_Encoding": "gzip"}, 413, "too_large"),
        (lines([row(1)]), {"Sec_Fetch_Site": "cross-site"}, 403, "cross_site"),
    ],
)
def test_what_is_refused_is_told_and_leaves_nothing(tmp_path, body, headers, status, word):
    """Each with its status and a word for machines, and nothing of it in the store."""
    with town(tmp_path, ingest={"rows": 40, "body_mib": 0.25, "decoded_mib": 1}) as made:
        answer = made.send(body, **headers)
        assert (answer.status_code, answer.json()["error"]) == (status, word)
        assert answer.json()["reason"]
        assert made.desk.inbox.stream("town", "sent") is None
        assert made.send([row(1)]).json()["outcomes"] == ["accepted"]


def test_a_body_of_unknown_length_is_cut_off(tmp_path):
    """Chunks are counted as they come."""
    with town(tmp_path, ingest={"body_mib": 0.1}) as made:
        endless = (lines([row(n)]) for n in range(100_000))
        answer = made.http.post("/v1/events?source=town", content=endless, headers={"Content-Type": LINES})
        assert answer.status_code == 413


def test_an_arrow_stream_cannot_stand_for_more_than_it_may(tmp_path):
    """Compressed buffers, one long word for every row, two columns of a name, nested types."""
    wide = calls(row(1), row(2))
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int32()), pa.array(["x" * 50_000]))
    bomb = pa.table({**{n: pa.array(["1"] * 40) for n in ("area", "code", "at", "n")}, "id": word})
    twice = pa.table([*wide.columns, wide.column("at")], names=[*wide.column_names, "at"])
    nested = wide.set_column(1, "area", pa.array([["NORTH"], ["EAST"]]))
    nothing = pa.table({**{n: pa.nulls(2_000_000) for n in wide.column_names}})
    with town(tmp_path, ingest={"decoded_mib": 1, "rows": 1000}) as made:
        told = {
            name: (answer.status_code, answer.json()["reason"])
            for name, body in (
                ("compressed", arrow(wide, compression="zstd")),
                ("bomb", arrow(bomb)),
                ("twice", arrow(twice)),
                ("nested", arrow(nested)),
                ("nothing", arrow(nothing)),
                ("missing", arrow(wide.drop_columns(["at"]))),
                ("cut", arrow(wide)[:-40]),
            )
            if (answer := made.send(body, Content_Type=ARROW)) or True
        }
        large = {"bomb", "nothing"}
        assert {n: s for n, (s, _) in told.items()} == {n: 413 if n in large else 422 for n in told}
        assert "Content-Encoding: zstd or gzip" in told["compressed"][1]
        assert made.desk.inbox.stream("town", "sent") is None


def test_too_fast_is_told_when_to_come_again(tmp_path):
    """Rows and requests of a client have a rate each."""
    rules = {"rows_per_s": 0.5, "requests_per_s": 1000, "burst_s": 2}
    with town(tmp_path, ingest=rules) as made:
        assert made.send([row(n) for n in range(10)]).status_code == 200
        answer = made.send([row(11)])
        assert (answer.status_code, answer.json()["error"]) == (429, "slow_down")
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert "X" not in answer.headers


def test_tokens_open_the_gate(tmp_path):
    """A bearer token of the environment or of the file; any other is refused."""
    digest = hashlib.sha256(b"water").hexdigest()
    given = {"local": False, "token": "fire"}
    with town(tmp_path, **given, ingest={"tokens": {"water-board": digest}}) as made:
        assert made.send([row(1)]).status_code == 401
        assert made.send([row(1)]).headers["www-authenticate"] == "Bearer"
        for given in ("Bearer wrong", "Basic fire", "fire", "Bearer"):
            assert made.send([row(1)], Authorization=given).status_code == 401
        for given in ("Bearer fire", "bearer water"):
            assert made.send([row(1)], Authorization=given).status_code == 200
        assert made.http.get("/v1/events/1").status_code == 401


def test_an_open_address_without_a_token_takes_nothing(tmp_path):
    """Whoever reaches it could write into the inbox."""
    with town(tmp_path, local=False) as made:
        answer = made.send([row(1)])
        assert (answer.status_code, answer.json()["error"]) == (403, "not_open")


def test_a_page_without_an_engine_takes_nothing(tmp_path):
    """`serve` takes events where a live engine runs on the store, in whichever process."""
    with town(tmp_path, live=False, asleep=True, ingest={"wait_s": 60}) as made:
        answer = made.send([row(1)])
        assert (answer.status_code, answer.json()["error"]) == (503, "no_engine")
        assert "retry-after" in answer.headers
        engine = threading.Thread(target=made.live.run)
        engine.start()
        while not made.desk.engine_runs():
            pass
        assert made.send([row(1)]).json()["outcomes"] == ["accepted"]
        made.stop.set()
        engine.join()


def test_an_engine_far_behind_takes_no_more(tmp_path):
    """503 until it has caught up."""
    with town(tmp_path, asleep=True, ingest={"wait_s": 0, "backlog": 3}) as made:
        codes = [made.send([row(n)]).status_code for n in range(5)]
        assert codes == [202, 202, 202, 503, 503]


def test_a_source_that_is_not_there_names_those_that_are(tmp_path):
    """404, in the language that was asked for."""
    with town(tmp_path) as made:
        answer = made.http.post(
            "/v1/events?source=x&lang=zh", content=b"{}", headers={"Content-Type": LINES}
        )
        assert answer.status_code == 404
        assert "没有来源" in answer.json()["reason"]
        assert "town" in answer.json()["fix"]
        assert made.http.get("/v1/events/77").json()["error"] == "unknown_receipt"


def test_every_refusal_has_its_words():
    """In both languages: what happened, and what to do."""
    for lang in languages():
        for word in STATUS:
            assert {f"problem.{word}", f"problem.{word}_fix"} <= set(Catalogue(lang).keys)


def test_the_interface_describes_itself(tmp_path):
    """OpenAPI lists both forms of the body and the refusals."""
    with town(tmp_path, asleep=True) as made:
        post = made.http.get("/v1/openapi.json").json()["paths"]["/v1/events"]["post"]
        assert set(post["requestBody"]["content"]) == {LINES, ARROW}
        assert {"200", "202", "413", "415", "422", "429", "503"} <= set(post["responses"])
        assert "curl" in post["description"]


def test_a_client_that_hangs_up_leaves_nothing(tmp_path):
    """Half a request is no batch."""
    with town(tmp_path) as made:

        def broken():
            yield lines([row(1)])
            raise RuntimeError("the line is cut")

        with pytest.raises(RuntimeError, match="the line is cut"):
            made.http.post("/v1/events?source=town", content=broken(), headers={"Content-Type": LINES})
        assert made.desk.inbox.stream("town", "sent") is None
        assert isinstance(made.send([row(1)]), httpx.Response)
