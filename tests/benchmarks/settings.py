"""The settings of production; how many workers a cluster has is told by the run."""

import os

from config.settings import *  # noqa: F403
from config.settings import Q_CLUSTER

Q_CLUSTER["workers"] = int(os.environ.get("BENCH_WORKERS", "2"))
