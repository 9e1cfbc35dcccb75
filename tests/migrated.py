"""One migrated database for all processes of a run: the first one migrates, the others take a copy of what that left.

Migrating takes 2 s of a process's time, a copy next to none. What is copied lies in the run's own temporary folder, or
is made anew by each run: it is never older than the code.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.backends.base.creation import BaseDatabaseCreation

MIGRATE: Callable[..., str] = BaseDatabaseCreation.create_test_db


class Original:
    """The database that is copied; `create_test_db` takes the place of Django's in each process of a run."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: the run's own, the same for all of its processes."""
        self._folder = folder
        # There as long as there is something to copy; on SQLite it is that.
        self._kept = folder / "migrated.sqlite3"
        self._made_by: Any = None

    def create_test_db(self, creation: Any, **options: Any) -> str:
        """Makes the process's own database; its name."""
        with self._alone():
            if self._kept.exists():
                return self._copy(creation, options["verbosity"])
            name = MIGRATE(creation, **options)
            self._keep(creation, name)
            return name

    def forget(self) -> None:
        """Called at the end of each process: the one that made it takes it away."""
        if self._made_by is not None:
            with self._alone():
                self._kept.unlink()
                if _is_server(self._made_by):
                    _on_server(self._made_by, f"DROP DATABASE {_name_on_server(self._made_by)}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / "migrated.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _keep(self, creation: Any, name: str) -> None:
        if _is_server(creation):
            # It copies none that somebody is connected to. A run that was killed may have left one.
            creation.connection.close()
            original = _name_on_server(creation)
            _on_server(creation, f"DROP DATABASE IF EXISTS {original}")
            _on_server(creation, f"CREATE DATABASE {original} TEMPLATE {_quoted(creation, name)}")
            self._kept.touch()
        else:
            with creation.connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(self._kept)])
        self._made_by = creation

    def _copy(self, creation: Any, verbosity: int) -> str:
        settings = creation.connection.settings_dict
        if _is_server(creation):
            settings["TEST"]["TEMPLATE"] = _name_on_server(creation).strip('"')
        name: str = creation._create_test_db(verbosity, autoclobber=True)
        creation.connection.close()
        if not _is_server(creation):
            for ending in ("-wal", "-shm"):
                # Those of a run that was killed would be read into the copy.
                Path(name + ending).unlink(missing_ok=True)
            shutil.copyfile(self._kept, name)
        settings["NAME"] = name
        creation.connection.ensure_connection()
        return name


def _is_server(creation: Any) -> bool:
    return bool(creation.connection.vendor == "postgresql")


def _on_server(creation: Any, statement: str) -> None:
    with creation._nodb_cursor() as cursor:
        cursor.execute(statement)


def _quoted(creation: Any, name: str) -> str:
    return str(creation.connection.ops.quote_name(name))


def _name_on_server(creation: Any) -> str:
    """The same for all processes: their databases differ in what follows the last "_"."""
    return _quoted(creation, creation._get_test_db_name().rpartition("_")[0] + "_migrated")
