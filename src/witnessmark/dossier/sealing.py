"""Sealing: a dossier is written beside its place, checked there as a stranger would, and only then moved into it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import numpy as np
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from witnessmark.custody.hashes import Sha256
from witnessmark.dossier import casefile
from witnessmark.dossier.bagwriter import BagWriter, file_name
from witnessmark.dossier.bundle import verify_py
from witnessmark.dossier.content import (
    DossierContent,
    DossierPicture,
    Edition,
    Original,
    SealedDossier,
    Signer,
    Stamper,
)
from witnessmark.dossier.editions import Redaction, bare_png, blurred, chain_of
from witnessmark.dossier.page import render_page
from witnessmark.dossier.pdf import render_pdf
from witnessmark.dossier.planning import Prepared, prepared
from witnessmark.dossier.report import report_model
from witnessmark.dossier.staging import staged
from witnessmark.dossier.verifier.tail import SEAL, SEAL_TOKEN, SIGNATURE, TAG_MANIFESTS, TAIL, TAIL_FILES, tail_text
from witnessmark.dossier.verifying import verify
from witnessmark.errors import BadInputError, CustodyError, DossierError
from witnessmark.plain import Plain, canonical, iso, to_plain

Progress = Callable[[float, str], None]
OBJECTS = "data/objects/"
_READ_BYTES = 1 << 20


def seal(
    content: DossierContent,
    out: Path,
    edition: Edition,
    signer: Signer,
    *,
    stamp: Stamper | None = None,
    at: dt.datetime | None = None,
    progress: Progress | None = None,
) -> SealedDossier:
    """Write a dossier and seal it.

    Parameters
    ----------
    content : DossierContent
    out : Path
        Folder to be made; must not exist.
    edition : Edition
    signer : callable
        Signs with the private half of `content.public_key_pem`.
    stamp : callable, optional
        Has the signature time-stamped; without one the dossier carries no stamp of its own.
    at : datetime, optional
        Sealing time with an offset; now, when not given.
    progress : callable (done from 0 to 1, what is being done), optional

    Returns
    -------
    SealedDossier

    Raises
    ------
    ClashError
        When something is at `out` already.
    BadInputError
        When the record lacks what a dossier needs or a name is taken twice.
    CustodyError
        When an original is not what its hashes say, or the signature is not the key's.
    DossierError
        When the finished dossier does not verify; nothing is left behind.
    """
    tell = progress or (lambda done, what: None)
    moment = (at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(microsecond=0)
    with staged(out) as folder:
        bag = BagWriter(folder)
        statement = _write_payload(bag, content, edition, moment, stamp is not None, tell)
        tell(0.8, "sealing")
        sealed = _seal(bag, statement, content.public_key_pem, signer, stamp)
        tell(0.85, "checking the finished dossier")
        verdict = verify(folder, trusted_roots=content.trusted_roots or None)
        if verdict.faults:
            raise DossierError(
                f"The finished dossier does not verify: {verdict.faults[0].sentence}",
                "Check the disk and the custody log (`witnessmark custody verify`), then seal again.",
            )
    tell(1.0, "sealed")
    size = sum(written.size_bytes for written in bag.files.values())
    return SealedDossier(out, edition, moment, sealed, len(bag.files), size, stamp is not None)


def _write_payload(
    bag: BagWriter, content: DossierContent, edition: Edition, moment: dt.datetime, stamped: bool, tell: Progress
) -> dict[str, Plain]:
    """Everything under data/, the files about it, and the statement that will be signed."""
    public = edition is Edition.PUBLIC
    ready = prepared(content, edition)
    content = ready.content
    names = Redaction(content.case, content.events, content.people) if public else None
    tell(0.0, "custody log")
    _write_custody(bag, ready, names)
    tell(0.05, "pictures")
    drawn = [picture for picture in content.pictures if names is None or not _names_others(picture, names)]
    pictures = [_write_picture(bag, picture, names) for picture in drawn]
    likelihoods = _write_likelihoods(bag, content, tell)
    originals = {} if public else _write_originals(bag, content.originals, tell)
    if not public:
        _write_objects(bag, content)
    record = casefile.complete(content, edition, pictures, likelihoods, originals)
    if names is not None:
        record = names.case(record)
    try:
        record = cast(dict[str, Plain], to_plain(record))
        bag.write("data/case.json", canonical(record))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise BadInputError(f"The case record cannot be written: {error}.", "Correct the text it names.") from error
    bag.write("data/case.schema.json", casefile.schema_bytes())
    tell(0.7, "report")
    shown = {path: (bag.root / path).read_bytes() for path in bag.files if path.startswith("data/pictures/")}
    model = report_model(record, moment)
    bag.write("data/report.html", render_page(model, shown))
    bag.write("data/report.pdf", render_pdf(model, shown, moment))
    case, custody = casefile.table(record["case"]), casefile.table(record["custody"])
    reference = casefile.words(case["reference"])
    bag.write("README.txt", _readme(reference, edition, moment, casefile.words(custody["public_key_sha256"]), stamped))
    bag.write("verify.py", verify_py().encode())
    bag.finish_lists(
        {
            "Bagging-Date": moment.date().isoformat(),
            "Bag-Software-Agent": f"Witnessmark {content.software_version}",
            "External-Identifier": _one_line(reference),
            "External-Description": _one_line(f"{edition.value} edition: {casefile.words(case['title'])}"),
            **_handed(record),
        }
    )
    return {
        "format": "witnessmark-seal/1",
        "edition": edition.value,
        "case_reference": case["reference"],
        "sealed_at": iso(moment),
        "sealed_with": record["sealed_with"],
        "sha256": {name: bag.files[name].sha256 for name in TAG_MANIFESTS},
        "custody_head": {"number": custody["head_number"], "sha256": custody["head_sha256"]},
        "public_key_sha256": custody["public_key_sha256"],
        "stamped": stamped,
    }


def _write_custody(bag: BagWriter, ready: Prepared, names: Redaction | None) -> None:
    """The log byte for byte (closed) or as its chain of hashes (public), with tokens, key and roots."""
    content = ready.content
    casefile.custody_summary(content)
    if names is None and ready.log_in_full:
        for number, event in enumerate(content.events, 1):
            bag.write(f"data/custody/events/{number:08d}.json", event)
    else:
        hashes = [hashlib.sha256(event).hexdigest() for event in content.events]
        chain = chain_of(content.events, hashes) if names is None else names.chain(content.events, hashes)
        bag.write("data/custody/chain.json", canonical(ready.words.value(chain)))
    bag.write("data/custody/public_key.pem", content.public_key_pem)
    seen: dict[int, int] = {}
    for token in content.tokens:
        count = seen[token.event_number] = seen.get(token.event_number, 0) + 1
        more = f".{count}" if count > 1 else ""
        bag.write(f"data/custody/tokens/{token.event_number:08d}{more}.tsr", token.der)
    for number, root in enumerate(content.trusted_roots, 1):
        bag.write(f"data/custody/roots/{number:02d}.pem", root)


def _names_others(picture: DossierPicture, names: Redaction) -> bool:
    """Whether a recording that is not of the case may be named in a picture: its line tells of one."""
    line = None if picture.derivation is None else picture.derivation.parameters.get("line")
    return picture.names_recordings and names.recordings.told_by(line)


def _write_picture(bag: BagWriter, picture: DossierPicture, names: Redaction | None) -> Plain:
    blur = names is not None and picture.shows_footage
    data = (picture.public_png or blurred(picture.png)) if blur else picture.png
    data = data if names is None else bare_png(data)
    name = names.text(picture.name) if names is not None else picture.name
    stem = file_name(name.removesuffix(".png"), "picture")
    folder = file_name(picture.exhibit, "item") + "/" if picture.exhibit else ""
    path = f"data/pictures/{folder}{stem}.png"
    written = bag.write(path, data)
    return {
        "name": name,
        "file": path,
        "caption": picture.caption,
        "exhibit": picture.exhibit,
        "shows_footage": picture.shows_footage,
        "blurred": blur,
        "sha256": written.sha256,
        "clear_sha256": hashlib.sha256(picture.png).hexdigest(),
        "derivation": to_plain(picture.derivation),
    }


def _write_likelihoods(bag: BagWriter, content: DossierContent, tell: Progress) -> dict[str, Mapping[str, Plain]]:
    made: dict[str, Mapping[str, Plain]] = {}
    for number, (finding, values) in enumerate(sorted(content.likelihoods.items())):
        tell(0.1 + 0.2 * number / len(content.likelihoods), f"likelihood of {finding}")
        if values.dtype != np.float32 or values.ndim != 2:
            raise BadInputError(
                f"The likelihood of {finding} is {values.dtype} with {values.ndim} axes.",
                "Hand in float32 of shape (places or 1, instants or 1).",
            )
        path = f"data/likelihoods/{file_name(finding, 'finding')}.npy"
        written = bag.stream(path, _npy(values))
        made[finding] = {"file": path, "sha256": written.sha256, "shape": list(values.shape)}
    return made


def _npy(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Iterator[bytes]:
    """An array as a .npy file (NumPy format 1.0), little-endian, in blocks of rows."""
    head = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": values.shape}
    np.lib.format.write_array_header_1_0(head, header)
    yield head.getvalue()
    rows = max(1, _READ_BYTES // max(1, 4 * values.shape[1]))
    for start in range(0, values.shape[0], rows):
        yield np.ascontiguousarray(values[start : start + rows], dtype="<f4").tobytes()


def _write_originals(bag: BagWriter, originals: tuple[Original, ...], tell: Progress) -> dict[str, str]:
    total = sum(original.size_bytes for original in originals) or 1
    before, made = 0, {}
    for original in originals:
        suffix = re.sub(r"[^a-z0-9]", "", Path(original.name).suffix.lower())[:8] or "bin"
        path = f"data/originals/{file_name(original.exhibit, 'item')}-{original.sha256}.{suffix}"
        start = before

        def told(done: int, start: int = start, exhibit: str = original.exhibit) -> None:
            tell(0.3 + 0.4 * min(1.0, (start + done) / total), f"original of {exhibit}")

        written = bag.stream(path, _blocks(original), told)
        found = (written.sha256, written.sha512, written.size_bytes)
        if found != (original.sha256.hex(), original.sha512.hex(), original.size_bytes):
            raise CustodyError(
                f"The original of {original.exhibit} is not what was taken in: its SHA-256 is {written.sha256}.",
                "Run `witnessmark custody verify` and restore the file from a copy; nothing was sealed.",
                exhibit=original.exhibit,
            )
        before += original.size_bytes
        made[original.exhibit] = path
    return made


def _write_objects(bag: BagWriter, content: DossierContent) -> None:
    """Files of the store that the log names and that stand nowhere else in the dossier, each under its hash."""
    for kept in content.objects:
        path = f"{OBJECTS}{kept.sha256}"
        if path not in bag.files and bag.write(path, kept.path.read_bytes()).sha256 != kept.sha256:
            raise CustodyError(
                f"A file of the store is not what was kept: {kept.key}.",
                "Run `witnessmark custody verify` and restore it from a copy; nothing was sealed.",
            )


def _blocks(original: Original) -> Iterator[bytes]:
    try:
        with open(original.path, "rb") as source:
            while block := source.read(_READ_BYTES):
                yield block
    except OSError as error:
        raise CustodyError(
            f"The original of {original.exhibit} cannot be read: {error.strerror}.",
            "Run `witnessmark custody verify`; nothing was sealed.",
        ) from error


def _seal(
    bag: BagWriter, statement: dict[str, Plain], public_key_pem: bytes, signer: Signer, stamp: Stamper | None
) -> Sha256:
    """Sign the statement, have it stamped, and write the tail over the last files."""
    message = canonical(statement)
    signature = signer(message)
    key = load_pem_public_key(public_key_pem)
    try:
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidSignature
        key.verify(signature, message)
    except InvalidSignature as error:
        raise CustodyError(
            "The seal's signature is not that of the case's public key.", "Seal with the key the case was opened with."
        ) from error
    bag.write(SEAL, message)
    bag.write(SIGNATURE, signature)
    if stamp is not None:
        bag.write(SEAL_TOKEN, stamp(signature))
    last = {path: (bag.root / path).read_bytes() for path in TAIL_FILES if path in bag.files}
    bag.write(TAIL, tail_text(last).encode())
    return Sha256.from_hex(bag.files[SEAL].sha256)


def _handed(record: Mapping[str, Plain]) -> dict[str, str]:
    """Lines of the bag's info: for whom, what for, and what the plan left out."""
    lines = {
        "Recipient": casefile.words(record.get("recipient")),
        "Purpose": casefile.words(record.get("purpose")),
        "Left-Out": "; ".join(
            f"{casefile.words(row.get('kind'))}: {casefile.words(row.get('what'))} ({casefile.words(row.get('why'))})"
            for row in casefile.rows(record.get("plan_left_out"))
        ),
    }
    return {name: " ".join(text.split()) for name, text in lines.items() if text}


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:300]


