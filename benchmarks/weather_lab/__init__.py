"""What the weather benchmark measures with."""
