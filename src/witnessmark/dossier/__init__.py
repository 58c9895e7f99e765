"""Editions, and the verifier that needs nothing else."""

from witnessmark.dossier.bundle import verify_py
from witnessmark.dossier.casefile import without_times
from witnessmark.dossier.content import (
    CustodyToken,
    DossierContent,
    DossierPicture,
    Edition,
    KeptObject,
    Original,
    SealedDossier,
    Signer,
    Stamper,
)
from witnessmark.dossier.plans import TEMPLATE, Plan, Replacement, check_plan, read_plan
from witnessmark.dossier.sealing import seal
from witnessmark.dossier.verifying import Verdict, verify

__all__ = [
    "TEMPLATE",
    "CustodyToken",
    "DossierContent",
    "DossierPicture",
    "Edition",
    "KeptObject",
    "Original",
    "Plan",
    "Replacement",
    "SealedDossier",
    "Signer",
    "Stamper",
    "Verdict",
    "check_plan",
    "read_plan",
    "seal",
    "verify",
    "verify_py",
    "without_times",
]
