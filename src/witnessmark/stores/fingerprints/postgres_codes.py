"""Codes of one recording as rows in PostgreSQL: written by COPY, deleted, and compared with the packed tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from witnessmark.errors import ProviderError
from witnessmark.lines.copies.buckets import buckets, indexed
from witnessmark.lines.copies.fingerprint import Fingerprint


def bits(codes: NDArray[np.uint8]) -> list[str]:
    """Codes of shape (n, b) as PostgreSQL writes bit strings, first byte's highest bit first."""
    digits = np.unpackbits(np.ascontiguousarray(codes), axis=1) + np.uint8(ord("0"))
    return [row.tobytes().decode("ascii") for row in digits]


def signed(numbers: NDArray[np.uint32]) -> NDArray[np.int32]:
    """The same 32 bits as PostgreSQL's integer holds them."""
    return np.ascontiguousarray(numbers, np.uint32).view(np.int32)


def insert_codes(session: Session, recording: int, fingerprint: Fingerprint, blocks: Mapping[int, bytes]) -> None:
    """Write what queries read, and the packed tiers where given.

    Parameters
    ----------
    session : Session
    recording : int
    fingerprint : Fingerprint
        Its tiers 1 and 2 are written out.
    blocks : mapping of int to bytes
    """
    for tier, block in blocks.items():
        session.execute(
            text("INSERT INTO fp_block (recording, tier, bytes) VALUES (:recording, :tier, :bytes)"),
            {"recording": recording, "tier": tier, "bytes": block},
        )
    for table, columns, lines in _lines(recording, fingerprint):
        _copy(session, f"COPY {table} ({columns}) FROM STDIN", lines)


def delete_codes(session: Session, recording: int, *, blocks: bool) -> None:
    """Delete what queries read of a recording, and its packed tiers if so asked."""
    for table in ("fp_frame", "fp_sound", "fp_feature", *(("fp_block",) if blocks else ())):
        session.execute(text(f"DELETE FROM {table} WHERE recording = :recording"), {"recording": recording})


def stored_wrongly(session: Session, recording: int, fingerprint: Fingerprint) -> list[str]:
    """Tables whose rows of a recording are not those of its fingerprint."""
    wrong = []
    for table, columns, lines in _lines(recording, fingerprint):
        names = [f"CAST(t.{name} AS text)" for name in columns.split(", ")]
        query = text(f"SELECT {', '.join(names)} FROM {table} t WHERE recording = :recording ORDER BY t.row")
        stored = ["\t".join(row) for row in session.execute(query, {"recording": recording})]
        if stored != list(lines):
            wrong.append(table)
    return wrong


def _lines(recording: int, fingerprint: Fingerprint) -> list[tuple[str, str, Iterable[str]]]:
    """Rows of each table as COPY takes them: table, columns, and lines in the order of their row number."""
    tables: list[tuple[str, str, Iterable[str]]] = [
        (
            "fp_frame",
            "recording, row, code",
            [f"{recording}\t{row}\t{code}" for row, code in enumerate(bits(fingerprint.frames.codes))],
        )
    ]
    sound: list[str] = []
    if fingerprint.sound is not None:
        there = np.flatnonzero(fingerprint.sound.codes)
        codes = signed(fingerprint.sound.codes[there])
        sound = [f"{recording}\t{row}\t{code}" for row, code in zip(there.tolist(), codes.tolist(), strict=True)]
    tables.append(("fp_sound", "recording, row, code", sound))
    features: list[str] = []
    if fingerprint.features is not None:
        rows = indexed(fingerprint.features.first)
        strongest = fingerprint.features.codes[rows]
        lies_in = signed(buckets(strongest)).tolist()
        features = [
            f"{recording}\t{row}\t{code}\t{{{','.join(map(str, numbers))}}}"
            for row, code, numbers in zip(rows.tolist(), bits(strongest), lies_in, strict=True)
        ]
    tables.append(("fp_feature", "recording, row, code, buckets", features))
    return tables


def _copy(session: Session, statement: str, lines: Iterable[str]) -> None:
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise ProviderError(
            "Fingerprints are written to PostgreSQL through 'psycopg' only.", "Open the store by a postgresql:// URL."
        )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(f"{line}\n" for line in lines))
