"""The figures as a page for supervisors."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from console.reports.figures import TOTAL, report
from console.web import SUPERVISORS, Route, page
from switchboard.ports import Clock

DAYS = (1, 7, 30)


@dataclass(frozen=True)
class ReportPage:
    engine: AsyncEngine
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route("GET", "/reports", self.show, SUPERVISORS)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        asked = request.query.get("days", "7")
        days = int(asked) if asked in map(str, DAYS) else 7
        rows = await report(self.engine, self.clock(), days)
        return page(request, "reports.html", rows=rows, days=days, choices=DAYS, total=TOTAL)
