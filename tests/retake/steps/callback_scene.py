"""A door for callbacks in a scene whose provider calls back."""

from typing import Any

from retake.aws.dynamodb import ConditionFailed
from retake.aws.dynamodb_changes import Change
from retake.domain.signed_links import LinkSecrets, Signer
from retake.providers.callbacks import Callback
from retake.providers.contract import Report, Verdict
from retake.records.keys import edit_key
from retake.steps.callback import Call, callback_url, take_call

from virtual.scene import Scene

SIGNER = Signer(lambda: LinkSecrets((("a", b"a secret of at least 24 bytes"),)))
RUNNING = Report(verdict=Verdict.RUNNING)


class Door(Scene):
    """A scene whose provider calls back."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.woken: list[str] = []
        self.is_waiting = False  # whether somebody still waits under any token
        self.detail: Callback | Exception = Callback(task_id="task-1", claim=RUNNING)
        self.provider.read_callback = self._read

    def _wake(self, token: str) -> bool:
        self.woken.append(token)
        return self.is_waiting

    def _read(self, headers: Any, body: bytes) -> Callback:
        if isinstance(self.detail, Exception):
            raise self.detail
        return self.detail

    def call_for(self, edit: Any) -> Call:
        """The call a provider makes about the attempt that is prepared next."""
        url = callback_url("https://api.example", edit, SIGNER, self.records)
        provider, edit_id, attempt, token = url.split("/")[-4:]
        return Call(provider, edit_id, attempt, token, {}, b"{}")

    def take(self, call: Call) -> int:
        return take_call(
            call,
            records=self.records,
            signer=SIGNER,
            provider=lambda name: self.provider,
            wake=self._wake,
            proof=self.proof,
        )

    def listening(self) -> tuple[Any, Call]:
        """A running edit that listens, and the call about it."""
        edit = self.validated()
        call = self.call_for(edit)
        self.submit(edit, callback_url=lambda edit: "https://api.example/…")
        return self.now(edit), call

    def store_token(self, edit: Any, token: str) -> bool:
        """What Wait For Callback does; False when its condition fails."""
        seen = self.now(edit)
        if seen.callback_seq > seen.polled_seq:
            return False
        where = {"callback_seq": seen.callback_seq} if seen.callback_seq else {}
        try:
            self.table.write(
                Change(key=edit_key(edit.edit_id), set={"wake_token": token}, where=where)
            )
        except ConditionFailed:
            return False
        return True
