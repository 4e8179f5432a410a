"""Other sides for channels over HTTP: one fault server each, that behaves in one way, and a certificate."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from riskwatch.core.channels import Channel
from riskwatch.testing import Answer, FaultServer, How, OtherSide

ANSWERS = {
    OtherSide.FAILS: Answer(502),
    OtherSide.REFUSES: Answer(400),
    OtherSide.ASKS_TO_WAIT: Answer(429, {"Retry-After": "120"}),
    OtherSide.IS_GONE: Answer(410),
    OtherSide.REDIRECTS: Answer(307, {"Location": "http://127.0.0.1:1/elsewhere"}),
    OtherSide.HANGS: Answer(how=How.HUNG),
    OtherSide.RESETS: Answer(how=How.RESET),
    OtherSide.CUTS_SHORT: Answer(how=How.TRUNCATED),
}


def facing(stack: ExitStack, make: Callable[[str], Channel]) -> dict[OtherSide, Callable[[], Channel]]:
    """The channel that `make` builds for a URL, before each behaviour."""

    def before(side: OtherSide) -> Callable[[], Channel]:
        server = stack.enter_context(FaultServer())
        server.always = ANSWERS[side]
        return lambda: make(server.url)

    return {side: before(side) for side in ANSWERS}


def certificate(folder: Path) -> tuple[str, str]:
    """A throwaway certificate of 127.0.0.1 and localhost with its key; skips where openssl is absent."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    cert, key = folder / "cert.pem", folder / "key.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    )
    command = [*command.split(), "-addext", names, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return str(cert), str(key)
