"""The tables of a fingerprint store: which recordings it keeps, what is known of them, and what was taken down.

These rows are the truth: what lies in shards without a row here is not in the store. Portable column types only; what
PostgreSQL alone keeps in tables, the codes themselves, is in `postgres_tables`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Common base of all tables."""


class StateRow(Base):
    """A fact about the store as a whole: algorithm, versions, and `changes`, a number that grows with every write."""

    __tablename__ = "fp_state"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class ShardRow(Base):
    """An immutable file of recordings."""

    __tablename__ = "fp_shard"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    file: Mapped[str] = mapped_column(String(64), unique=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = ({"sqlite_autoincrement": True},)


class RecordingRow(Base):
    """A recording the store keeps."""

    __tablename__ = "fp_recording"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(200), index=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    duration_s: Mapped[float] = mapped_column(Float(53))
    tiers: Mapped[int] = mapped_column(Integer)
    bytes_1: Mapped[int] = mapped_column(BigInteger)
    bytes_2: Mapped[int] = mapped_column(BigInteger)
    bytes_3: Mapped[int] = mapped_column(BigInteger)
    added_unix_s: Mapped[float] = mapped_column(Float(53))
    shard: Mapped[int | None] = mapped_column(ForeignKey("fp_shard.id"), index=True)
    __table_args__ = (
        UniqueConstraint("sha256", "origin", name="uq_fp_recording_file"),
        {"sqlite_autoincrement": True},  # a number once given is never given again
    )


class SeenRow(Base):
    """One attested time at which a recording was already there."""

    __tablename__ = "fp_seen"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    recording: Mapped[int] = mapped_column(ForeignKey("fp_recording.id"), index=True)
    at_unix_s: Mapped[float] = mapped_column(Float(53))
    utc_offset_s: Mapped[int | None] = mapped_column(Integer)
    how_known: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text, server_default="")
    url: Mapped[str] = mapped_column(Text, server_default="")


class TemplateRow(Base):
    """A stretch or an area many recordings share."""

    __tablename__ = "fp_template"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    recording: Mapped[int] = mapped_column(ForeignKey("fp_recording.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    start_s: Mapped[float] = mapped_column(Float(53))
    end_s: Mapped[float] = mapped_column(Float(53))
    box: Mapped[str | None] = mapped_column(Text)  # JSON list: left, top, right, bottom


class TakedownRow(Base):
    """A recording that was taken out: when, why and by whom; none of what was kept of it."""

    __tablename__ = "fp_takedown"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    recording: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    at_unix_s: Mapped[float] = mapped_column(Float(53))
    reason: Mapped[str] = mapped_column(Text)
    operator: Mapped[str] = mapped_column(Text)
    bytes_gone_unix_s: Mapped[float | None] = mapped_column(Float(53))
    lost: Mapped[bool] = mapped_column(Boolean, server_default=false())


class ImportRow(Base):
    """A file that a bulk import came by: taken in, or why not."""

    __tablename__ = "fp_import"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    path: Mapped[str] = mapped_column(Text, index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    modified_ns: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    at_unix_s: Mapped[float] = mapped_column(Float(53))
    recording: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
