"""Every page of the console, one line each."""

from fastapi import FastAPI

from web.console import (
    announcements,
    audit,
    board,
    case,
    cases,
    cases_export,
    erasure,
    export,
    grid_map,
    imports,
    learning,
    learning_pages,
    partners,
    proposals,
    review,
    rules,
    rules_tools,
    scores,
    security,
    services,
    settings,
    shell,
    tables,
    texts,
    triage,
)

ROUTERS = (
    announcements.router,
    audit.router,
    board.router,
    cases.router,
    cases_export.router,
    erasure.router,
    learning.router,
    learning_pages.router,
    partners.router,
    review.router,
    proposals.router,
    scores.router,
    security.router,
    services.router,
    settings.router,
    texts.router,
    triage.router,
    rules.router,
    rules_tools.router,
    imports.router,
    grid_map.router,
    export.router,
    tables.router,
    case.router,
)  # a case's comes last: any word may be a number


def mount(app: FastAPI) -> None:
    shell.mount(app)
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
