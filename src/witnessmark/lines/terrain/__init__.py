"""The ground and its horizons: elevation laid out in metres, what stands against the sky from each place, and how far."""
