"""The addresses of one's account."""

from __future__ import annotations

from typing import Any

from allauth.account.views import EmailView
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

TAKEN = "Somebody signed up with that address and has not confirmed it yet, so it can't be your main one just now."


class AddressesView(EmailView):  # type: ignore[misc]
    """allauth's page; an address that another account has as its main one is refused in words."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request, *args, **kwargs)
        except IntegrityError:
            messages.error(request, TAKEN)
            return redirect("account_email")
        return response


addresses = AddressesView.as_view()
