"""Custom browser components: plain JavaScript, CSS and the Python that feeds them."""
