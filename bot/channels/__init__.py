"""Channels translate in and out, nothing else. Both pass the contract tests in tests/channels."""
