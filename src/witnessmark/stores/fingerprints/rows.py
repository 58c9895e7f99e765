"""A fingerprint store's database: SQLite or PostgreSQL, brought to this version, read and written in whole states."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from witnessmark.errors import BadInputError, ClashError, ProviderError
from witnessmark.lines.copies.buckets import VERSION as BUCKETS_VERSION
from witnessmark.stores.fingerprints import facts
from witnessmark.stores.fingerprints.tables import StateRow

_LATEST = "0002"
_MIGRATING = 7_251_904_410  # PostgreSQL advisory lock, any fixed number


class Rows:
    """Reads and writes rows; every method takes the session whose transaction it is part of.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.
    layout : str
        Version of what the store keeps beside the rows; compared on opening.
    algorithm : str
        Of the fingerprints; compared on opening.
    rebuild : bool
        Accept another layout, as it is to be rebuilt at once.
    read_only : bool
        An SQLite database that this process may not write to.

    Raises
    ------
    ClashError
        When the rows are of another algorithm, layout or program version, or are no rows at all.
    ProviderError
        When the database does not answer or lacks pgvector.
    """

    def __init__(
        self, url: str, layout: str, algorithm: str, *, rebuild: bool = False, read_only: bool = False
    ) -> None:
        self._read_only = read_only
        try:
            self._engine = _engine(url, read_only)
        except (ArgumentError, ImportError) as error:
            raise BadInputError(
                f"'{url.split('://')[0]}' is no database this program keeps fingerprints in.",
                "Give a folder, or the URL of a PostgreSQL database (it needs the 'psycopg' package).",
            ) from error
        self.place = self._engine.url.render_as_string(hide_password=True)
        self.postgres = self._engine.dialect.name == "postgresql"
        self._stamp = {"algorithm": algorithm, "layout": f"{layout}, buckets {BUCKETS_VERSION}"}
        try:
            self._prepare()
            self._compare(rebuild)
        except DatabaseError as error:
            self._engine.dispose()
            raise self._unusable(error) from error
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the rows, whatever others write."""
        engine = self._engine.execution_options(isolation_level="REPEATABLE READ") if self.postgres else self._engine
        before = self._written()
        with Session(engine) as session:
            yield session
        if self._written() != before:
            raise ClashError(f"The fingerprint index at {self.place} was written to while it was read.", "Ask again.")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes count when the block ends well, and all at once."""
        if self._read_only:
            raise self.cannot_write()
        with Session(self._engine.execution_options(writing=True), expire_on_commit=False) as session, session.begin():
            yield session
            row = session.scalars(select(StateRow).where(StateRow.name == "changes").with_for_update()).one()
            facts.settle_state(session)
            row.text = str(int(row.text) + 1)

    def cannot_write(self) -> BadInputError:
        """The error for a change to what may only be read."""
        return BadInputError(
            f"The fingerprint index at {self.place} can only be read from here.",
            "Use an account that may write to its folder, or copy the folder to where you may write.",
        )

    def _written(self) -> tuple[int, int] | None:
        """When a database that may only be read was last written to; others may do so, and SQLite does not look."""
        if not self._read_only:
            return None
        file = Path(self._engine.url.database or "").stat()
        return file.st_mtime_ns, file.st_size

    def settle(self) -> None:
        """Leave nothing of deleted rows behind: empty SQLite's journal, or write PostgreSQL's tables of codes anew."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT", settling=True) as connection:
            if not self.postgres:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            connection.exec_driver_sql("SET lock_timeout = '60s'")
            for table in ("fp_block", "fp_frame", "fp_sound", "fp_feature"):
                connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table}")

    def changes(self, session: Session) -> int:
        """A number that grows with every write."""
        return int(session.scalars(select(StateRow.text).where(StateRow.name == "changes")).one())

    def restamp(self, session: Session) -> None:
        """Note that the store is now of this program's layout."""
        session.get_one(StateRow, "layout").text = self._stamp["layout"]

    def _prepare(self) -> None:
        """Bring the tables to this program's version; two processes that open a new store wait for one another."""
        current = _revision(self._engine) if inspect(self._engine).has_table("fp_version") else None
        if current == _LATEST:
            return
        if self._read_only:
            raise ClashError(
                f"The fingerprint index at {self.place} was made by an older version of this program.",
                "Open it once from an account that may write to its folder; it is then brought to this version.",
            )
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._engine.execution_options(writing=True).begin() as connection:
            if self.postgres:
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
            current = MigrationContext.configure(
                connection, opts={"version_table": "fp_version"}
            ).get_current_revision()
            if current is not None and current > _LATEST:
                raise ClashError(
                    f"The fingerprint store at {self.place} was made by a newer version of this program.",
                    "Open it with that version.",
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            with Session(connection) as session:
                if session.get(StateRow, "changes") is None:
                    session.add_all(StateRow(name=name, text=text) for name, text in self._stamp.items())
                    session.add_all((StateRow(name="changes", text="0"), StateRow(name="word", text="0")))
                    session.flush()

    def _compare(self, rebuild: bool) -> None:
        with self.reading() as session:
            found = {row.name: row.text for row in session.scalars(select(StateRow))}
        if found["algorithm"] != self._stamp["algorithm"]:
            raise ClashError(
                f"The fingerprints at {self.place} are of '{found['algorithm']}', and this program makes "
                f"'{self._stamp['algorithm']}': they do not compare.",
                "Make a new index from the recordings ('witnessmark copies index NEW FILES') and import partners' "
                "bundles anew, or use the program version that made this one.",
                found=found["algorithm"],
            )
        if found["layout"] != self._stamp["layout"] and not rebuild:
            raise ClashError(
                f"The fingerprints at {self.place} are kept by layout '{found['layout']}', and this program reads "
                f"'{self._stamp['layout']}'.",
                "Rebuild it from its own fingerprints with 'witnessmark copies rebuild INDEX'; no recording is needed.",
                found=found["layout"],
            )

    def _unusable(self, error: DatabaseError) -> ClashError | ProviderError:
        cause = str(error.orig).strip().split("\n")[0]
        if not self.postgres:
            return ClashError(
                f"The fingerprint index at {self.place} cannot be read ({cause}).",
                "Open it once from an account that may write to its folder: its last writer was stopped."
                if self._read_only
                else "Restore the folder from a copy, or make a new index from the recordings.",
            )
        if "vector" in cause:
            return ProviderError(
                f"The database at {self.place} has no pgvector ({cause}).",
                "Install the pgvector extension (0.7 or newer) on that server, or let its administrator run "
                "'CREATE EXTENSION vector' in the database.",
            )
        return ProviderError(
            f"The database at {self.place} does not answer ({cause}).", "Check the address, the name and the password."
        )


def _engine(url: str, read_only: bool) -> Engine:
    if read_only:
        return _reading_engine(url)
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # so that the "begin" below is the only one, and reads are in it
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.execute("PRAGMA secure_delete=ON")  # what is taken down is overwritten
            cursor.close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            if not options.get("settling", False):
                connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing", False) else "BEGIN")

    elif engine.dialect.name != "postgresql":
        raise ArgumentError(url)
    return engine


def _reading_engine(url: str) -> Engine:
    """SQLite without a file made or a lock taken; beside a journal of its writers only if they left its index too."""
    path = Path(make_url(url).database or "")
    journal = path.with_name(f"{path.name}-wal")

    def connect() -> sqlite3.Connection:
        how = "mode=ro" if journal.exists() and journal.stat().st_size else "immutable=1"
        return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, isolation_level=None, timeout=60)

    engine = create_engine(url, poolclass=NullPool, creator=connect)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection, opts={"version_table": "fp_version"}).get_current_revision()
