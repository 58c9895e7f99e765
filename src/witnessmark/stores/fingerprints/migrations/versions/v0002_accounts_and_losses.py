"""Who posted a recording and where, as far as recorded; and takedowns of what was lost and may come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what older versions wrote knows of no account, and lost nothing."""
    with op.batch_alter_table("fp_seen") as seen:
        seen.add_column(sa.Column("account", sa.Text, nullable=False, server_default=""))
        seen.add_column(sa.Column("url", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("fp_takedown") as takedown:
        takedown.add_column(sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()))
