"""Rehearsed incidents examined as an analyst would: how honest the lines are, alone and fused."""
