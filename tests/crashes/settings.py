"""The settings of production; what a run plays on its workers comes from the environment."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import Q_CLUSTER
from tests.crashes import sabotage

Q_CLUSTER["workers"] = int(os.environ.get("CRASHES_WORKERS", "2"))
if machine := os.environ.get("CRASHES_MACHINE"):
    sabotage.prepare(machine, Path(os.environ["CRASHES_FOLDER"]))
