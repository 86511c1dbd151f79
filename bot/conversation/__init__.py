"""Inbox, turn, outbox, transcript: every message has exactly one effect, and the bot never talks over a human."""
