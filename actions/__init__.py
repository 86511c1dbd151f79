"""Rasa custom actions, one file a topic, thin: tracker in; slots, replies and commands out. They only read."""
