"""How often a form may be sent: counted for a person or an address, by all processes together, and told in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as product
from django.core.cache import cache, caches
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import get_resolver, path
from django.utils import timezone

from accounts import rate_limits
from accounts.models import Tenant, User
from accounts.rate_limits import COSTLY_VIEWS, Limit
from config.cache import RedisCache
from config.database_cache import DatabaseCache
from tests.accounts.people import is_signed_in, read, sign_in
from tests.conftest import PASSWORD
from tests.flows.processes import ROOT, environment
from tests.races import together

# So long that no test runs over the end of a window.
AGE = 10**9
NOWHERE = "redis://127.0.0.1:9/0"
TAKE = """
import django; django.setup()
from accounts.rate_limits import Limit
limit = Limit("shared", 20, 10**9)
print(sum(limit.take("somebody") == 0 for _ in range(10)))
"""


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are reached soon."""
    for name, amount in (("FORMS", 4), ("SECRETS", 3), ("COSTLY", 2)):
        monkeypatch.setattr(rate_limits, name, Limit(name.lower(), amount, AGE))


def statuses(browser: Client, address: str, times: int, **details: Any) -> list[int]:
    return [browser.post(address, **details).status_code for _ in range(times)]


@pytest.mark.django_db
def test_the_request_after_the_last_one_is_refused_in_plain_words(signed_in: Client, tenant: Tenant) -> None:
    assert 429 not in statuses(signed_in, f"/w/{tenant.slug}/connect/nothing/", 4)
    refused = signed_in.post(f"/w/{tenant.slug}/connect/nothing/")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= AGE
    assert "Too many tries in a short time" in read(refused).text
    assert "try again" in read(refused).text


@pytest.mark.django_db
def test_looking_is_never_limited(signed_in: Client, tenant: Tenant) -> None:
    statuses(signed_in, f"/w/{tenant.slug}/connect/nothing/", 6)
    for method in ("get", "head", "options"):
        for _ in range(6):
            assert getattr(signed_in, method)(f"/w/{tenant.slug}/").status_code != 429


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.django_db
def test_no_method_goes_around_the_limit(method: str, signed_in: Client, tenant: Tenant) -> None:
    statuses(signed_in, f"/w/{tenant.slug}/connect/nothing/", 4)
    assert getattr(signed_in, method)(f"/w/{tenant.slug}/").status_code == 429


@pytest.mark.django_db
def test_htmx_gets_a_sentence_for_the_place_of_the_notes(signed_in: Client, tenant: Tenant) -> None:
    address = f"/w/{tenant.slug}/connect/nothing/"
    statuses(signed_in, address, 4)
    refused = signed_in.post(address, headers={"HX-Request": "true"})
    assert (refused.status_code, refused["HX-Retarget"]) == (429, "#notes")
    assert "Retry-After" in refused
    assert "Too many tries" in refused.content.decode()
    assert "<html" not in refused.content.decode()


@pytest.mark.django_db
def test_each_person_has_a_limit_of_their_own_wherever_they_are(
    signed_in: Client, tenant: Tenant, user_factory: Any
) -> None:
    address = f"/w/{tenant.slug}/connect/nothing/"
    assert statuses(signed_in, address, 5)[-1] == 429
    assert signed_in.post(address, REMOTE_ADDR="198.51.100.7").status_code == 429
    bob = Client()
    bob.force_login(user_factory("bob@example.com"), backend=product.AUTHENTICATION_BACKENDS[0])
    assert bob.post("/accounts/password/change/").status_code != 429


