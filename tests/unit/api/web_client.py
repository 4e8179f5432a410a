"""The test client of the framework, imported in one place: it warns that it likes httpx2 better."""

from __future__ import annotations

import warnings

from starlette.exceptions import StarletteDeprecationWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore", StarletteDeprecationWarning)  # until the test extra has httpx2
    from fastapi.testclient import TestClient

__all__ = ["TestClient"]
