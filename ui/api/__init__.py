"""Routes that the browser reads: curves, samples, thumbnails, pictures by address."""
