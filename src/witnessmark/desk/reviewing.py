"""Sign-off and dissent by somebody other than the author, on record."""
