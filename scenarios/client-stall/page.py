"""A page of prices. Arguments: a folder, the cache server's port, prefix and number of the keys, a wait in milliseconds.

GET /prices asks the cache for some keys, the service of the rates for a rate, and the cache once more. GET /rates/slow and
/rates/quick make that service, a thread with a line protocol, wait or not. Prints "port N" and "ready" when it listens.
"""

import http.server
import socket
import socketserver
import sys
import threading
import time

CACHE = ("127.0.0.1", int(sys.argv[2]))
PREFIX, KEYS = sys.argv[3], int(sys.argv[4])
WAIT_SECONDS = int(sys.argv[5]) / 1000
is_slow = threading.Event()


class Rates(socketserver.StreamRequestHandler):
    def handle(self):
        for _ in self.rfile:
            if is_slow.is_set():
                time.sleep(WAIT_SECONDS)
            self.wfile.write(b"1.08\n")


class Client:
    """A connection: to the cache `ask` speaks RESP, to the rates `line` sends a line and reads one."""

    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def line(self, text):
        self.socket.sendall(text)
        return self.file.readline()

    def ask(self, *words):
        parts = [f"${len(word)}\r\n{word}\r\n" for word in words]
        self.socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        return self.reply()

    def reply(self):
        head = self.file.readline()
        size = int(head[1:]) if head[:1] in b"$*" else -1
        if head[:1] == b"*":
            return [self.reply() for _ in range(size)]
        return self.file.read(size + 2)[:-2] if size >= 0 else head[1:-2]

    def close(self):
        self.file.close()
        self.socket.close()


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.cache, self.rates = Client(CACHE), Client(rates.server_address)

    def finish(self):
        self.cache.close()
        self.rates.close()
        super().finish()

    def do_GET(self):
        if self.path == "/rates/slow":
            is_slow.set()
        elif self.path == "/rates/quick":
            is_slow.clear()
        elif self.path == "/prices":
            self.cache.ask("MGET", *(f"{PREFIX}:{number}" for number in range(min(KEYS, 10))))
            self.rates.line(b"EUR\n")
            self.cache.ask("GET", f"{PREFIX}:0")
        else:
            return self.answer(404)
        self.answer(200)

    def answer(self, status):
        body = b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(kind, handler):
    server = kind(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    return server


rates = serve(socketserver.ThreadingTCPServer, Rates)
threading.Thread(target=rates.serve_forever, daemon=True).start()
page = serve(http.server.ThreadingHTTPServer, Page)
print(f"port {page.server_address[1]}\nready", flush=True)
page.serve_forever()
