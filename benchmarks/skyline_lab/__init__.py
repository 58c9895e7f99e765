"""What the benchmark of skylines renders, measures and writes."""
