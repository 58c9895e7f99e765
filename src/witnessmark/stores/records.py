"""A case's records in SQL: SQLite in the case folder, PostgreSQL by URL; kept in step with the custody log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event, func, inspect, select
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from witnessmark.custody.records import CustodyEvent
from witnessmark.errors import BadInputError, ClashError
from witnessmark.stores.projection import loads, project
from witnessmark.stores.tables import (
    AppearanceRow,
    AssessmentRow,
    Base,
    BearingRow,
    CaptureRow,
    ClaimRow,
    EventRow,
    ItemRow,
    MarkRow,
    ResultRow,
    ReviewRow,
    SettingRow,
    SourceRow,
)

_LATEST = "0001"


class Records:
    """Questions asked of a case's records; answers are plain values as the events carried them.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, such as ``sqlite:////case/records.db``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._engine = _engine(url)
        except (ArgumentError, ImportError) as error:
            raise BadInputError(
                f"'{url.split('://')[0]}' is no database this program keeps records in.", "Use SQLite or PostgreSQL."
            ) from error
        try:
            if not inspect(self._engine).has_table("alembic_version") or _revision(self._engine) != _LATEST:
                _migrate(self._engine)
        except DatabaseError as error:
            raise ClashError(
                f"The records at {url} cannot be read ({error.orig}).",
                "They follow from the custody log: move the file away and open the case again to rebuild them.",
            ) from error
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def last_event(self) -> int:
        """Number of the newest event in the tables, 0 for none."""
        with self._session() as session:
            return session.scalar(select(func.max(EventRow.number))) or 0

    def apply(self, events: Iterable[tuple[CustodyEvent, bytes]]) -> None:
        """Bring events into the tables, each in a transaction of its own; known ones are passed over."""
        for custody_event, raw in events:
            try:
                with self._session.begin() as session:
                    if session.get(EventRow, custody_event.number) is None:
                        project(session, custody_event, raw)
            except IntegrityError:  # another process brought the same event in between the look and the write
                with self._session() as session:
                    row = session.get(EventRow, custody_event.number)
                    if row is None or row.bytes_ != raw:
                        raise

    def payloads(self, *actions: str) -> list[dict[str, Any]]:
        """Payloads of the events with these actions, oldest first."""
        query = select(EventRow).where(EventRow.action.in_(actions)).order_by(EventRow.number)
        with self._session() as session:
            return [loads(row.bytes_.decode())["payload"] for row in session.scalars(query)]

    def events(self, *actions: str) -> list[dict[str, Any]]:
        """Events with these actions, oldest first, all when none is named: everything but chain and signature."""
        query = select(EventRow).order_by(EventRow.number)
        if actions:
            query = query.where(EventRow.action.in_(actions))
        names = ("number", "premis", "action", "at", "agent", "objects", "payload")
        with self._session() as session:
            bodies = [loads(row.bytes_.decode()) for row in session.scalars(query)]
        return [{name: body[name] for name in names} for body in bodies]

    def event_bytes(self) -> dict[int, bytes]:
        """The tables' copy of every event file."""
        with self._session() as session:
            return {row.number: row.bytes_ for row in session.scalars(select(EventRow))}

    def head(self) -> tuple[int, str] | None:
        """Number and SHA-256 of the newest event known to the tables."""
        with self._session() as session:
            row = session.scalar(select(EventRow).order_by(EventRow.number.desc()).limit(1))
            return None if row is None else (row.number, row.sha256)

    def log_page(
        self, *, before: int | None = None, action: str | None = None, about: str | None = None, at_most: int = 100
    ) -> list[dict[str, Any]]:
        """Events for people to read, newest first: number, action, at, agent, sha256, objects."""
        query = select(EventRow).order_by(EventRow.number.desc()).limit(at_most)
        if before is not None:
            query = query.where(EventRow.number < before)
        if action is not None:
            query = query.where(EventRow.action == action)
        if about is not None:  # a content address stands in the event's bytes as it is
            if self._engine.dialect.name == "sqlite":
                query = query.where(func.instr(EventRow.bytes_, about.encode()) > 0)
            else:
                query = query.where(func.encode(EventRow.bytes_, "escape").contains(about, autoescape=True))
        with self._session() as session:
            return [
                {
                    "number": row.number,
                    "action": row.action,
                    "premis": row.premis,
                    "at": row.at,
                    "agent": row.agent,
                    "sha256": row.sha256,
                    "objects": loads(row.bytes_.decode()).get("objects", []),
                }
                for row in session.scalars(query)
            ]

    def actions(self) -> list[str]:
        """The actions that stand in the log, in alphabetical order."""
        with self._session() as session:
            return list(session.scalars(select(EventRow.action).distinct().order_by(EventRow.action)))

    def settings(self) -> dict[str, Any]:
        """The case's settings by name."""
        with self._session() as session:
            return {row.name: loads(row.body) for row in session.scalars(select(SettingRow))}

    def items(self, copy: str | None = None, parent: str | None = None) -> list[dict[str, Any]]:
        """Items by exhibit number, optionally of one kind of copy or derived from one parent."""
        query = select(ItemRow).order_by(ItemRow.exhibit_number)
        if copy is not None:
            query = query.where(ItemRow.copy == copy)
        if parent is not None:
            query = query.where(ItemRow.parent == parent)
        with self._session() as session:
            return [loads(row.body) for row in session.scalars(query)]

    def item(self, name: str) -> dict[str, Any] | None:
        """An item by exhibit number or (the beginning, at least 8 digits, of) its SHA-256."""
        with self._session() as session:
            row = session.scalar(select(ItemRow).where(ItemRow.exhibit_number == name.upper()))
            if row is None and len(name) >= 8:
                begins = ItemRow.sha256.startswith(name.lower(), autoescape=True)
                found = list(session.scalars(select(ItemRow).where(begins).limit(2)))
                row = found[0] if len(found) == 1 else None
            return None if row is None else loads(row.body)

    def count_items(self, copy: str) -> int:
        """How many items of a kind of copy there are."""
        with self._session() as session:
            return session.scalar(select(func.count()).select_from(ItemRow).where(ItemRow.copy == copy)) or 0

    def captures(self, item: str) -> list[dict[str, Any]]:
        """How an item was obtained, first capture first."""
        with self._session() as session:
            rows = session.scalars(select(CaptureRow).where(CaptureRow.item == item).order_by(CaptureRow.event))
            return [loads(row.body) for row in rows]

    def postings(self, item: str) -> list[tuple[int, dict[str, Any]]]:
        """Public postings of an item that were not withdrawn, earliest first, each with the event that recorded it."""
        query = select(AppearanceRow).where(AppearanceRow.item == item)
        with self._session() as session:
            rows = session.scalars(query.order_by(AppearanceRow.posted_unix_s, AppearanceRow.event))
            return [(row.event, loads(row.body)) for row in rows]

    def appearances(self, item: str) -> list[dict[str, Any]]:
        """Public postings of an item that were not withdrawn, earliest first."""
        return [body for _, body in self.postings(item)]

    def sources(self) -> list[dict[str, Any]]:
        """Sources by id."""
        return self._bodies(SourceRow, SourceRow.id)

    def claims(self) -> list[dict[str, Any]]:
        """Claims by id."""
        return self._bodies(ClaimRow, ClaimRow.id)

    def marks(self, item: str) -> list[dict[str, Any]]:
        """Marks on an item that were not withdrawn, by id."""
        query = select(MarkRow).where(MarkRow.item == item, MarkRow.withdrawn.is_(False)).order_by(MarkRow.id)
        with self._session() as session:
            return [loads(row.body) for row in session.scalars(query)]

    def results(self, kind: str | None = None, superseded: bool = False) -> list[dict[str, Any]]:
        """Findings and abstentions in the order they were made, each with `superseded_by`."""
        query = select(ResultRow).order_by(ResultRow.event)
        if kind is not None:
            query = query.where(ResultRow.kind == kind)
        if not superseded:
            query = query.where(ResultRow.superseded_by.is_(None))
        with self._session() as session:
            return [{**loads(row.body), "superseded_by": row.superseded_by} for row in session.scalars(query)]

    def assessments(self) -> list[dict[str, Any]]:
        """Assessments, oldest first."""
        return self._bodies(AssessmentRow, AssessmentRow.event)

    def reviews(self) -> list[dict[str, Any]]:
        """Reviews, oldest first."""
        return self._bodies(ReviewRow, ReviewRow.event)

    def bearings(self) -> list[dict[str, Any]]:
        """Findings' bearings on legal elements, oldest first."""
        return self._bodies(BearingRow, BearingRow.event)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table: what a replay of the log must give again."""
        with self._session() as session:
            return {
                name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
                for name, table in Base.metadata.tables.items()
            }

    def _bodies(self, table: Any, order: Any) -> list[dict[str, Any]]:
        with self._session() as session:
            return [loads(row.body) for row in session.scalars(select(table).order_by(order))]


def _engine(url: str) -> Engine:
    engine = create_engine(url) if url.endswith(":memory:") else create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
