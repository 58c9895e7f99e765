"""The command line, one of two doors onto the desk."""
