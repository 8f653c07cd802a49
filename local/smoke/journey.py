"""How the stack behaves: uploads and one edit, and that what they leave is removed again."""

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from local.smoke.account import Account
from local.smoke.cleanup import Traces, remove_object
from local.smoke.findings import Broken, LeftOut
from local.smoke.history import listening_ends
from local.smoke.mailbox import Mailbox
from local.smoke.readiness import DEPLOY, has_key

TAKEN_IN_SECONDS = 120
EDIT_SECONDS = 1200
ERASED_SECONDS = 90
LINES_SECONDS = 120  # CloudWatch shows a line within seconds, mostly
CLIP_SECONDS = 3.0  # the shortest that models take, and so the cheapest
# What URLs, events and signatures spell differently.
ODD_NAME = "é ü +%41 (1) & 'q'.mp4"
Message = dict[str, Any]


class Walk:
    """One pass through the stack. Each check uses what the ones before it made."""

    def __init__(
        self,
        account: Account,
        traces: Traces,
        *,
        model: str | None = None,
        may_spend: Callable[[str, float], bool] = lambda model, usd: False,
    ) -> None:
        self._account = account
        self._traces = traces
        self._may_spend = may_spend
        self._token = uuid.uuid4().hex[:12]
        self._canary = f"smoke-canary-{self._token}"
        self._model = model or account.parameters.get("DefaultModel", "novita/kling-o1-edit")
        self._began_at = time.time()
        self._mailbox: Mailbox | None = None
        self._refused: Message | None = None
        self._clip_key: str | None = None
        self._quoted_usd: float | None = None
        self._edit: Message | None = None
        self._edit_ids: list[str] = []

    # ------------------------------------------------ from an upload to a message

    def a_queue_can_hear_the_topic(self) -> str:
        self._mailbox = Mailbox(self._account, self._traces)
        return "subscribed for as long as this runs"

    def a_file_that_is_no_video_is_refused_by_message(self) -> str:
        """S3 → EventBridge → SQS → Lambda → Step Functions → SNS."""
        mailbox = self._heard()
        key = f"{self._account.outputs.get('InboxPrefix', '')}retake-smoke/{self._token}/{ODD_NAME}"
        put = self._put(key, b"this is no video", prompt=self._canary)

        def is_ours(message: Message) -> bool:
            return bool(message.get("upload", {}).get("key") == key)

        began = time.monotonic()
        message = mailbox.message(is_ours, seconds=TAKEN_IN_SECONDS)
        if message is None:
            raise Broken(
                f"no message within {TAKEN_IN_SECONDS} s",
                "look for the upload in the intake log, the dead-letter queue and the executions",
            )
        self._refused = message
        self._edit_ids.append(message["edit_id"])
        told = (message["status"], message.get("reason"))
        _expect(told == ("REJECTED", "NOT_A_VIDEO"), f"it was told of as {told}")
        versions = (message["upload"].get("version_id"), put)
        _expect(versions[0] == versions[1], f"another version was taken: {versions}")
        return f"in {time.monotonic() - began:.0f} s, its name and version unharmed"

    def the_refused_edit_is_seen_through_the_api(self) -> str:
        if self._refused is None:
            raise LeftOut("there is none")
        answer = self._account.call("GET", f"/edits/{self._refused['edit_id']}")
        _expect(answer.status == 200, f"GET /edits/… answered {answer.status}")
        _expect(answer.json["status"] == "REJECTED", f"it is {answer.json['status']} there")
        _expect("provider_task_id" not in answer.json, "a provider was asked")
        return ""

    # ------------------------------------------------ up to the paid call

    def a_form_takes_a_clip_from_here(self) -> str:
        said = {"file_name": "smoke.mp4", "content_type": "video/mp4"}
        answer = self._account.call("POST", "/uploads", said)
        _expect(answer.status == 201, f"POST /uploads answered {answer.status}")
        form, bucket = answer.json, self._account.outputs["InboxBucketName"]
        self._traces.add("clip", lambda: remove_object(self._account, bucket, form["key"]))
        sent = self._account.send("POST", form["url"], *_multipart(form["fields"], _film()))
        _expect(sent.status in (200, 201, 204), f"S3 answered the form with {sent.status}")
        self._clip_key = form["key"]
        return ""

    def a_quote_is_given_for_it(self) -> str:
        if self._clip_key is None:
            raise LeftOut("no clip lies there")
        asked = {"prompt": self._canary, "source": self._clip_key, "model": self._model}
        answer = self._account.call("POST", "/quotes", asked)
        _expect(answer.status == 200, f"POST /quotes answered {answer.status}")
        (quote,) = (it for it in answer.json["quotes"] if it["model"] == self._model)
        _expect(quote["is_accepted"], f"{self._model} would not take it: {quote.get('refusal')}")
        self._quoted_usd = quote["quoted_usd"]
        return f"{self._model}, {CLIP_SECONDS:.0f} s, ${self._quoted_usd:.2f}"

    # ------------------------------------------------ the paid call

    def one_edit_is_made_and_told_of(self) -> str:
        usd = self._quoted_usd
        if usd is None:
            raise LeftOut("there is no quote")
        if not has_key(self._account, self._model.partition("/")[0]):
            raise LeftOut(f"no key for {self._model.partition('/')[0]}")
        if not self._may_spend(self._model, usd):
            raise LeftOut(f"it would cost about ${usd:.2f}; SPEND=yes makes it")
        mailbox = self._heard()
        wanted = {"prompt": self._canary, "source": self._clip_key, "model": self._model}
        key = {"idempotency-key": f"smoke-{self._token}"}
        answer = self._account.call("POST", "/edits", wanted, key)
        _expect(answer.status == 202, f"POST /edits answered {answer.status}")
        edit_id = answer.json["edit_id"]
        self._edit_ids.append(edit_id)
        again = self._account.call("POST", "/edits", wanted, key)
        _expect(again.json.get("edit_id") == edit_id, "the same call twice is two edits")
        message = mailbox.message(lambda it: it.get("edit_id") == edit_id, seconds=EDIT_SECONDS)
        if message is None:
            raise Broken(f"no message within {EDIT_SECONDS} s", f"follow {edit_id} by its record")
        self._edit = message
        if message["status"] != "SUCCEEDED":
            raise Broken(
                f"{message['status']} ({message.get('reason')}): {message.get('message')}",
                "docs/messages.md says what the reason means",
            )
        return f"{edit_id}, ${message['cost'].get('billed_usd', 0):.2f}"

    def its_provider_called_back(self) -> str:
        if self._edit is None:
            raise LeftOut("no edit was made")
        item = self._account.client("dynamodb").get_item(
            TableName=self._account.outputs["TableName"],
            Key={"pk": {"S": f"edit#{self._edit['edit_id']}"}},
        )["Item"]
        if "listens" not in item:
            raise LeftOut(f"{self._model} does not call back")
        calls = int(item.get("callback_seq", {}).get("N", 0))
        if calls == 0:
            raise Broken(
                "it was not called about, only polled",
                "see whether the provider can reach ApiUrl, and the callback log for refusals",
            )
        return f"{calls} times"

    def a_call_woke_the_workflow(self) -> str:
        """SendTaskSuccess by the callback's role, on this one machine."""
        if self._edit is None:
            raise LeftOut("no edit was made")
        ends = listening_ends(self._history(self._edit["edit_id"]))
        if not ends:
            raise LeftOut("it never waited for a call")
        if "TaskSucceeded" in ends:
            return ""
        if ends[-1].endswith("ConditionalCheckFailedException"):
            raise LeftOut("it was called while it did not wait")
        raise Broken(
            f"it waited {len(ends)} times and nobody woke it ({', '.join(sorted(set(ends)))})",
            "the callback log says whether it may; states:SendTaskSuccess on this machine",
        )

    def _history(self, edit_id: str) -> list[dict[str, Any]]:
        machine = self._account.outputs["StateMachineArn"]
        executions = machine.replace(":stateMachine:", ":execution:")
        client = self._account.client("stepfunctions")
        found = client.get_execution_history(
            executionArn=f"{executions}:{edit_id}", maxResults=1000
        )
        return list(found["events"])

    def its_video_is_behind_a_link(self) -> str:
        if self._edit is None or "result" not in self._edit:
            raise LeftOut("there is no result")
        answer = self._account.call("GET", f"/edits/{self._edit['edit_id']}/video")
        _expect(answer.status == 307, f"GET /edits/…/video answered {answer.status}")
        video = self._account.send("GET", answer.headers["location"])
        _expect(video.status == 200, f"the link answered {video.status}")
        size = self._edit["result"]["size_bytes"]
        _expect(len(video.body) == size, f"{len(video.body)} bytes came instead of {size}")
        return f"{size / 1e6:.1f} MB"

    def its_page_is_behind_the_link_of_the_message(self) -> str:
        if self._edit is None or "share_url" not in self._edit:
            raise LeftOut("no message carried one")
        page = self._account.send("GET", self._edit["share_url"])
        _expect(page.status == 200, f"the page answered {page.status}")
        _expect(b"<html" in page.body.lower(), "it is no page")
        return ""

    # ------------------------------------------------ what was written on the way

    def logs_have_lines_and_hold_no_secret(self) -> str:
        groups = self._account.resources("AWS::Logs::LogGroup")
        give_up_at = time.monotonic() + LINES_SECONDS
        while next(self._lines(groups["IntakeLogGroup"]), None) is None:
            if time.monotonic() > give_up_at:
                raise Broken("the intake function has written nothing", DEPLOY)
            time.sleep(2)
        for logical, name in groups.items():
            for line in self._lines(name):
                if self._gives_away(line):
                    raise Broken(f"{logical} holds a prompt or a signature", "report it")
        return f"{len(groups)} groups"

    def _lines(self, group: str) -> Iterator[str]:
        """What was written to a log group since this began."""
        pages = self._account.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group, startTime=int(self._began_at * 1000)):
            yield from (event["message"] for event in page["events"])

    def _gives_away(self, text: str) -> bool:
        return any(word in text for word in (self._canary, "X-Amz-Signature="))

    def histories_hold_no_secret(self) -> str:
        for edit_id in self._edit_ids:
            said = json.dumps(self._history(edit_id), default=str)
            if self._gives_away(said) or "/share/" in said:
                raise Broken(f"that of {edit_id} holds a prompt or a signature", "report it")
        return f"{len(self._edit_ids)} executions"

    def what_was_edited_can_be_erased(self) -> str:
        for edit_id in self._edit_ids:
            self._erase(edit_id)
        return f"{len(self._edit_ids)} edits; their records keep only status and price"

    def _erase(self, edit_id: str) -> None:
        give_up_at = time.monotonic() + ERASED_SECONDS
        seen = self._account.call("DELETE", f"/edits/{edit_id}")
        while not (seen.status == 200 and "erased_at" in seen.json):
            late = time.monotonic() > give_up_at
            if late or seen.status not in (200, 202, 409):
                raise Broken(
                    f"{edit_id} is not erased ({seen.status})",
                    "the log of the erase function says why; the sweep goes on trying",
                )
            time.sleep(1)
            again = "DELETE" if seen.status == 409 else "GET"  # 409: not announced yet
            seen = self._account.call(again, f"/edits/{edit_id}")
        failed = [it for it in seen.json["erasure"]["receipt"] if it["fate"] == "FAILED"]
        if failed:
            raise Broken(f"{failed[0]['what']}: {failed[0].get('message')}", "finish it by hand")

    # ------------------------------------------------ how it is done

    def _heard(self) -> Mailbox:
        if self._mailbox is None:
            raise LeftOut("nothing hears the topic")
        return self._mailbox

    def _put(self, key: str, body: bytes, **metadata: str) -> str:
        bucket, s3 = self._account.outputs["InboxBucketName"], self._account.client("s3")
        self._traces.add("upload", lambda: remove_object(self._account, bucket, key))
        answer = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata)
        return str(answer.get("VersionId"))


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise, "the log of the function that answers says more")


def _film() -> bytes:
    from local.sample import make_clip

    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "smoke.mp4", duration_seconds=CLIP_SECONDS, fps=24)
        return clip.read_bytes()


def _multipart(fields: dict[str, str], file: bytes) -> tuple[bytes, dict[str, str]]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = b"".join([*parts, head.encode(), file, f"\r\n--{mark}--\r\n".encode()])
    return body, {"content-type": f"multipart/form-data; boundary={mark}"}
