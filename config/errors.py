"""The pages for what goes wrong: each says what happened and what to do next."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database does not answer: that passes, and the page says so."""
    # Django calls this inside its `except` block.
    kind = sys.exc_info()[0]
    outage = kind is not None and issubclass(kind, OperationalError | InterfaceError)
    status = 503 if outage else 500
    # Without the request: its context processors would ask the database again.
    return render(None, "500.html", {"outage": outage}, status=status)
