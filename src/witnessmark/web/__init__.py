"""The desk in a browser: server-made pages, small custom elements, nothing that leaves the machine."""
