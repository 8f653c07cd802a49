"""What an end-to-end test works with: a running stack, its messages, and a clip to drop."""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from local.emulator.running_stack import InboxVersion, Record, Stack
from local.emulator.topic_inbox import Message

# Providers that call back: as if each had called this stack before.
CALLING = ("novita", "evolink", "fal")
RATE = 44_100
SAMPLES = 1024


class Stage(Stack):
    """A stack seen by a test: besides what any user sees, the queue behind the door."""

    def __init__(
        self, stack: Stack, outputs: Mapping[str, str], *, has_been_called: bool = True
    ) -> None:
        super().__init__(stack.address)
        self.outputs = outputs
        for provider in CALLING if has_been_called else ():
            self.clients.dynamodb.put_item(
                TableName=self.address.table_name,
                Item={"pk": {"S": f"callbacks#{provider}"}, "called_at": {"S": "2026-01-01"}},
            )
        self._mailbox = self.subscribe()

    def messages(self, edit_id: str | None = None) -> list[Message]:
        """Every completion message so far, of one edit if given, in SNS envelopes."""
        return self._mailbox.messages(edit_id)

    def told(self, edit_id: str, patience: float = 60) -> Record:
        """The record once the edit is finished and told of, however its execution ended."""
        give_up_at = time.monotonic() + patience
        while time.monotonic() < give_up_at:
            record = self.record(edit_id) or {}
            if "finished_at" in record and "notified_at" in record:
                return record
            time.sleep(0.3)
        raise AssertionError(f"{edit_id} was not told of within {patience} s: {record}")

    def entries(self, record: Record) -> list[dict[str, Any]]:
        """What the simulators entered about the job of one edit."""
        task_id = record.get("provider_task_id")
        return [each for each in self.ledger()["entries"] if task_id and each["job_id"] == task_id]

    def announce(self, upload: InboxVersion, times: int = 1) -> None:
        """Tell the intake queue of an upload, as S3 does through EventBridge and may do again."""
        event = self.event_of(upload)
        for _ in range(times):
            self.say(event)

    def say(self, event: Mapping[str, Any]) -> None:
        """Put an event into the intake queue."""
        self.clients.sqs.send_message(
            QueueUrl=self.outputs["IntakeQueueUrl"], MessageBody=json.dumps(event)
        )

    def event_of(self, upload: InboxVersion) -> dict[str, Any]:
        """What EventBridge says of an upload."""
        inbox = self.address.inbox_bucket
        head = self.clients.s3.head_object(Bucket=inbox, Key=upload.key)
        told = {
            "key": upload.key,
            "size": head["ContentLength"],
            "etag": head["ETag"].strip('"'),
            "version-id": upload.version_id,
            "sequencer": "00617F08299329D189",
        }
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "000000000000",
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.address.region,
            "resources": [f"arn:aws:s3:::{inbox}"],
            "detail": {
                "version": "0",
                "bucket": {"name": inbox},
                "object": told,
                "request-id": "N4N7GDK58NMKJ12R",
                "requester": "000000000000",
                "source-ip-address": "127.0.0.1",
                "reason": "PutObject",
            },
        }


def film(path: Path, *, seconds: float = 3.0, width: int = 1280, height: int = 720) -> Path:
    """A clip with a moving bar and a tone, at 24 frames a second; quick to make and to edit."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for number in range(round(seconds * 24)):
            pixels = np.full((height, width, 3), (96, 144, 200), np.uint8)
            pixels[:, number * 8 % width : number * 8 % width + 80] = (240, 220, 60)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(picture.encode())
        for start in range(0, round(seconds * RATE), SAMPLES):
            wave = np.sin(np.arange(start, start + SAMPLES) * 2 * np.pi * 440 / RATE)
            tone = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
            tone.sample_rate, tone.pts, tone.time_base = RATE, start, Fraction(1, RATE)
            container.mux(sound.encode(tone))
        container.mux(sound.encode())
    return path


class Photocopier:
    """A developer for the simulators that hands the clip back unchanged, for tests of many."""

    def develop(self, source: Path, destination: Path, **asked: Any) -> None:
        destination.write_bytes(source.read_bytes())

    def imagine(self, destination: Path, **asked: Any) -> None:
        raise NotImplementedError("This developer only copies.")
