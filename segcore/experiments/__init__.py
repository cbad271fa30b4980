"""Short trainings and measurements that lessons run as jobs; `live_training` holds the loop that they share."""
