"""The page's server in a thread of its own, on a socket that was bound before; used by run and serve."""

from __future__ import annotations

import fcntl
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskwatch.core.errors import RiskwatchError

if TYPE_CHECKING:
    from riskwatch.cli.shell import Shell

_PAGE = "page.lock"
_LOCKS = {_PAGE: fcntl.LOCK_EX, "engine.lock": fcntl.LOCK_SH}  # and what finds each of them held


@contextmanager
def served(shell: Shell, app: Any, *, host: str, port: int) -> Iterator[str]:
    """Serve an app until the block ends; yields its address."""
    import uvicorn

    bound = _bound(shell, host, port)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, args=([bound],), name="page", daemon=True)
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{shown}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        bound.close()


def _bound(shell: Shell, host: str, port: int) -> socket.socket:
    """A listening socket; says so plainly where the port is taken or the host is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(128)  # whoever reads the address may connect before the server's thread runs
        except OSError:
            bound.close()
            raise
    except OSError as error:
        raise RiskwatchError(
            shell.say("page.no_port", host=host, port=port, why=error.strerror or error)
        ) from None
    return bound


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; the handlers before are put back at the end."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held(home: Path) -> Iterator[None]:
    """A shared mark that this store is served, which ends with the process."""
    with (home / _PAGE).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def in_use(home: Path) -> bool:
    """Whether any process runs or serves the store of this folder."""
    for name, probe in _LOCKS.items():
        path = home / name
        if not path.exists():
            continue
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, probe | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False
