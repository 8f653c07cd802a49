"""What is inside a file: probe, poster, AI label and transcoding. Knows no AWS."""
