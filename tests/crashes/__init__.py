"""`make crashes`: real workers are killed, and what they stand on is taken away, while tokens are refreshed."""
