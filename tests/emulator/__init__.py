"""A stand-in for Meta, Instagram Login and Facebook Login: a program of its own, on the standard library only."""
