"""Whether a recording, or a part of it, is already known, and since when."""
