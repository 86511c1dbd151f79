"""Telegram: updates in (long polling or webhook), messages out. Nothing is acknowledged before it is stored."""
