"""Actions of the smallest Rasa project that shows what the channel promises."""
