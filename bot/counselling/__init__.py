"""The counselling core: stages, dimensions, alternatives, decisions, the structured note."""
