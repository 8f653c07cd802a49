"""Retake: video edits by instruction, inside your own AWS account."""
