"""The assistant: asks the Rasa process what to say. Only `rasa_side` imports rasa."""
