"""Shadows made by code that shares nothing with the sun line: pvlib's sun, solid geometry and OpenCV's projection."""
