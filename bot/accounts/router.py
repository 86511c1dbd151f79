"""Everything of the accounts room under /desk: the doors, one's own account, staff, the organisation."""

from __future__ import annotations

from fastapi import APIRouter

from bot.accounts.door_pages import DoorPages
from bot.accounts.guard import Guard, StaffRoute
from bot.accounts.own_pages import OwnPages
from bot.accounts.passkey_pages import add_passkey_pages
from bot.accounts.passkeys import site_of
from bot.accounts.staff_pages import StaffPages
from bot.storage.unit_of_work import Database
from bot.web.shell import Web


def account_router(db: Database, web: Web, guard: Guard, *, base_url: str) -> APIRouter:
    """The routes of the accounts room."""
    router = APIRouter(prefix="/desk", route_class=StaffRoute, include_in_schema=False)
    site = site_of(base_url, web.settings.agency)
    doors = DoorPages(db, web, guard, site)
    doors.add_sign_in(router)
    doors.add_invitation(router)
    doors.add_session(router)
    own = OwnPages(db, web, guard, site)
    own.add_account(router)
    own.add_second_step(router)
    own.add_sessions(router)
    add_passkey_pages(router, db, web, guard, site)
    staff = StaffPages(db, web, guard, base_url)
    staff.add_staff(router)
    staff.add_links(router)
    staff.add_organisation(router)
    return router
