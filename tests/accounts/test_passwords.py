"""How passwords rest: Argon2, and those of an older kind are moved on when their owner signs in."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from config import settings as production
from tests.accounts.people import PASSWORD, is_signed_in, sign_in, sign_up
from tests.rows import all_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS


def is_argon2(user):
    encoded = user.password.removeprefix("argon2")
    parameters = extract_parameters(encoded)
    strong = parameters.type is Type.ID and parameters.memory_cost >= 19 * 1024
    return strong and PasswordHasher().verify(encoded, PASSWORD)


def test_a_new_password_is_hashed_with_argon2(client, django_user_model):
    sign_up(client)
    assert is_argon2(django_user_model.objects.get())
    assert PASSWORD not in repr(all_rows())


def test_an_older_hash_is_replaced_at_the_next_sign_in(alice):
    alice.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000)
    alice.save()
    browser = Client()
    sign_in(browser, alice.email, PASSWORD)
    alice.refresh_from_db()
    assert is_signed_in(browser)
    assert is_argon2(alice)
