"""Every page of the console, one line each."""

from fastapi import FastAPI

from web.console import audit, case, partners, shell

ROUTERS = (audit.router, partners.router, case.router)  # a case's comes last: any word may be a number


def mount(app: FastAPI) -> None:
    shell.mount(app)
    for router in ROUTERS:
        app.include_router(router)
