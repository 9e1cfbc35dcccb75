"""Dates in English: written out for people, short in the staff's tables."""

DATE_FORMAT = "j F Y"
# In 24 hours, with the zone (staff pages are in UTC), and broken in one place at most.
DATETIME_FORMAT = "j\u00a0M\u00a0Y, H:i\u00a0T"
