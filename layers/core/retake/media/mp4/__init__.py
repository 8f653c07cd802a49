"""The boxes, tracks and fragments of an MP4 file, read from bounded ranges."""
