"""What tests of the on-call room share: conversations to raise alerts in, and the danger model."""

from tests.safety.conftest import danger_model, new_conversation

__all__ = ["danger_model", "new_conversation"]
