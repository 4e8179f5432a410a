"""The auditor's pages: the fairness reports that the store keeps, each as it was written."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse
from starlette.responses import Response

from riskwatch.api.refusals import Problem, Refusal
from riskwatch.api.site import Site
from riskwatch.audit.page import ReportPage
from riskwatch.audit.reports import KeptReport, Reports
from riskwatch.messages.names import Names

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
"""A report brings its style within, and nothing else: no script, no address, no form."""


class UnknownReport(Refusal):
    """No report of the store has that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)

    def told(self, names: Names) -> Problem:
        """404."""
        what = names.text("problem.unknown_report", name=self.name)
        return Problem(404, "unknown_report", what, names.text("problem.unknown_report_fix"))


def audit_routes(site: Site) -> APIRouter:
    """The list of reports, each report as a page, and the same for machines."""
    router = APIRouter()
    reports = Reports(site.desk.place.home)

    def kept(name: str) -> KeptReport:
        found = reports.find(name)
        if found is None:
            raise UnknownReport(name)
        return found

    @router.get("/audit", include_in_schema=False)
    def listed(request: Request) -> Response:
        """Every report, the newest first, with its verdict."""
        lang = site.words(request).lang
        listed = [(r, ReportPage(r.document, lang)) for r in reports.listed()]
        return site.page(request, "audit.html", reports=listed)

    @router.get("/audit/{name}", include_in_schema=False)
    def page(request: Request, name: str) -> Response:
        """One report in the reader's language, as the file that can be mailed."""
        file = reports.page(kept(name).name, site.words(request).lang)
        if not file.is_file():
            raise UnknownReport(name)
        headers = {"Content-Security-Policy": REPORT_POLICY}
        return FileResponse(file, media_type="text/html; charset=utf-8", headers=headers)

    @router.get("/v1/audit")
    def names() -> JSONResponse:
        """The name, partition, span and verdict of every report, the newest first."""
        keys = ("partition", "span", "truth", "verdict")
        told = [{"name": r.name} | {k: r.document[k] for k in keys} for r in reports.listed()]
        return JSONResponse({"count": len(told), "reports": told})

    @router.get("/v1/audit/{name}")
    def document(name: str) -> JSONResponse:
        """One report as `riskwatch audit fairness --json` printed it."""
        return JSONResponse(dict(kept(name).document))

    return router
