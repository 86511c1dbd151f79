"""The pure dialogue model: state and what was heard in, a move out. Nothing else decides what comes next."""

from bot.counselling.dialogue.respond import respond

__all__ = ["respond"]
