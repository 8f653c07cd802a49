"""A real browser before a running stack: Debian's Chromium, its driver, and the board of `up`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from retake.presentation.site import Site
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from command import link_minting as minting
from command.board_server import Front
from command.door import Door
from local.emulator.engine import WORKSHOP
from local.emulator.running_stack import Stack
from local.whole_stack import Studio
from tests.browser.screen import Screen
from tests.end_to_end.stage import film
from tests.functions.share_endpoint import Showroom

# As long as the board's own two seconds between two looks: every status can be seen on it.
PARAMETERS = {"FirstPollSeconds": "1", "MaxPollSeconds": "1", "SettleSeconds": "0"}
SECONDS = 4.0
SHOTS = WORKSHOP / "browser"


@dataclass(frozen=True)
class House:
    """A stack with its board served, and links to be made. `entrance` leads to the board."""

    stack: Stack
    mint: minting.Mint
    url: str
    entrance: str


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with Front(0) as front, Studio(seconds=SECONDS, parameters=PARAMETERS) as studio:
        address = replace(studio.stack.address, board_url=front.url)
        mint = minting.of_local(address)
        front.serve(Door.of_local(address), mint)
        yield House(studio.stack, mint, front.url, front.entrance)


class _Pages(BaseHTTPRequestHandler):
    """The board of a site in memory, as its function sends it."""

    site: Site

    def do_GET(self) -> None:
        _, _, token, *edits = self.path.split("/")
        sent = self.site.edits(token) if edits else self.site.board(token)
        body = sent.body.encode()
        self.send_response(sent.status)
        for name, value in {**sent.headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture(scope="session")
def empty_board() -> Iterator[str]:
    """The address of a board that has no edits and no stack behind it."""
    room = Showroom()
    pages = type("Pages", (_Pages,), {"site": room.site})
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/board/{room.board_token()}"
        server.shutdown()


@pytest.fixture
def page(screen: Screen, empty_board: str) -> Screen:
    """The board, to be told by its test what there is."""
    screen.open(empty_board)
    screen.until(lambda: "Looking" not in screen.text("#state"), "the first answer came")
    return screen


@pytest.fixture(scope="session")
def _chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = Options()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for argument in (
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",  # containers have 64 MB of it
        "--mute-audio",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox cannot be set up by root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")
    chrome = Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture
def screen(_chromium: Chrome) -> Iterator[Screen]:
    """A desktop window, light, with nothing in it; no test may leave an error in its console."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    screen = Screen(_chromium, SHOTS)
    screen.clear()
    yield screen
    errors = screen.errors()
    screen.clear()
    assert errors == []


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 1280 x 720 with sound, which every model accepts."""
    return film(tmp_path_factory.mktemp("clips") / "clip.mp4")
