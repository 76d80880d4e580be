"""Made texts that ember learns from."""
