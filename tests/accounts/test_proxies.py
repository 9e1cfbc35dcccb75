"""Who is asking, behind none, one or two proxies of our own; what a caller claims by itself counts for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.test import Client, RequestFactory

from accounts.client_address import UNKNOWN, client_ip, network_of
from accounts.models import User
from tests.conftest import PASSWORD

PEER = "203.0.113.9"
# How many proxies, what the header says, who it is.
CASES = {
    "no proxy": (0, None, PEER),
    "no proxy, a claim": (0, "198.51.100.1", PEER),
    "one proxy": (1, "198.51.100.1", "198.51.100.1"),
    "one proxy, a claim before it": (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
    "one proxy, no header": (1, None, PEER),
    "one proxy, an empty header": (1, "", PEER),
    "two proxies": (2, "198.51.100.1, 10.0.0.2", "198.51.100.1"),
    "two proxies, claims before them": (2, "6.6.6.6,7.7.7.7,198.51.100.1,10.0.0.2", "198.51.100.1"),
    "two proxies, past one of them": (2, "198.51.100.1", PEER),
    "a proxy that adds the port": (1, "198.51.100.1:4711", "198.51.100.1"),
    "IPv6": (1, "2001:db8::1", "2001:db8::1"),
    "IPv6 with port": (1, "[2001:db8::1]:4711", "2001:db8::1"),
    "IPv6 with zone": (1, "fe80::1%eth0", "fe80::1"),
    "IPv4 within IPv6": (1, "::ffff:198.51.100.1", "198.51.100.1"),
    "no address": (1, "unknown", PEER),
    "nonsense": (1, "198.51.100.1\x00", PEER),
    "a very long one": (1, "1" * 10_000, PEER),
}


def asked(forwarded: str | None, peer: str = PEER) -> Any:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory(headers=headers).get("/", REMOTE_ADDR=peer)


@pytest.mark.parametrize("case", CASES)
def test_the_caller_is_who_our_own_proxies_say(case: str, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT, forwarded, who = CASES[case]
    assert client_ip(asked(forwarded)) == who


def test_a_caller_behind_a_socket_file_has_a_name_all_the_same(settings: Any) -> None:
    assert client_ip(asked(None, peer="")) == UNKNOWN
    settings.TRUSTED_PROXY_COUNT = 1
    assert client_ip(asked("198.51.100.1", peer="")) == "198.51.100.1"


@pytest.mark.parametrize("case", CASES)
def test_allauth_is_told_the_same(case: str, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT, forwarded, who = CASES[case]
    request = asked(forwarded)
    with context.request_context(request):
        assert get_adapter().get_client_ip(request) == who


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("198.51.100.1") == "198.51.100.1"


@pytest.mark.django_db
def test_guessing_passwords_is_counted_for_the_caller_and_not_for_the_proxy(alice: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1

    def guess(whose: str, address: str) -> Any:
        typed = {"login": whose, "password": "wrong"}
        return Client().post("/accounts/login/", typed, headers={"X-Forwarded-For": f"6.6.6.{len(whose)}, {address}"})

    answers = [guess(f"nobody{number}@example.com", "198.51.100.1") for number in range(11)]
    assert "Too many failed" in answers[-1].content.decode()
    assert "Too many failed" not in guess("nobody@example.com", "198.51.100.2").content.decode()


@pytest.mark.django_db
def test_a_session_bears_the_address_of_its_owner(alice: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 2
    typed = {"login": alice.email, "password": PASSWORD}
    claims = {"X-Forwarded-For": "6.6.6.6, 198.51.100.1, 10.0.0.2"}
    assert Client().post("/accounts/login/", typed, headers=claims).status_code == 302
    assert [session.ip for session in UserSession.objects.filter(user=alice)] == ["198.51.100.1"]


@pytest.mark.django_db
def test_a_request_past_a_proxy_is_served(alice: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 2
    typed = {"login": alice.email, "password": PASSWORD}
    assert Client().post("/accounts/login/", typed, headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 302
