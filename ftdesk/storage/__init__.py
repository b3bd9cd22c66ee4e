"""What survives a restart: folders, atomic file writes, one SQLite database, secrets."""
