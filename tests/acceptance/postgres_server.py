"""A PostgreSQL of our own on loopback, from the binaries of this machine, gone at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of initdb and postgres: as pg_config says, Debian's newest, or that of the PATH."""
    told = shutil.which("pg_config")
    bindir = (
        subprocess.run([told, "--bindir"], capture_output=True, text=True, check=False) if told else None
    )
    listed = [Path(bindir.stdout.strip())] if bindir and bindir.returncode == 0 else []
    listed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    listed += [Path(found).resolve().parent] if found else []
    return next((f for f in listed if (f / "initdb").is_file() and (f / "postgres").is_file()), None)


def other_user() -> str | None:
    """Who runs the server: PostgreSQL refuses root."""
    return None if os.geteuid() else "nobody"


@contextmanager
def postgres(bindir: Path) -> Iterator[str]:
    """A server until the block ends; yields the URL of a database."""
    user = other_user()
    folder = Path(tempfile.mkdtemp(prefix="riskwatch-pg-"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    data = folder / "data"

    def run(name: str, *options: str) -> None:
        # no pipe: the server would hold it open
        command = [bindir / name, "-D", data, *options]
        with (folder / "output").open("a") as output:
            subprocess.run(
                command,
                user=user,
                cwd=folder,
                env=environ,
                stdout=output,
                stderr=output,
                timeout=60,
                check=True,
            )

    try:
        run("initdb", "-U", "rw", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        yield f"postgresql+psycopg://rw@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
