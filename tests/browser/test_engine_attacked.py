"""A page that somebody has open attacks the engine on their machine, in a real browser."""

import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from local.emulator.clients import Clients
from local.emulator.engine import Engine

KEY = "RETAKE0123456789"
# Everything that a page can send across origins without being asked first, and what is asked first.
ATTACK = """
const [engine, done] = [arguments[0], arguments[1]];
const create = engine + '/2015-03-31/functions?X-Amz-Credential=KEY/x';
const json = {'content-type': 'application/json'}, said = [], body = '{"FunctionName": "evil"}';
const heard = (name, sent) => sent.then(
  (answer) => said.push(name + ' ' + (answer.type === 'opaque' ? 'opaque' : answer.status)),
  () => said.push(name + ' failed'));
Promise.all([
  heard('simple', fetch(create, {method: 'POST', mode: 'no-cors', body})),
  heard('json', fetch(create, {method: 'POST', headers: json, body})),
  heard('read', fetch(engine + '/_ministack/ready')),
  heard('bucket', fetch(engine + '/evil?X-Amz-Credential=KEY/x', {method: 'PUT'})),
]).then(() => done(said));
""".replace("KEY", KEY)
REBOUND = """
const done = arguments[0];
fetch('/2015-03-31/functions?X-Amz-Credential=KEY/x', {method: 'POST', body: '{}'})
  .then(async (answer) => done([answer.status, await answer.text()]));
""".replace("KEY", KEY)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(access_key=KEY) as engine:
        yield engine


@pytest.fixture
def attacker(tmp_path: Path) -> Iterator[str]:
    """The address of somebody's page, whose name leads to this machine."""
    (tmp_path / "index.html").write_text("<title>harmless</title>")
    handler = partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://evil.test:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture
def chrome(tmp_path: Path) -> Iterator[Chrome]:
    options = Options()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for argument in (
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP *.test 127.0.0.1",
        f"--user-data-dir={tmp_path / 'profile'}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ):
        options.add_argument(argument)
    chrome = Chrome(
        options=options, service=Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
    )
    try:
        yield chrome
    finally:
        chrome.quit()


def made(engine: Engine) -> tuple[list[Any], list[Any]]:
    clients = Clients(engine.url, KEY)
    functions = clients.functions.list_functions()["Functions"]
    return functions, clients.s3.list_buckets()["Buckets"]


def test_a_page_of_another_origin_makes_nothing_and_reads_nothing(
    chrome: Chrome, engine: Engine, attacker: str
) -> None:
    chrome.get(attacker)

    said = chrome.execute_async_script(ATTACK, engine.url)

    assert {each.split()[1] for each in said} <= {"opaque", "failed"}
    assert made(engine) == ([], [])


def test_a_name_that_was_rebound_to_this_machine_is_refused(chrome: Chrome, engine: Engine) -> None:
    chrome.get(f"http://rebound.test:{engine.port}/")

    status, text = chrome.execute_async_script(REBOUND)

    assert status == 403
    assert "this machine only" in text
    assert made(engine) == ([], [])
