"""The C2PA manifest of a file: read in a confined process, reported with its validation state and codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.observations import ProvenanceFacts, printable

WALL_S = 90.0
ANSWER_BYTES = 8 << 20
FORMATS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "avi": "video/avi",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "jpeg_pipe": "image/jpeg",
    "png_pipe": "image/png",
    "webp_pipe": "image/webp",
    "gif": "image/gif",
}


def read_manifest(original: Path, format_name: str) -> ProvenanceFacts:
    """Read and validate the manifest; whatever goes wrong is said, never raised.

    Parameters
    ----------
    original : Path
        The preserved bytes, opened read-only and handed to the process as its standard input.
    format_name : str
        As the probe names it; formats that the reader does not know are not read.

    Returns
    -------
    ProvenanceFacts

    Notes
    -----
    Validation states and codes are those of the C2PA specification 2.x, section 15 (Validation). Nothing is fetched:
    remote manifests and revocation lists are left alone, and no list of trusted signers is loaded, so that "Trusted"
    does not occur unless one is installed with the reader.
    """
    media_type = FORMATS.get(format_name)
    if media_type is None:
        return ProvenanceFacts(None, "unread", note=f"the reader does not know the format {format_name}")
    worker = Path(__file__).with_name("c2pa_worker.py")
    try:
        with original.open("rb") as stream:
            done = subprocess.run(
                [sys.executable, "-I", str(worker), media_type],
                stdin=stream,
                capture_output=True,
                timeout=WALL_S,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return ProvenanceFacts(None, "unread", note=f"reading it did not finish ({type(error).__name__})")
    if done.returncode != 0 or len(done.stdout) > ANSWER_BYTES:
        return ProvenanceFacts(None, "unread", note=f"reading it ended with status {done.returncode}")
    return _facts(json.loads(done.stdout))


def provenance_remarks(facts: ProvenanceFacts) -> tuple[Remark, ...]:
    """The manifest as a sentence."""
    if facts.present is None:
        return (
            Remark(
                "provenance",
                False,
                f"Whether it has a C2PA manifest could not be read: {facts.note}.",
                "This says nothing of the file.",
            ),
        )
    if not facts.present:
        return (
            Remark(
                "provenance",
                False,
                "It has no C2PA manifest.",
                "Most cameras write none and most platforms remove it; its absence proves nothing.",
            ),
        )
    made = f", made with {facts.generator}" if facts.generator else ""
    signed = f", signed as {facts.signer}" if facts.signer else ""
    when = f" at {facts.signed_at}" if facts.signed_at else ""
    codes = f" ({', '.join(facts.failures[:6])})" if facts.failures else ""
    if facts.state == "Invalid":
        return (
            Remark(
                "provenance",
                True,
                f"Its C2PA manifest{made}{signed}{when} does not validate{codes}.",
                "The file was changed after signing, if only by a program that ignores manifests, or it was damaged.",
            ),
        )
    known = "a listed signer" if facts.state == "Trusted" else "a signer that is on no list of trusted signers here"
    return (
        Remark(
            "provenance",
            False,
            f"Its C2PA manifest{made}{signed}{when} validates: the bytes are as signed by {known}{codes}.",
            "A valid signature says who sealed the file, not that what it shows is true; anybody can sign.",
        ),
    )


def _facts(answer: Mapping[str, object]) -> ProvenanceFacts:
    if answer.get("absent"):
        return ProvenanceFacts(False, "none")
    report = answer.get("report")
    if not isinstance(report, Mapping):
        return ProvenanceFacts(None, "unread", note=f"the reader says: {_text(answer.get('error'))}")
    manifests = report.get("manifests")
    active = manifests.get(report.get("active_manifest")) if isinstance(manifests, Mapping) else None
    active = active if isinstance(active, Mapping) else {}
    signature = active.get("signature_info")
    signature = signature if isinstance(signature, Mapping) else {}
    generators = active.get("claim_generator_info")
    named = [entry for entry in generators if isinstance(entry, Mapping)] if isinstance(generators, list) else []
    failures, informational = _codes(report)
    return ProvenanceFacts(
        present=True,
        state=_text(report.get("validation_state")) or "Invalid",
        failures=failures,
        informational=informational,
        generator=" ".join(filter(None, (_text(named[0].get("name")), _text(named[0].get("version")))) if named else ())
        or _text(active.get("claim_generator")),
        signer=_text(signature.get("issuer")) or _text(signature.get("common_name")),
        signed_at=_text(signature.get("time")),
    )


def _codes(report: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Failure and informational codes of the active manifest, each once, in order."""
    results = report.get("validation_results")
    active = results.get("activeManifest") if isinstance(results, Mapping) else None
    active = active if isinstance(active, Mapping) else {}

    def codes(kind: str) -> tuple[str, ...]:
        entries = active.get(kind)
        listed = entries if isinstance(entries, list) else []
        return tuple(dict.fromkeys(_text(entry.get("code")) for entry in listed if isinstance(entry, Mapping)))[:50]

    return codes("failure"), codes("informational")


def _text(value: object) -> str:
    """A manifest's text: printable, short; the manifest is not trusted to be either."""
    return "" if value is None else printable(str(value), 200)
