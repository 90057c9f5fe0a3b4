"""The database, SQLite or PostgreSQL: the only folder that imports SQLAlchemy and psycopg."""
