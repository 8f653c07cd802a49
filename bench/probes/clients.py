"""Peers waiting for many jobs at once; run by the interpreter of their own environment.

    python clients.py fal|fal-1|fal-10|replicate URL JOBS CLIP_URL

Prints {"known": {job id: Unix time}, "cpu": seconds}.
"""

import asyncio
import json
import sys
import time
from typing import Any

APPLICATION = "fal-ai/kling-video/o1/video-to-video/edit"


async def fal(url: str, jobs: int, clip: str, interval: float | None) -> dict[str, float]:
    import fal_client
    import fal_client.client

    vars(fal_client.client)["QUEUE_URL_FORMAT"] = f"{url}/"
    client = fal_client.AsyncClient(key="test-key")
    asked = {"prompt": "make it snow", "video_url": clip, "keep_audio": True}
    known = {}

    async def one() -> None:
        handle = await client.submit(APPLICATION, asked)
        every = {} if interval is None else {"interval": interval}
        async for _ in handle.iter_events(with_logs=False, **every):
            pass
        known[handle.request_id] = time.time()
        await handle.get()

    await asyncio.gather(*(one() for _ in range(jobs)))
    return known


async def replicate(url: str, jobs: int, clip: str) -> dict[str, float]:
    from replicate.client import Client

    client = Client(api_token="test-key", base_url=url)
    known = {}

    async def one() -> None:
        made: Any = await client.predictions.async_create(version="v", input={"video": clip})
        await made.async_wait()
        known[made.id] = time.time()

    await asyncio.gather(*(one() for _ in range(jobs)))
    return known


def main() -> None:
    name, url, jobs, clip = sys.argv[1:]
    if name == "replicate":
        work = replicate(url, int(jobs), clip)
    else:
        interval = name.partition("-")[2]
        work = fal(url, int(jobs), clip, float(interval) if interval else None)
    known = asyncio.run(work)
    print(json.dumps({"known": known, "cpu": time.process_time()}))


if __name__ == "__main__":
    main()
