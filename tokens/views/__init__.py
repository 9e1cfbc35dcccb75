"""Pages: each view parses, calls one service, answers."""
