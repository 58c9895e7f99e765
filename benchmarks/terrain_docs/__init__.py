"""The worked pictures of the terrain page, drawn anew."""
