"""What is inside a file: probe, poster, AI label, transcoding. Knows no AWS."""
