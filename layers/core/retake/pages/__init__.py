"""The web pages that Retake makes: whole documents, with their style and script inside."""
