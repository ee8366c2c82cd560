"""Every page of the console, one line each."""

from fastapi import FastAPI

from web.console import audit, shell

ROUTERS = (audit.router,)


def mount(app: FastAPI) -> None:
    shell.mount(app)
    for router in ROUTERS:
        app.include_router(router)
