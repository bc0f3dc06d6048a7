"""`loa login` and `loa token` on a platform as `loa up` starts it."""

import json
import re
from collections.abc import Iterator

import httpx
import jwt
import pytest

from tests.support.platform.home import Home, platform, until
from tests.support.servers.plain import NO_AUTHORITIES

ADDRESS = re.compile(r"^http://127\.0\.0\.1:\d+/sign-in/link/[\w-]+$", re.MULTILINE)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with platform() as running:
        yield running


def url(home: Home, service: str) -> str:
    return str(home.current["urls"][service])


def status(home: Home, service: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(
        f"{url(home, service)}/log", headers=headers, timeout=20, verify=NO_AUTHORITIES
    ).status_code


def until_refused(home: Home, token: str) -> None:
    for service in ("registry", "campaigns", "metrics", "notifier"):

        def is_refused(service: str = service) -> bool:
            return status(home, service, token) == 401

        until(is_refused, f"{service} still takes the token", 10)


def token_of(home: Home, *arguments: str) -> str:
    done = home.loa("token", *arguments, LOA_DATA_DIR=str(home.data))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_operator_signs_in_with_a_one_time_address(home: Home) -> None:
    done = home.loa("login", "--no-open")
    assert done.returncode == 0, done.stderr
    (address,) = ADDRESS.findall(done.stdout)
    with httpx.Client(headers={"Accept": "text/html"}, timeout=20, verify=NO_AUTHORITIES) as browser:
        assert "Đăng nhập" in browser.get(address).text
        answer = browser.post(address)
        assert answer.headers["location"] == f"{url(home, 'metrics')}/"
        assert browser.get(f"{url(home, 'notifier')}/sessions").status_code == 200
        assert browser.get(f"{url(home, 'registry')}/log/lost").status_code == 200, "one cookie for all ports"
        assert browser.post(address).status_code == 410


def test_a_token_is_listed_and_revoked(home: Home) -> None:
    token = token_of(home, "--role", "reader")
    token_id = jwt.decode(token, options={"verify_signature": False})["jti"]
    assert status(home, "registry", token) == 200
    done = home.loa("token", "revoke", token_id, LOA_DATA_DIR=str(home.data))
    assert done.returncode == 0, done.stderr
    until_refused(home, token)
    listed = json.loads(home.loa("token", "list", "--json", LOA_DATA_DIR=str(home.data)).stdout)
    assert [row["revoked"] for row in listed if row["token_id"] == token_id] == [True]
    assert {row["revoked"] for row in listed if row["token_id"] != token_id} == {False}


@pytest.mark.parametrize("arguments", [("--days", "91"), ("--role", "unit")])
def test_what_is_no_token(home: Home, arguments: tuple[str, ...]) -> None:
    assert home.loa("token", *arguments, LOA_DATA_DIR=str(home.data)).returncode != 0


def test_the_key_is_replaced_without_a_restart(home: Home) -> None:
    old, operator = token_of(home, "--role", "reader"), home.current["token"]
    assert home.loa("token", "rotate", LOA_DATA_DIR=str(home.data)).returncode == 0
    new = token_of(home, "--role", "reader")
    assert {status(home, "metrics", token) for token in (old, new, operator)} == {200}
    assert home.current["token"] != operator
    assert home.loa("token", "rotate", "--at-once", LOA_DATA_DIR=str(home.data)).returncode == 0
    assert {status(home, "metrics", token) for token in (old, new, operator)} == {401}
    assert status(home, "metrics", home.current["token"]) == 200
    assert home.loa("status").returncode == 0
