"""Instants as the staff's pages show them: short, in 24 hours, and broken in one place at most."""

DATETIME_FORMAT = "j\u00a0M\u00a0Y, H:i"
