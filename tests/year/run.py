"""`python -m tests.year.run ARGUMENTS`: the run itself, in an empty database. `__main__` starts it."""

from __future__ import annotations

import importlib
import json
import logging
import sys

import django


def main(arguments: str) -> int:
    django.setup()
    # A year's bad weather is told in the tables; a log of it would hide them.
    logging.disable(logging.CRITICAL)
    # Models exist only now.
    code: int = importlib.import_module("tests.year.whole").whole(**json.loads(arguments))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
