"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _event() -> sa.Column[int]:
    return sa.Column("event", sa.Integer, sa.ForeignKey("event.number"), nullable=False)


def _event_key() -> sa.Column[int]:
    return sa.Column("event", sa.Integer, sa.ForeignKey("event.number"), primary_key=True)


def _body() -> sa.Column[str]:
    return sa.Column("body", sa.Text, nullable=False)


def _of_item() -> sa.Column[str]:
    return sa.Column("item", sa.String(64), sa.ForeignKey("item.sha256"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("premis", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_event_action", "event", ["action"])
    op.create_table("setting", sa.Column("name", sa.String(64), primary_key=True), _body(), _event())
    op.create_table(
        "item",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("exhibit_number", sa.String(32), nullable=False, unique=True),
        sa.Column("sha512", sa.String(128), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("copy", sa.String(16), nullable=False),
        sa.Column("parent", sa.String(64)),
        _body(),
        _event(),
    )
    op.create_index("ix_item_copy", "item", ["copy"])
    op.create_index("ix_item_parent", "item", ["parent"])
    op.create_table("capture", _event_key(), _of_item(), _body())
    op.create_index("ix_capture_item", "capture", ["item"])
    op.create_table(
        "appearance", _event_key(), _of_item(), sa.Column("posted_unix_s", sa.Float(53), nullable=False), _body()
    )
    op.create_index("ix_appearance_item", "appearance", ["item"])
    op.create_index("ix_appearance_posted_unix_s", "appearance", ["posted_unix_s"])
    op.create_table("source", sa.Column("id", sa.String(64), primary_key=True), _body(), _event())
    op.create_table(
        "claim",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(64), sa.ForeignKey("source.id"), nullable=False),
        _body(),
        _event(),
    )
    op.create_index("ix_claim_source", "claim", ["source"])
    op.create_table(
        "mark",
        sa.Column("id", sa.String(64), primary_key=True),
        _of_item(),
        _body(),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        _event(),
    )
    op.create_index("ix_mark_item", "mark", ["item"])
    op.create_table(
        "result",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("line", sa.String(64), nullable=False),
        _of_item(),
        sa.Column("space", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("superseded_by", sa.String(32)),
        _body(),
        _event(),
    )
    op.create_index("ix_result_line_item", "result", ["line", "item"])
    op.create_table(
        "assessment",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        _body(),
        _event(),
    )
    op.create_table("review", _event_key(), sa.Column("subject", sa.String(32), nullable=False), _body())
    op.create_index("ix_review_subject", "review", ["subject"])
    op.create_table(
        "bearing",
        _event_key(),
        sa.Column("element", sa.String(128), nullable=False),
        sa.Column("result", sa.String(32), nullable=False),
        _body(),
    )
    op.create_index("ix_bearing_element", "bearing", ["element"])
    op.create_index("ix_bearing_result", "bearing", ["result"])


def downgrade() -> None:
    for table in (
        "bearing",
        "review",
        "assessment",
        "result",
        "mark",
        "claim",
        "source",
        "appearance",
        "capture",
        "item",
        "setting",
        "event",
    ):
        op.drop_table(table)
