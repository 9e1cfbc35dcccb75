"""A stand-in for Meta's Instagram-Login side: a program of its own, on the standard library only."""
