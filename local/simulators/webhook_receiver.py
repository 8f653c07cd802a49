"""A receiver of webhooks on this machine: `http://127.0.0.1:PORT/_webhooks/anything`.

A POST is remembered as it came and answered with 204, or with what its query says (`answer`, a
status, and `seconds`, a wait before it). A GET tells all that came.
"""

import threading
from typing import Any

from local.simulators.exchange import HttpCall, HttpReply, json_reply

PATH = "/_webhooks"
MAX_KEPT = 200


class WebhookReceiver:
    """Whoever wants to be told, as a stack on this machine meets it."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._lock = threading.Lock()
        self._came: list[dict[str, Any]] = []

    def answer(self, call: HttpCall) -> HttpReply:
        """The reply to a call below PATH."""
        if call.method != "POST":
            with self._lock:
                return json_reply(200, {"webhooks": list(self._came)})
        status, seconds = call.query.get("answer", "204"), call.query.get("seconds", "0")
        if not (status.isdigit() and seconds.isdigit() and 200 <= int(status) <= 599):
            return json_reply(400, {"error": "answer is a status, and seconds a whole number"})
        with self._lock:
            headers = {name: value for name, value in call.headers.items() if "webhook" in name}
            # As it came, byte for byte: its signature is over them.
            came = {"path": call.path, "headers": headers, "body": call.body.decode()}
            self._came = [*self._came, came][-MAX_KEPT:]
        self._stopping.wait(int(seconds))
        return HttpReply(int(status))
