"""gunicorn's log with every secret masked, whichever format is chosen for its lines."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from config.logs import HIDDEN, guard

LOGGERS = ("gunicorn.access", "gunicorn.error")
# Headers that are secrets as a whole; as gunicorn names them in `%({cookie}i)s` and the like.
SECRET_ATOMS = frozenset(
    {"{cookie}i", "{authorization}i", "{http_cookie}e", "{http_authorization}e", "{x-csrftoken}i", "{set-cookie}o"}
)


class MaskingLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Set as `logger_class` in gunicorn.conf.py."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        guard(*LOGGERS)

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {name: HIDDEN if name in SECRET_ATOMS else value for name, value in atoms.items()}
