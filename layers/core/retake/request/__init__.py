"""From what somebody dropped or sent to one validated request."""
