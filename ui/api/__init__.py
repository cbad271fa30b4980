"""Routes that the browser reads: curves, samples, thumbnails, published images."""
