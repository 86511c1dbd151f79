"""The web chat: one browser session is one conversation; what is in the transcript is delivered."""
