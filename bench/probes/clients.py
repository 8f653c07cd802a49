"""Peers waiting for many jobs at once; run by the interpreter of their own environment.

    python clients.py fal|fal-1 URL JOBS CLIP_URL

Prints {"known": {job id: Unix time}, "cpu": seconds}.
"""

import asyncio
import json
import sys
import time

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


def main() -> None:
    name, url, jobs, clip = sys.argv[1:]
    interval = name.partition("-")[2]
    known = asyncio.run(fal(url, int(jobs), clip, float(interval) if interval else None))
    print(json.dumps({"known": known, "cpu": time.process_time()}))


if __name__ == "__main__":
    main()
