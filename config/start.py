"""What every entry point does first: read the settings, or end in one sentence."""

from __future__ import annotations

import gc
import importlib
import os
import sys

from django.apps import apps
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command, execute_from_command_line
from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application

from config.environment import SettingsError
from config.logs import guard


def run_command(argv: list[str]) -> None:
    """`manage.py`: reads the settings, then does what `argv` says."""
    settings_or_exit()
    execute_from_command_line(argv)


def web_application() -> WSGIHandler:
    """The WSGI application, after settings and system checks have passed.

    System checks do not run under a web server by themselves; a wrong set-up must not take its first request.
    """
    settings_or_exit()
    application = get_wsgi_application()
    # Also where gunicorn runs without our gunicorn.conf.py.
    guard("gunicorn.access", "gunicorn.error")
    try:
        call_command("check", verbosity=0)
    except SystemCheckError as error:
        _end(str(error))
    return application


def settings_or_exit() -> None:
    """Imports the settings; a missing or malformed one ends the process with exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not apps.ready:
        # Whatever is loaded stays: looking for garbage among it takes an eighth of the start. `config.apps` ends this.
        gc.disable()
    try:
        importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except SettingsError as error:
        _end(f"Perennial cannot start: {error}")


def _end(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201
    raise SystemExit(1)
