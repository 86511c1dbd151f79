"""The start page and the chat, wired like in the product and nothing else."""

from __future__ import annotations

from fastapi import FastAPI

from bot.channels.web.pages import chat_router
from bot.config import Settings
from bot.storage.unit_of_work import Database, UnitOfWork
from bot.web.pages import public_router
from bot.web.shell import make_web


def designation(_uow: UnitOfWork, _staff_id: str) -> str:
    return "pekerja sosial"


def make_app(db: Database, **settings: object) -> FastAPI:
    web = make_web(Settings(_env_file=None, **settings))  # type: ignore[arg-type]  # pydantic checks them
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.install(app)
    app.include_router(public_router(web))
    app.include_router(chat_router(db, web, designation=designation))
    return app
