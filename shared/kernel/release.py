"""The release of this code; the same as in pyproject.toml."""

RELEASE = "0.1.0"
