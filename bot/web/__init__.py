"""The shared parts of all pages: rendering, texts, static files, security headers, error pages."""
