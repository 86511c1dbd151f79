"""Benchmarks against a stated peer: a turn through the whole product beside a bare turn of a stock Rasa assistant."""
