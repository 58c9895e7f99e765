"""What an investigator does; the only room that wires the others."""
