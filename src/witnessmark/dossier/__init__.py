"""Editions, and the verifier that needs nothing else."""

from witnessmark.dossier.bundle import verify_py
from witnessmark.dossier.casefile import without_times
from witnessmark.dossier.content import (
    CustodyToken,
    DossierContent,
    DossierPicture,
    Edition,
    Original,
    SealedDossier,
    Signer,
    Stamper,
)
from witnessmark.dossier.sealing import seal
from witnessmark.dossier.verifying import Verdict, verify

__all__ = [
    "CustodyToken",
    "DossierContent",
    "DossierPicture",
    "Edition",
    "Original",
    "SealedDossier",
    "Signer",
    "Stamper",
    "Verdict",
    "seal",
    "verify",
    "verify_py",
    "without_times",
]
