"""Who was erased is found, until their ids are gone too."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("customer", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    where = sa.text("erased_at IS NOT NULL")
    op.create_index("customer_erased", "customer", ["erased_at"], sqlite_where=where, postgresql_where=where)
