"""A source and a sink over TLS, as one process: prints their port, serves until stdin ends.

    python tls.py CERTIFICATE KEY

GET /BYTES sends that many; GET /BYTES?unknown without saying how many. PUT and POST take what they
are sent and answer as S3 would, keeping nothing.
"""

import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = bytes(256 * 1024)
STARTED = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
ENDED = b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, unknown = self.path.lstrip("/").partition("?")
        left = int(path.split("/")[-1])
        self.send_response(200)
        if unknown:
            self.close_connection = True
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(left))
        self.end_headers()
        while left:
            piece = CHUNK[:left]
            self.wfile.write(piece)
            left -= len(piece)

    def do_PUT(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self._drop(size + 2)
            while self.rfile.readline().strip():
                pass
        else:
            self._drop(int(self.headers.get("Content-Length") or 0))
        self._end(b"")

    def do_POST(self) -> None:
        self._drop(int(self.headers.get("Content-Length") or 0))
        self._end(STARTED if self.path.endswith("uploads") else ENDED)

    def _drop(self, left: int) -> None:
        buffer = memoryview(bytearray(256 * 1024))
        while left:
            left -= self.rfile.readinto1(buffer[: min(left, len(buffer))]) or left

    def _end(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("ETag", '"e"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def get_request(self) -> tuple[socket.socket, str]:
        connected, address = super().get_request()
        return self.context.wrap_socket(
            connected, server_side=True, do_handshake_on_connect=False
        ), address

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(*sys.argv[1:])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
