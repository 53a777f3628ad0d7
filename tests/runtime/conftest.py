from tests.databases import (
    database,
    database_url,
    migrated_postgres,
    migrated_sqlite,
    postgres_server,
    postgres_url,
)

__all__ = ["database", "database_url", "migrated_postgres", "migrated_sqlite", "postgres_server", "postgres_url"]
