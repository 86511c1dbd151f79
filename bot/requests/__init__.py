"""What persons ask of their own data, through somebody of the staff: on record, with a time by which it is done."""
