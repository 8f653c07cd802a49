"""TLS before servers of this machine that speak plain HTTP, as one process.

    python terminator.py CERTIFICATE KEY PORT…

Prints a port for each it was given, and passes bytes on in both ways until stdin ends.
"""

import asyncio
import ssl
import sys
from contextlib import suppress

HOST = "127.0.0.1"
READ_BYTES = 64 * 1024


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(READ_BYTES):
            sink.write(piece)
            await sink.drain()
    sink.close()  # TLS knows no half of a connection that is closed


async def _listening(behind: int, context: ssl.SSLContext) -> int:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, questions = await asyncio.open_connection(HOST, behind)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copied(reader, questions), _copied(answers, writer))

    server = await asyncio.start_server(pass_on, HOST, 0, ssl=context, backlog=512)
    return int(server.sockets[0].getsockname()[1])


async def main(certificate: str, key: str, *ports: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    print(*[await _listening(int(port), context) for port in ports], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
