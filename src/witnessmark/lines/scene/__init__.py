"""Whether two pieces of footage show the same place, however far apart in time they were filmed."""
