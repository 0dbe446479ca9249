"""What the demo's application expects of its database, as a profile."""

import msgspec

from wizard.demo import incident

_DATABASE = """# The demo's profile. The server is private to this run.
environment = "{environment}"

[target]
dsn = {dsn}
database = "{database}"

[keys]
"users.id" = "varchar(36)"
"organizations.id" = "varchar(36)"
"documents.id" = "varchar(36)"

[expect]
tables = ["folders", "pipeline_templates", "pipeline_template_stages", "rbac_audit_logs"]
least_tables = 170
row_counts = ["users", "organizations"]

[alembic]
script_location = "{scripts}"
"""
_SERVICES = """
[[http]]
name = "backend health endpoint"
url = "{url}/health"
status = 200
json = {{ status = "healthy" }}

[[http]]
name = "frontend"
url = "{url}/"
status = 200
"""


def profile_text(
    dsn: str,
    database: str = incident.PRODUCTION,
    *,
    environment: str = "production",
    url: str | None = None,
) -> str:
    """The profile's file; with the checks of the application's services if their URL is given."""
    text = _DATABASE.format(
        environment=environment,
        # JSON's strings are TOML's.
        dsn=msgspec.json.encode(dsn).decode(),
        database=database,
        scripts=incident.SCRIPT_LOCATION,
    )
    return text if url is None else text + _SERVICES.format(url=url)
