"""How a problem is told: a page to people, JSON to machines, in the language of the request."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskwatch.api.refusals import Problem, Refusal
from riskwatch.api.site import Site
from riskwatch.core.errors import StoreError
from riskwatch.messages.names import Names


def told(error: Exception, names: Names) -> Problem:
    """A problem in words."""
    match error:
        case Refusal():
            return error.told(names)
        case StoreError():
            return Problem(503, "pending", names.text("problem.pending"), str(error))
        case HTTPException() if error.status_code == 404:
            what, fix = names.text("problem.unknown_page"), names.text("problem.unknown_page_fix")
            return Problem(404, "not_found", what, fix)
        case HTTPException():
            return Problem(error.status_code, "refused", str(error.detail))
        case _:
            return Problem(422, "bad_input", _invalid(error))


def _invalid(error: Exception) -> str:
    """The faults of a request that does not fit, one after the other."""
    if not isinstance(error, RequestValidationError):
        return str(error)
    return "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors())


def add_problems(app: FastAPI, site: Site) -> None:
    """Let the app tell every problem."""

    def handle(request: Request, error: Exception) -> Response:
        problem = told(error, site.words(request))
        if request.url.path.startswith("/v1/"):
            body = {"error": problem.word, "reason": problem.what, "fix": problem.fix}
            return JSONResponse(body, status_code=problem.status, headers=dict(problem.headers))
        return site.page(request, "problem.html", status=problem.status, problem=problem)

    for kind in (Refusal, StoreError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)
