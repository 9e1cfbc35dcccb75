"""One's own account: the language of one's mails, getting one's data, and deleting it."""

from __future__ import annotations

import json

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.account_forms import DeleteAccountForm, PlaceForm
from accounts.models import User
from accounts.own_data import in_utc, own_data
from accounts.services.choose_place import choose_place
from accounts.services.delete_account import MustHandOver, delete_account, plan
from accounts.services.mail_goodbye import mail_goodbye

ask_or_act = require_http_methods(["GET", "HEAD", "POST"])


@ask_or_act
def account_data(request: HttpRequest) -> HttpResponse:
    """What is held about somebody, and the same as a file."""
    user = _user(request)
    if request.method != "POST":
        return render(request, "accounts/account_data.html")
    text = json.dumps(own_data(user), default=in_utc, ensure_ascii=False, indent=2)
    response = HttpResponse(f"{text}\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="perennial-my-data-{timezone.now():%Y-%m-%d}.json"'
    return response


@ask_or_act
def account_language(request: HttpRequest) -> HttpResponse:
    """In which language and time zone mails to somebody's own addresses come."""
    user = _user(request)
    form = PlaceForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid():
        choose_place(user, **form.cleaned_data)
        messages.success(request, "Saved. Mails to you come like that from now on.")
        return redirect("account_language")
    return render(request, "accounts/account_language.html", {"form": form})


@ask_or_act
def account_delete(request: HttpRequest) -> HttpResponse:
    """Tells what goes and what stays; what is typed is looked at before the password is asked for."""
    user = _user(request)
    form = DeleteAccountForm(request.POST if request.method == "POST" else None, user=user)
    if form.is_valid() and not plan(user).hand_over:
        answer: HttpResponse = _delete(request)
        return answer
    return _page(request, form)


@reauthentication_required  # type: ignore[untyped-decorator]
def _delete(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    email = user.email
    try:
        done = delete_account(user)
    except MustHandOver:
        return _page(request, DeleteAccountForm(user=user))
    logout(request)
    if done is not None:
        mail_goodbye(email=email, gone=[tenant.name for tenant in done.go])
    return redirect("account_deleted")


@login_not_required
@require_safe
def account_deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/account_deleted.html")


def _page(request: HttpRequest, form: DeleteAccountForm) -> HttpResponse:
    return render(request, "accounts/account_delete.html", {"form": form, "plan": plan(_user(request))})


def _user(request: HttpRequest) -> User:
    """Who is signed in: the wall lets nobody else come here."""
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    return request.user
