"""Every page, mail and notice of allauth stands in our templates, in our words; those of a new release are noticed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client

from tests.accounts.people import read
from tests.accounts.second_factor import show_password

SHIPPED = Path(allauth.__file__).parent / "templates"
OURS = Path(settings.BASE_DIR) / "templates"
# What belongs to features that are switched off.
OFF = re.compile(
    r"phone|_code|login_code|code_|signup_by_passkey|webauthn/signup_form|webauthn/snippets/login_script|mfa/trust"
    r"|account/email_change\.html|snippets/(already|warn)"
)
# Names under which allauth extends its own layouts, which are ours; and what its mails extend, which ours don't.
FRAMES = re.compile(r"/base\w*\.(html|txt)$|email/email_confirm_(message|subject)")
NAMES = sorted(
    str(path.relative_to(SHIPPED))
    for app in ("account", "mfa", "usersessions")
    for path in (SHIPPED / app).rglob("*.*")
)
MAILS = [
    each
    for folder in ("account", "mfa")
    for each in sorted((OURS / folder / "email").glob("*_message.txt"))
    if each.stem != "base_message"
]


@pytest.mark.parametrize("name", [name for name in NAMES if not OFF.search(name) and not FRAMES.search(name)])
def test_it_is_ours(name):
    template: Any = get_template(name)
    assert Path(template.origin.name).is_relative_to(OURS)


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: str(mail.stem))
def test_every_mail_has_a_subject_and_both_versions(mail):
    stem = mail.stem.removesuffix("_message")
    for ending in ("_subject.txt", "_message.txt", "_message.html"):
        assert mail.with_name(stem + ending).exists(), ending


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/accounts/email/", "E-mail"),
        ("/accounts/password/change/", "Password"),
        ("/accounts/2fa/", "Two-factor"),
        ("/accounts/2fa/totp/activate/", "Two-factor"),
        ("/accounts/2fa/webauthn/add/", "Two-factor"),
        ("/accounts/sessions/", "Sessions"),
    ],
)
def test_the_pages_of_ones_account_lead_to_each_other(path, current, signed_in):
    show_password(signed_in, path)
    html = signed_in.get(path).content.decode()
    assert re.findall(r'aria-current="page">([^<]+)</a>', html) == [current]
    pages = {"email/", "password/change/", "2fa/", "sessions/", "data/", "delete/"}
    assert {f"/accounts/{page}" for page in pages} <= set(read(signed_in.get(path)).hrefs)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/2fa/webauthn/add/"])
def test_no_script_stands_in_a_page(path, signed_in):
    show_password(signed_in, path)
    browser = Client() if "login" in path else signed_in
    response = browser.get(path)
    assert "script-src 'self'" in response["Content-Security-Policy"]
    scripts = re.findall(r"<script([^>]*)>([^<]*)</script>", response.content.decode())
    assert any("mfa/js/webauthn.js" in attributes for attributes, _ in scripts)
    for attributes, body in scripts:
        # Blocks of data are no scripts: browsers run neither, whatever the policy says.
        assert "application/json" in attributes or ("src=" in attributes and not body.strip()), attributes
