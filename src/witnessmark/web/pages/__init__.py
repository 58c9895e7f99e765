"""One module a page or a family of pages; each has a ``router`` that the app takes in."""
