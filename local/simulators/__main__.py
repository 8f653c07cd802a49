"""`python -m local.simulators --port 0 --seconds 6 --json`: run the simulators until stopped."""

import argparse
import json
import logging
import signal
from threading import Event

from local.simulators.server import Simulators


def main() -> None:
    """Start, say where, wait for SIGINT or SIGTERM, close."""
    parser = argparse.ArgumentParser(prog="python -m local.simulators", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seconds", type=float, default=6.0, help="how long a job takes")
    parser.add_argument("--json", action="store_true", help="say where as one JSON line")
    parser.add_argument("--settings", type=json.loads, default={}, help="switches, a JSON object")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.ERROR)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Simulators(port=options.port, seconds=options.seconds, **options.settings) as simulators:
        where = {"port": simulators.port, "url": simulators.url, "base_urls": simulators.base_urls}
        print(json.dumps(where) if options.json else f"simulators at {simulators.url}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
