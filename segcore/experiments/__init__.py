"""Short trainings that lessons run as jobs."""
