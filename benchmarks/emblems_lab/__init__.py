"""Drawn emblems worn on drawn cloth: how often the right one is found, a wrong one verified, a stranger accepted."""
