"""The tables of the browser desk. They hold no evidence: losing them costs new passwords, not a case."""

from __future__ import annotations

from sqlalchemy import Boolean, Float, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Common base of the desk's tables."""


class AccountRow(Base):
    """A person who may sign in."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    folded: Mapped[str] = mapped_column(String(400), unique=True)
    password: Mapped[str | None] = mapped_column(Text)  # Argon2id, in its own encoding; none for outside sign-in
    subject: Mapped[str | None] = mapped_column(String(400), unique=True)  # of an OpenID provider: issuer and subject
    admin: Mapped[bool] = mapped_column(Boolean)
    active: Mapped[bool] = mapped_column(Boolean)
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_last_step: Mapped[int] = mapped_column(Integer)  # a code is taken once
    language: Mapped[str] = mapped_column(String(16))
    hidden: Mapped[str] = mapped_column(Text)  # JSON list of content notes the person does not want to be shown
    failures: Mapped[int] = mapped_column(Integer)
    blocked_until_s: Mapped[float] = mapped_column(Float)


class MembershipRow(Base):
    """A person's role in a case."""

    __tablename__ = "membership"
    account: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    case: Mapped[str] = mapped_column(String(255), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))


class SessionRow(Base):
    """A browser that signed in; the cookie's secret itself is never kept."""

    __tablename__ = "session"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    began_s: Mapped[float] = mapped_column(Float)
    used_s: Mapped[float] = mapped_column(Float)


class GrantRow(Base):
    """Leave to be sent an item's footage in the clear, for one browser session and a while."""

    __tablename__ = "grant"
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    case: Mapped[str] = mapped_column(String(255), primary_key=True)
    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    until_s: Mapped[float] = mapped_column(Float)


class TokenRow(Base):
    """A key for programs; the key itself is never kept."""

    __tablename__ = "token"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    made_s: Mapped[float] = mapped_column(Float)
    until_s: Mapped[float] = mapped_column(Float)


class AddressRow(Base):
    """Failed sign-ins from an address."""

    __tablename__ = "address"
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    blocked_until_s: Mapped[float] = mapped_column(Float)


class FactRow(Base):
    """A fact of the desk as a whole, such as the digest of the set-up token."""

    __tablename__ = "fact"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
