"""The database role that functions and API use: it reads and writes rows and owns nothing."""

from psycopg import sql

from heaters.catalog.connection import Connection


def ensure_application_role(connection: Connection, role: str) -> None:
    """Create the role if it is missing and grant it every table; on Aurora it signs in by IAM.

    Runs after every migration, as the owner of the schema, so that new tables are granted too.
    """
    name = sql.Identifier(role)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('heaters application role'))")
        if not _has_role(connection, role):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        if _has_role(connection, "rds_iam"):
            connection.execute(sql.SQL("GRANT rds_iam TO {}").format(name))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        connection.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name)
        )


def _has_role(connection: Connection, role: str) -> bool:
    row = connection.execute("SELECT FROM pg_roles WHERE rolname = %(role)s", {"role": role}).fetchone()
    return row is not None
