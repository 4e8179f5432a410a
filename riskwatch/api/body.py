"""The body of a request, read and decompressed within bounds; used by the ingest."""

from __future__ import annotations

import asyncio

import pyarrow as pa
from starlette.requests import Request

from riskwatch.api.turned_away import TurnedAway
from riskwatch.ingest.rules import IngestRules
from riskwatch.ingest.sent import Form

_FORMS = {
    "application/x-ndjson": Form.LINES,
    "application/ndjson": Form.LINES,
    "application/jsonl": Form.LINES,
    "application/vnd.apache.arrow.stream": Form.ARROW,
}
ENCODINGS = ("gzip", "zstd")


def form_of(request: Request) -> Form:
    """How the rows are written; raises TurnedAway for a content type or encoding that is not read."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if given not in _FORMS:
        raise TurnedAway("bad_type", given=given[:80], known=", ".join(_FORMS))
    if encoding not in ("identity", *ENCODINGS):
        raise TurnedAway("bad_encoding", given=encoding[:80], known=", ".join(ENCODINGS))
    return _FORMS[given]


async def body_of(request: Request, rules: IngestRules) -> bytes:
    """The bytes as they came; raises TurnedAway as soon as they are too many or take too long."""
    most = int(rules.body_mib * (1 << 20))
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > most:
        raise TurnedAway("too_large", mib=f"{rules.body_mib:g}")
    body = bytearray()
    try:
        async with asyncio.timeout(rules.body_timeout_s):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    raise TurnedAway("too_large", mib=f"{rules.body_mib:g}")
    except TimeoutError:
        raise TurnedAway("too_slow", seconds=f"{rules.body_timeout_s:g}") from None
    return bytes(body)


def decoded(body: bytes, encoding: str, rules: IngestRules) -> bytes:
    """The body without its content encoding; raises TurnedAway if it is broken or grows too large."""
    most = int(rules.decoded_mib * (1 << 20))
    kind = encoding.strip().lower()
    if kind not in ENCODINGS:
        return body
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), kind) as stream:
            plain = stream.read(most + 1)
    except (pa.ArrowException, OSError) as error:
        raise TurnedAway("bad_body", what=f"is not whole {kind} data ({error})") from None
    if len(plain) > most:
        raise TurnedAway("too_large", mib=f"{rules.decoded_mib:g}")
    return bytes(plain)