def _readme(reference: str, edition: Edition, moment: dt.datetime, key: str, stamped: bool) -> bytes:
    public = edition is Edition.PUBLIC
    text = (Path(__file__).with_name("readme.txt")).read_text(encoding="utf-8")
    stamp = (
        "    openssl ts -verify -data witnessmark/seal.sig -in witnessmark/seal.tsr -CAfile ROOT.pem     (the time)\n"
    )
    values = {
        "reference": _one_line(reference),
        "edition": edition.value,
        "sealed_at": iso(moment),
        "custody": "the log as a chain of hashes (names and signatures are in the closed edition), key, time-stamps"
        if public
        else "the log, event by event, signed; the key it is signed with; time-stamps",
        "pictures": "; stills are blurred" if public else "",
        "originals": "" if public else "data/originals/            the preserved files, byte for byte\n",
        "key": key,
        "stamp": stamp if stamped else "",
        "stamped": ", and existed at the time of the stamp" if stamped else "",
    }
    return re.sub(r"\{([a-z_0-9]+)\}", lambda match: values[match[1]], text).encode("utf-8")


def seal_sha256(folder: Path) -> Sha256:
    """SHA-256 of a dossier's sealing statement, as the custody log records it."""
    return Sha256(hashlib.sha256((folder / SEAL).read_bytes()).digest())
