"""What is weighed: place x time grids, named alternatives and log-likelihoods over them."""
