"""What `benchmarks/terrain.py` is made of: countries, cameras in them, searching, and the report."""
