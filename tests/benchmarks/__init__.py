"""`make bench`: how fast the engine that refreshes tokens is, beside the loop that everybody writes first."""
