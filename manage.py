#!/usr/bin/env python
"""The command line of Perennial."""

import sys

from config.start import run_command

if __name__ == "__main__":
    run_command(sys.argv)
