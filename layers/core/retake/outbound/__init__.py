"""The only way out over HTTP: guarded, bounded, and never repeated by itself."""
