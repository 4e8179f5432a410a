"""The load of `benchmarks.latency`: a made county, and who sends its events over HTTP at a stated rate."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from riskwatch.core.clock import SystemClock, to_us

FloatArray, IntArray = NDArray[np.float64], NDArray[np.int64]
AREAS, INDICATORS, SIGNATURES = 3_000, 20, 5
BATCH_ROWS = 2_000
SKEW = (
    4.0  # sd of the log of the series' rates: a tenth bring nearly all, as full windows of a week must fit
)
BURSTS = 3  # planted a minute, each ten minutes of twenty calls a minute in one village
BURST_MIN, BURST_ROWS = 10, 20
LATENESS_MIN = 1


def write_configs(folder: Path) -> Path:
    """A county of 60 towns and 2,939 villages, 20 indicators in 5 signatures, one source with ids."""
    towns = [f"T{n}" for n in range(60)]
    villages = [(f"V{n}", towns[n % len(towns)]) for n in range(AREAS - len(towns) - 1)]
    rows = ["code,name,parent,level,population", "COUNTY,County,,county,3000000"]
    rows += [f"{t},{t},COUNTY,town,50000" for t in towns]
    rows += [f"{v},{v},{t},village,1000" for v, t in villages]
    names = [f"i{n}" for n in range(INDICATORS)]
    domain = {"domain": "public_health", "owner": "desk"}
    harm = {"harm": {"en": "people come to harm"}, "response": "medical", "expires": "2100-01-01"}
    indicators = {
        "signatures": {f"s{n}": {"name": {"en": f"s{n}"}, **domain} for n in range(SIGNATURES)},
        "indicators": {
            name: {"name": {"en": name}, "signature": f"s{n % SIGNATURES}", **domain, **harm}
            for n, name in enumerate(names)
        },
    }
    mapping = {
        "source": "load",
        "about": {"en": "made load"},
        "areas": "areas/load.csv",
        "indicators": "indicators/load.yaml",
        "timezone": "UTC",
        "lateness_min": LATENESS_MIN,
        "columns": {
            "id": {"column": "id", "kind": "id"},
            "area": {"column": "area", "kind": "area"},
            "indicator": {"column": "code", "kind": "code", "codes": "same"},
            "occurred_at": {"column": "at", "kind": "instant", "format": "iso"},
        },
    }
    texts = {
        "areas/load.csv": "\n".join(rows) + "\n",
        "indicators/load.yaml": yaml.safe_dump(indicators),
        "sources/load.yaml": yaml.safe_dump(mapping),
        "ingest.yaml": yaml.safe_dump({"rows_per_s": 1e6, "wait_s": 30, "backlog": 10_000}),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rates(rate: float) -> FloatArray:
    """[villages * indicators] events a second of each series, so many in all."""
    drawn = np.random.default_rng(3).lognormal(0.0, SKEW, (AREAS - 61) * INDICATORS)
    share: FloatArray = drawn / drawn.sum() * rate
    return share


def drawn(draw: np.random.Generator, share: FloatArray, n: int, minute: int) -> IntArray:
    """So many series, by their rates, and the rows of the bursts of this minute."""
    series = np.searchsorted(np.cumsum(share / share.sum()), draw.random(n))
    planted = np.random.default_rng(5).integers(0, len(share), (minute + 1) * BURSTS)
    bursting = planted[-BURSTS * BURST_MIN :]
    of_batch = draw.random((len(bursting), BURST_ROWS)) < n / share.sum() / 60
    return np.r_[series, np.repeat(bursting, of_batch.sum(axis=1))]


def body(draw: np.random.Generator, serial: int, series: IntArray) -> bytes:
    """An Arrow stream of events of this moment; ids count on from a serial number."""
    village = pa.DictionaryArray.from_arrays(
        pa.array(series // INDICATORS, pa.int32()), pa.array([f"V{k}" for k in range(AREAS - 61)])
    )
    code = pa.DictionaryArray.from_arrays(
        pa.array(series % INDICATORS, pa.int32()), pa.array([f"i{k}" for k in range(INDICATORS)])
    )
    at_us = to_us(SystemClock().now()) - draw.integers(0, 5_000_000, len(series))
    made = pa.table(
        {
            "id": pa.array(np.arange(serial, serial + len(series))).cast(pa.string()),
            "area": village,
            "code": code,
            "at": pa.array(at_us).cast(pa.timestamp("us", "UTC")),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, made.schema) as writer:
        writer.write_table(made)
    return sink.getvalue().to_pybytes()


def send(url: str, rate: float, seconds: float) -> None:
    """Send batches at a rate until the time is over; says how many were taken, and how fast."""
    draw, share, serial, taken, answers = np.random.default_rng(1), rates(rate), 0, 0, []
    headers = {"Content-Type": "application/vnd.apache.arrow.stream", "Prefer": "respond-async"}
    started = time.perf_counter()
    with httpx.Client(timeout=60) as http:
        while (now := time.perf_counter() - started) < seconds:
            due = serial / rate
            if due > now:
                time.sleep(due - now)
            series = drawn(draw, share, BATCH_ROWS, int(now / 60))
            before = time.perf_counter()
            answer = http.post(
                f"{url}/v1/events?source=load", content=body(draw, serial, series), headers=headers
            )
            answers.append(time.perf_counter() - before)
            taken += len(series) * (answer.status_code in (200, 202))
            serial += len(series)
    p50, p99 = np.quantile(answers, [0.5, 0.99])
    print(f"{taken} {serial} {time.perf_counter() - started:.3f} {p50:.4f} {p99:.4f}")


def main() -> None:
    """Send, and say what came of it."""
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("--rate", type=float, required=True)
    options.add_argument("--minutes", type=float, required=True)
    given = options.parse_args()
    send(given.url, given.rate, 60 * given.minutes)


if __name__ == "__main__":
    main()
