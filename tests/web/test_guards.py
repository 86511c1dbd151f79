"""The guards: requests of other sites are refused, too many of one are slowed down."""

from __future__ import annotations

import pytest
from fastapi import HTTPException
from starlette.requests import Request

from bot.web.guards import Throttle, client_address, require_same_origin


def _request(**headers: str) -> Request:
    raw = [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in {"host": "obrolan.example", **headers}.items()
    ]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {"origin": "https://obrolan.example"},
        {"origin": "null"},
        {},
    ],
)
def test_the_sites_own_requests_pass(headers: dict[str, str]) -> None:
    require_same_origin(_request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "origin": "https://obrolan.example"},
        {"sec_fetch_site": "none"},
        {"origin": "https://lain.example"},
        {"origin": "https://obrolan.example.lain.example"},
        {"origin": "https://obrolan.example:444"},
    ],
)
def test_requests_of_other_sites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(HTTPException) as refused:
        require_same_origin(_request(**headers))
    assert refused.value.status_code == 403


def test_a_throttle_lets_so_many_through_in_its_window() -> None:
    now = [0.0]
    throttle = Throttle(3, 10, clock=lambda: now[0])
    assert [throttle.allow("a") for _ in range(4)] == [True, True, True, False]
    assert throttle.allow("b")
    now[0] = 10.0
    assert throttle.allow("a")


def test_refused_tries_do_not_lengthen_the_wait() -> None:
    now = [0.0]
    throttle = Throttle(1, 10, clock=lambda: now[0])
    throttle.allow("a")
    for second in range(1, 10):
        now[0] = float(second)
        assert not throttle.allow("a")
    now[0] = 10.0
    assert throttle.allow("a")


def test_a_throttle_does_not_grow_without_end() -> None:
    throttle = Throttle(1, 10, keys=100)
    for number in range(1_000):
        throttle.allow(str(number))
    assert len(throttle._events) == 100


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:eeee:dddd:cccc", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_all_addresses_of_one_home_count_as_one(address: str, counted: str) -> None:
    assert client_address(Request({"type": "http", "headers": [], "client": (address, 1)})) == counted
