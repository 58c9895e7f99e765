"""Findings combined, with their dependence, sensitivity and words."""

from witnessmark.fusion.combine import fuse
from witnessmark.fusion.records import Assessment, ClaimRegion, PlaceRegion, Share, Standing, TimeRegion
from witnessmark.fusion.settings import FusionSettings

__all__ = [
    "Assessment",
    "ClaimRegion",
    "FusionSettings",
    "PlaceRegion",
    "Share",
    "Standing",
    "TimeRegion",
    "fuse",
]
