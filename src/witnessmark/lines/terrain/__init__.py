"""The ground and its horizons: elevation in metres, what stands against the sky from each place, and how far off."""
