"""The first form of the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("scopes", WORDS, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "consent",
        sa.Column("customer", WORDS, nullable=False),
        sa.Column("turn", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", WORDS, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("customer", "turn", "place"),
    )
    op.create_table(
        "customer",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("publication", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("turns", sa.BigInteger(), nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=True),
        sa.Column("parked_because", WORDS, nullable=True),
        sa.Column("merged_into", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _partial("customer_due", "customer", ["wake_at", "id"], "wake_at IS NOT NULL AND parked_at IS NULL")
    _partial("customer_merged", "customer", ["merged_into"], "merged_into IS NOT NULL")
    _partial("customer_parked", "customer", ["parked_at"], "parked_at IS NOT NULL")
    op.create_table(
        "inbox",
        sa.Column("customer", WORDS, nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("customer", "source", "id"),
    )
    _partial("inbox_of_customer", "inbox", ["customer", "at"], "status = 'pending'")
    _partial("inbox_oldest", "inbox", ["at", "customer"], "status = 'pending'")
    op.create_table(
        "job",
        sa.Column("name", WORDS, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.LargeBinary(), nullable=False),
        sa.Column("ran_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "offer",
        sa.Column("touch", WORDS, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer", WORDS, nullable=False),
        sa.Column("enrollment", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("visit", sa.BigInteger(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("touch", "number"),
    )
    op.create_index(
        "offer_of_touch",
        "offer",
        ["customer", "enrollment", "entry", "visit", "occurrence", "touch"],
        unique=True,
    )
    op.create_table(
        "outbox",
        sa.Column("customer", WORDS, nullable=False),
        sa.Column("enrollment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurrence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("journey", WORDS, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("publication", sa.BigInteger(), nullable=False),
        sa.Column("touch", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("person", WORDS, nullable=True),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("unsure", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", WORDS, nullable=True),
        sa.Column("receipt", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("customer", "enrollment", "entry", "visit", "occurrence"),
    )
    _partial("outbox_failed", "outbox", ["settled_at"], "status = 'failed'")
    _partial("outbox_waiting", "outbox", ["channel", "next_at"], "status = 'waiting'")
    _partial("outbox_to_us", "outbox", ["channel", "person", "next_at"], "status = 'waiting' AND person IS NOT NULL")
    op.create_table(
        "publication",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", WORDS, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("layout", sa.LargeBinary(), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "setting",
        sa.Column("name", WORDS, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "turn",
        sa.Column("customer", WORDS, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("publication", sa.BigInteger(), nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("signals", sa.LargeBinary(), nullable=False),
        sa.Column("whys", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "number"),
    )
    op.create_index("turn_by_age", "turn", ["at"])
    op.create_table(
        "version",
        sa.Column("journey", WORDS, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", WORDS, nullable=False),
        sa.Column("publication", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "number"),
    )
