"""Lines of inquiry: each one method that examines items and answers one question."""
