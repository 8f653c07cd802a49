"""Lambda's Runtime API for one invocation, and a function that AWS's own client runs against it.

Lambda Developer Guide, "Using the Lambda runtime API": next, response, error, and init/error.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.judges.reference import HOME

CLIENT = (str(HOME / "bin/python"), "-m", "awslambdaric")
SECONDS = 90
REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


@dataclass(frozen=True)
class Answer:
    """`kind` is response, error or init/error, as the client chose to say it."""

    kind: str
    said: Any
    log: str


def invoke(function: Path, layers: list[Path], variables: Mapping[str, str], event: Any) -> Answer:
    """One cold start of a built function, and its answer to one event."""
    answers: list[tuple[str, Any]] = []
    is_done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answers:  # the second question: Lambda would freeze it here
                is_done.wait()
                return
            body = json.dumps(event).encode()
            self.send_response(200)
            deadline = str(int((time.time() + SECONDS) * 1000))
            for name, value in {
                "Lambda-Runtime-Aws-Request-Id": REQUEST,
                "Lambda-Runtime-Deadline-Ms": deadline,
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.path.partition("/runtime/")[2].removeprefix(f"invocation/{REQUEST}/")
            answers.append((kind, json.loads(said)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            is_done.set()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    process = subprocess.Popen(
        [*CLIENT, "app.handler"],
        cwd=function,
        env=_environment(function, layers, variables, server.server_port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        is_done.wait(SECONDS)
    finally:
        process.kill()
        log, _ = process.communicate()
        server.shutdown()
        server.server_close()
    assert answers, f"It said nothing within {SECONDS} s: {log}"
    return Answer(*answers[0], log)


def _environment(
    function: Path, layers: list[Path], variables: Mapping[str, str], port: int
) -> dict[str, str]:
    """What Lambda sets, and what the template does; nothing of this machine."""
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(str(layer / "python") for layer in layers),
        "PYTHONNOUSERSITE": "1",
        "LAMBDA_TASK_ROOT": str(function),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        **variables,
    }
