"""What runs inside the Rasa process. It holds neither a database nor a key, and keeps nothing between two turns."""
