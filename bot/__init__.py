"""Pendamping: a counselling-support assistant. The rooms of the house are listed in docs/architecture.md."""
