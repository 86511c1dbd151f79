"""The database: engine, unit of work, encryption, wake-ups, migrations. The same code for SQLite and PostgreSQL."""
