"""What is weighed: place x time grids, named alternatives and log-likelihoods over them."""

from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis

__all__ = ["Alternative", "Hypotheses", "LogLikelihood", "PlaceGrid", "TimeAxis"]
