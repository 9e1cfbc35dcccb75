"""A year in virtual time: outages, limits, lies and idle workers; did any connection end that the rules could keep?"""
