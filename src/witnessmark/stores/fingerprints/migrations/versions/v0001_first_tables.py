"""The first tables."""

from __future__ import annotations

from typing import TypeVar

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_T = TypeVar("_T")
_NUMBERED = {"sqlite_autoincrement": True}


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _of_recording() -> sa.Column[int]:
    return sa.Column("recording", sa.Integer, sa.ForeignKey("fp_recording.id"), nullable=False, index=True)


def _required(name: str, kind: sa.types.TypeEngine[_T]) -> sa.Column[_T]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Make them; PostgreSQL also gets the tables of codes that it searches itself."""
    op.create_table("fp_state", sa.Column("name", sa.String(32), primary_key=True), _required("text", sa.Text()))
    op.create_table(
        "fp_shard",
        _id(),
        sa.Column("file", sa.String(64), nullable=False, unique=True),
        _required("size_bytes", sa.BigInteger()),
        **_NUMBERED,
    )
    op.create_table(
        "fp_recording",
        _id(),
        _required("name", sa.Text()),
        sa.Column("origin", sa.String(200), nullable=False, index=True),
        sa.Column("sha256", sa.String(64)),
        _required("duration_s", sa.Float(53)),
        _required("tiers", sa.Integer()),
        _required("bytes_1", sa.BigInteger()),
        _required("bytes_2", sa.BigInteger()),
        _required("bytes_3", sa.BigInteger()),
        _required("added_unix_s", sa.Float(53)),
        sa.Column("shard", sa.Integer, sa.ForeignKey("fp_shard.id"), index=True),
        sa.UniqueConstraint("sha256", "origin", name="uq_fp_recording_file"),
        **_NUMBERED,
    )
    op.create_table(
        "fp_seen",
        _id(),
        _of_recording(),
        _required("at_unix_s", sa.Float(53)),
        sa.Column("utc_offset_s", sa.Integer),
        _required("how_known", sa.Text()),
        _required("place", sa.Text()),
    )
    op.create_table(
        "fp_template",
        _id(),
        _of_recording(),
        _required("kind", sa.String(32)),
        _required("start_s", sa.Float(53)),
        _required("end_s", sa.Float(53)),
        sa.Column("box", sa.Text),
    )
    op.create_table(
        "fp_takedown",
        _id(),
        _required("recording", sa.Integer()),
        _required("name", sa.Text()),
        _required("origin", sa.String(200)),
        sa.Column("sha256", sa.String(64), index=True),
        _required("at_unix_s", sa.Float(53)),
        _required("reason", sa.Text()),
        _required("operator", sa.Text()),
        sa.Column("bytes_gone_unix_s", sa.Float(53)),
    )
    op.create_table(
        "fp_import",
        _id(),
        sa.Column("path", sa.Text, nullable=False, index=True),
        _required("size_bytes", sa.BigInteger()),
        _required("modified_ns", sa.BigInteger()),
        sa.Column("sha256", sa.String(64)),
        _required("at_unix_s", sa.Float(53)),
        sa.Column("recording", sa.Integer),
        sa.Column("reason", sa.Text),
    )
    if op.get_bind().dialect.name == "postgresql":
        _codes()


def _codes() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    for statement in (
        "CREATE TABLE fp_block (recording integer, tier smallint, bytes bytea NOT NULL, PRIMARY KEY (recording, tier))",
        "ALTER TABLE fp_block ALTER COLUMN bytes SET STORAGE EXTERNAL",  # packed already
        "CREATE TABLE fp_frame (recording integer NOT NULL, row integer NOT NULL, code bit(256) NOT NULL)",
        "CREATE INDEX ix_fp_frame_recording ON fp_frame (recording)",
        "CREATE TABLE fp_sound (code integer NOT NULL, recording integer NOT NULL, row integer NOT NULL)",
        "CREATE INDEX ix_fp_sound_code ON fp_sound (code)",
        "CREATE INDEX ix_fp_sound_recording ON fp_sound (recording)",
        "CREATE TABLE fp_feature (recording integer NOT NULL, row integer NOT NULL, code bit(128) NOT NULL,"
        " buckets integer[] NOT NULL)",
        "CREATE INDEX ix_fp_feature_buckets ON fp_feature USING gin (buckets)",
        "CREATE INDEX ix_fp_feature_recording ON fp_feature (recording)",
    ):
        op.execute(statement)
