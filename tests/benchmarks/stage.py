"""`python -m tests.benchmarks.stage NAME ARGUMENTS`: one measurement; its result is JSON on the last line."""

from __future__ import annotations

import importlib
import json
import logging
import sys

import django


def main(name: str, arguments: str) -> None:
    django.setup()
    # The queue's library tells of each task that is put into it.
    logging.getLogger("django-q").setLevel(logging.WARNING)
    # Models exist only now.
    result = importlib.import_module(f"tests.benchmarks.{name}").measure(**json.loads(arguments))
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
