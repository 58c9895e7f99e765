"""The browser pages, one of two doors onto the desk."""
