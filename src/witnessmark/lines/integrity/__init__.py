"""Whether a file is what a camera or a platform would have written, and whether it has been cut."""