@pytest.mark.django_db
def test_visitors_are_counted_by_their_network(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1

    def press(address: str) -> int:
        claim = {"X-Forwarded-For": f"6.6.6.6, {address}"}
        return Client().post("/accounts/password/reset/", {"email": "x"}, headers=claim).status_code

    assert [press(f"2001:db8:0:1::{number}") for number in range(1, 6)] == [200, 200, 200, 200, 429]
    assert press("2001:db8:0:2::1") == 200


@pytest.mark.django_db
def test_a_claimed_address_is_no_way_around(settings: Any) -> None:
    def press(claimed: str) -> int:
        headers = {"X-Forwarded-For": claimed, "X-Real-IP": claimed, "Forwarded": f"for={claimed}"}
        return Client().post("/accounts/password/reset/", {"email": "x"}, headers=headers).status_code

    assert [press(f"198.51.100.{number}") for number in range(5)] == [200, 200, 200, 200, 429]


@pytest.mark.parametrize("address", ["/link/{}/", "/link/{}/new/", "/connect/outcome/{}/finish/"])
@pytest.mark.django_db
def test_guessing_secret_addresses_has_a_tighter_limit(address: str, client: Client) -> None:
    ids = ["00000000-0000-4000-8000-00000000000" + str(number) for number in range(4)]
    answers = [client.post(address.format(each)).status_code for each in ids]
    assert (429 in answers[:2], answers[-1]) == (False, 429)


@pytest.mark.django_db
def test_what_mails_somebody_has_a_tighter_limit(signed_in: Client, tenant: Tenant) -> None:
    address = f"/w/{tenant.slug}/connections/00000000-0000-4000-8000-000000000000/link/"
    assert statuses(signed_in, address, 3) == [404, 404, 429]
    assert signed_in.post(f"/w/{tenant.slug}/connect/nothing/").status_code != 429


def test_every_costly_view_exists() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert names >= COSTLY_VIEWS


@pytest.mark.django_db
def test_strangers_and_visitors_are_answered_alike_however_often_they_ask(
    client: Client, tenant: Tenant, user_factory: Any
) -> None:
    assert set(statuses(client, f"/w/{tenant.slug}/connect/nothing/", 8)) == {302}
    client.force_login(user_factory("bob@example.com"), backend=product.AUTHENTICATION_BACKENDS[0])
    assert set(statuses(client, f"/w/{tenant.slug}/connect/nothing/", 8)) == {404}


urlpatterns = [path("meta/deauthorize/", lambda request: HttpResponse("ok"))]
urlpatterns[0].callback.login_required = False  # type: ignore[attr-defined]


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_metas_calls_are_not_limited(client: Client) -> None:
    assert set(statuses(client, "/meta/deauthorize/", 8)) == {200}


def test_the_sign_of_life_is_not_limited(client: Client) -> None:
    # Without a database: it would be told.
    assert set(statuses(client, "/healthz", 8)) == {405}


@pytest.mark.django_db
def test_the_count_begins_anew_with_the_next_window(travel: Any) -> None:
    limit = Limit("short", 2, 60)
    clock = travel(timezone.now().replace(second=10))
    assert [limit.take("somebody") for _ in range(3)] == [0, 0, 50]
    clock.shift(49)
    assert limit.take("somebody") == 1
    clock.shift(1)
    assert limit.take("somebody") == 0


@pytest.mark.django_db(transaction=True)
def test_processes_together_let_through_what_the_limit_says_and_no_more() -> None:
    cache.clear()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TAKE],
            cwd=ROOT,
            env=environment("http://127.0.0.1:9"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    told = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, told
    assert sum(int(out) for out, _ in told) == 20


@pytest.mark.django_db(transaction=True)
def test_threads_that_count_at_once_lose_no_request() -> None:
    cache.clear()
    limit = Limit("threads", 7, AGE)

    def five() -> int:
        return sum(limit.take("somebody") == 0 for _ in range(5))

    assert sum(together(five, five, five, five)) == 7


@pytest.mark.django_db
def test_counting_keeps_the_end_of_the_window(travel: Any) -> None:
    clock = travel(timezone.now())
    cache.add("number", 1, 100)
    clock.shift(60)
    assert cache.incr("number") == 2
    clock.shift(60)
    # Redis has a clock of its own; there the next assertion would wait for it.
    if not product.CACHE_URL:
        with pytest.raises(ValueError, match="no number"):
            cache.incr("number")


@pytest.mark.django_db
def test_a_crowd_of_others_does_not_wipe_a_count() -> None:
    limit = Limit("crowded", 1, AGE)
    assert limit.take("alice") == 0
    for number in range(400):
        limit.take(f"other{number}")
    assert limit.take("alice") > 0


@pytest.fixture
def dead_cache(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis at an address where nobody answers."""
    monkeypatch.setattr(RedisCache, "_rests_until", 0.0)
    settings.CACHES = {"default": {"BACKEND": "config.cache.RedisCache", "LOCATION": NOWHERE}}
    yield
    del caches["default"]


@pytest.mark.django_db
def test_without_its_cache_the_site_goes_on(
    dead_cache: None, alice: User, client: Client, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client, alice.email, PASSWORD)
    assert is_signed_in(client)
    assert 429 not in statuses(client, f"/w/{tenant.slug}/connect/nothing/", 8)
    told = [record.getMessage() for record in caplog.records if record.name == "config.cache"]
    assert told
    assert all("rate limits are off for now: ConnectionError" in each for each in told)


def test_a_cache_that_rests_is_not_asked(dead_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.get("x", "none") == "none"

    def asked(*args: Any) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.get", asked)
    assert cache.get("x", "none") == "none"
    assert cache.get_many(["x"]) == {}
    assert (cache.add("x", 1), cache.incr("x"), cache.delete("x")) == (True, 1, False)


@pytest.mark.django_db
def test_where_the_count_can_not_be_written_the_form_goes_on(
    signed_in: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(self: Any, key: str) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(DatabaseCache, "incr", fails)
    monkeypatch.setattr(RedisCache, "incr", fails)
    assert 429 not in statuses(signed_in, f"/w/{tenant.slug}/connect/nothing/", 8)
    assert "could not be counted: OperationalError" in caplog.text


@pytest.mark.django_db
def test_allauths_own_limits_answer_with_the_same_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "FORMS", Limit("forms", 1000, AGE))
    answers = [client.post("/accounts/signup/", {"email": "x"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert "Too many tries" in read(answers[-1]).text
