"""The tables of a case: a projection of its custody log, made to be asked questions of.

The log is the truth; every row here follows from an event and names it. Losing or doubting these tables costs a
replay, not evidence. Only portable column types are used, so that SQLite and PostgreSQL both serve.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Common base of all tables."""


class EventRow(Base):
    """A custody event: the very bytes of its file, and what one searches by."""

    __tablename__ = "event"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    premis: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[str] = mapped_column(String(40))
    agent: Mapped[str] = mapped_column(Text)
    bytes_: Mapped[bytes] = mapped_column("bytes", LargeBinary)


class SettingRow(Base):
    """One fact of the case as a whole (reference, title, space), as canonical JSON."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))


class ItemRow(Base):
    """A preserved file."""

    __tablename__ = "item"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    exhibit_number: Mapped[str] = mapped_column(String(32), unique=True)
    sha512: Mapped[str] = mapped_column(String(128))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(128))
    copy: Mapped[str] = mapped_column(String(16), index=True)
    parent: Mapped[str | None] = mapped_column(String(64), index=True)
    body: Mapped[str] = mapped_column(Text)  # key, derivation, name, caption, media facts
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))


class CaptureRow(Base):
    """One way an item was obtained; the same bytes may be obtained many times."""

    __tablename__ = "capture"
    event: Mapped[int] = mapped_column(ForeignKey("event.number"), primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("item.sha256"), index=True)
    body: Mapped[str] = mapped_column(Text)


class AppearanceRow(Base):
    """One public posting of an item."""

    __tablename__ = "appearance"
    event: Mapped[int] = mapped_column(ForeignKey("event.number"), primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("item.sha256"), index=True)
    posted_unix_s: Mapped[float] = mapped_column(Float(53), index=True)
    body: Mapped[str] = mapped_column(Text)


class SourceRow(Base):
    """Who speaks."""

    __tablename__ = "source"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))


class ClaimRow(Base):
    """An attributed statement."""

    __tablename__ = "claim"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    source: Mapped[str] = mapped_column(ForeignKey("source.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))


class MarkRow(Base):
    """What a person drew or labelled."""

    __tablename__ = "mark"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    item: Mapped[str] = mapped_column(ForeignKey("item.sha256"), index=True)
    body: Mapped[str] = mapped_column(Text)
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False)
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))


class ResultRow(Base):
    """What a line gave for an item: a finding or an abstention; superseded, never overwritten."""

    __tablename__ = "result"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # finding | abstention
    line: Mapped[str] = mapped_column(String(64))
    item: Mapped[str] = mapped_column(ForeignKey("item.sha256"))
    space: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    superseded_by: Mapped[str | None] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))
    __table_args__ = (Index("ix_result_line_item", "line", "item"),)


class AssessmentRow(Base):
    """Findings fused."""

    __tablename__ = "assessment"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))


class ReviewRow(Base):
    """A second person's sign-off or dissent."""

    __tablename__ = "review"
    event: Mapped[int] = mapped_column(ForeignKey("event.number"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), index=True)
    body: Mapped[str] = mapped_column(Text)


class BearingRow(Base):
    """A finding's bearing on a legal element."""

    __tablename__ = "bearing"
    event: Mapped[int] = mapped_column(ForeignKey("event.number"), primary_key=True)
    element: Mapped[str] = mapped_column(String(128), index=True)
    result: Mapped[str] = mapped_column(String(32), index=True)
    body: Mapped[str] = mapped_column(Text)
