"""Where lines get what the item does not hold: elevation, weather, place names; each says what it read."""
