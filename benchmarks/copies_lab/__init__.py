"""What `benchmarks/copies.py` is made of: manipulated clips with known truth, peers, measures and tables."""
