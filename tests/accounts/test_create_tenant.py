"""`create_tenant NAME --owner EMAIL`: a workspace, and where absent its owner with a mailed set-password link."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Membership, Role, Tenant, User
from tests.accounts.people import html_of, is_signed_in, mailed_path, read, sign_in
from tests.flows.processes import database_url
from tests.notifications.post_office import closed_port
from tests.rows import all_rows
from tests.tokens.commands.shell import run_from_command_line

ROOT = Path(__file__).resolve().parents[2]
NEW = "another long pass phrase"

pytestmark = pytest.mark.django_db


def create(capsys, name="Nora's Nook", owner="nora@example.com", *options):
    call_command("create_tenant", name, "--owner", owner, *options)
    return capsys.readouterr().out


def test_it_makes_workspace_owner_and_membership(capsys):
    create(capsys)
    user, tenant = User.objects.get(), Tenant.objects.get()
    assert (user.email, user.has_usable_password(), user.is_staff) == ("nora@example.com", False, False)
    assert (tenant.name, tenant.slug) == ("Nora's Nook", "noras-nook")
    assert [(each.user, each.role) for each in tenant.memberships.all()] == [(user, Role.OWNER)]
    assert not EmailAddress.objects.get().verified


def test_the_slug_is_the_last_word_of_standard_output(capsys):
    assert create(capsys).split()[-1] == "noras-nook"
    assert create(capsys).split()[-1] == "noras-nook-2"


def test_as_json_the_last_line_is_one_object(capsys):
    assert json.loads(create(capsys, "Nook", "n@example.com", "--json").splitlines()[-1]) == {"slug": "nook"}


def test_an_owner_who_exists_gets_a_further_workspace_and_no_mail(capsys, alice, tenant):
    create(capsys, owner="ALICE@Example.com")
    assert User.objects.count() == 1
    assert Membership.objects.filter(user=alice, role=Role.OWNER).count() == 2
    assert mail.outbox == []
    alice.refresh_from_db()
    assert alice.has_usable_password()


def test_an_owner_who_never_set_a_password_is_mailed_again(capsys):
    create(capsys)
    create(capsys, "Second")
    assert [message.to for message in mail.outbox] == [["nora@example.com"]] * 2


def test_the_mailed_link_sets_the_password_and_verifies_the_address(capsys):
    create(capsys)
    assert mail.outbox[0].to == ["nora@example.com"]
    assert "Nora's Nook" in mail.outbox[0].subject
    browser = Client()
    response = browser.get(mailed_path("/accounts/password/reset/key/"), follow=True)
    form = next(form for form in read(response).forms if "password1" in form.types)
    typed = {name: NEW for name, type in form.types.items() if type == "password"}
    browser.post(form.action or response.request["PATH_INFO"], {**form.fields, **typed})
    assert EmailAddress.objects.get().verified
    other = Client()
    sign_in(other, "nora@example.com", NEW)
    assert is_signed_in(other)
    assert other.get("/")["Location"] == "/w/noras-nook/"


def test_looking_at_the_mailed_link_verifies_nothing(capsys):
    create(capsys)
    Client().get(mailed_path("/accounts/password/reset/key/"), follow=True)
    assert not EmailAddress.objects.get().verified
    assert not User.objects.get().has_usable_password()


def test_the_mailed_link_stands_on_site_url(capsys, settings):
    settings.SITE_URL = "https://perennial.example"
    create(capsys)
    assert "https://perennial.example/accounts/password/reset/key/" in mail.outbox[0].body
    assert "localhost" not in mail.outbox[0].body


def test_without_a_mail_server_the_workspace_stands_and_somebody_is_told_what_to_do(capsys, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with closed_port() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        call_command("create_tenant", "Nook", "--owner", "nora@example.com")
    told = capsys.readouterr()
    assert told.out.split()[-1] == "nook"
    assert "EMAIL_URL" in told.err
    assert "Traceback" not in told.err
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\x07b", "‮"])
def test_a_bad_name_is_a_wrong_call_and_makes_nothing(name):
    before = all_rows()
    with pytest.raises(CommandError) as raised:
        call_command("create_tenant", name, "--owner", "nora@example.com")
    assert raised.value.returncode == 2
    assert str(raised.value)
    assert all_rows() == before


@pytest.mark.parametrize("email", ["", "no address", "a@b", "a@b.example\nBcc: c@d.example", "x" * 300 + "@e.example"])
def test_a_bad_address_is_a_wrong_call_and_makes_nothing(email):
    before = all_rows()
    with pytest.raises(CommandError) as raised:
        call_command("create_tenant", "Nook", "--owner", email)
    assert raised.value.returncode == 2
    assert all_rows() == before


def test_a_name_that_looks_like_markup_or_shell_is_a_name(capsys):
    create(capsys, "<b>$HOME</b> & Söhne")
    assert Tenant.objects.get().name == "<b>$HOME</b> & Söhne"
    assert "<b>$HOME" not in html_of(mail.outbox[0])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["Nook", "--owner", "nora@example.com"], 0),
        (["", "--owner", "nora@example.com"], 2),
        (["Nook"], 2),
        ([], 2),
        (["--owner", "nora@example.com"], 2),
        (["Nook", "--owner", "nora@example.com", "--x"], 2),
    ],
)
def test_the_exit_code(arguments, code):
    ran = run_from_command_line("create_tenant", *arguments)
    check_the_end(code, ran.code, ran.stdout, ran.stderr)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["Nook", "--owner", "nora@example.com", "--json"], 0), (["Nook", "--owner", "no address"], 2)],
)
@pytest.mark.django_db(transaction=True)
def test_the_exit_code_of_the_program(arguments, code, tmp_path):
    done = run(arguments, tmp_path)
    check_the_end(code, done.returncode, done.stdout, done.stderr)


def check_the_end(expected, code, stdout, stderr):
    assert code == expected, stderr
    assert "Traceback" not in stderr
    if expected == 0:
        assert stdout.split()[-1].strip('"}') == "nook"
        assert User.objects.count() == 1
    else:
        assert stdout == ""
        assert stderr
        assert not User.objects.exists()


def run(arguments, tmp_path):
    environment = {**os.environ, "DATABASE_URL": database_url(), "EMAIL_URL": f"filemail:///{tmp_path}/mails"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "create_tenant", *arguments],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
