"""A small shop that keeps its products in SQLite. Arguments: a folder for the database, how many products.

GET /products/NAME searches them; GET /index/create and /index/drop make and remove the index for that.
Prints "port N" and "ready" when it listens.
"""

import http.server
import json
import os
import sys

try:
    import sqlite3
except ImportError:
    sys.exit("this python3 has no module sqlite3; apt-get install libpython3-stdlib brings it")

PATH = os.path.join(sys.argv[1], "shop.db")
PRODUCTS = int(sys.argv[2])


def connect():
    db = sqlite3.connect(PATH)
    # A cache much smaller than the table, as for any table that has outgrown the memory.
    db.execute("PRAGMA cache_size = 8")
    db.execute("PRAGMA synchronous = OFF")
    return db


def fill():
    db = connect()
    db.execute("PRAGMA page_size = 16384")
    db.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, description TEXT)")
    rows = ((f"product-{number * 7919 % PRODUCTS}", "x" * 400) for number in range(PRODUCTS))
    db.executemany("INSERT INTO products (name, description) VALUES (?, ?)", rows)
    db.execute("CREATE INDEX by_name ON products (name)")
    db.commit()
    db.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.db = connect()

    def finish(self):
        self.db.close()
        super().finish()

    def do_GET(self):
        what, _, name = self.path[1:].partition("/")
        if what == "products":
            rows = self.db.execute("SELECT id, name FROM products WHERE name = ?", (name,)).fetchall()
        elif self.path == "/index/create":
            rows = self.change("CREATE INDEX IF NOT EXISTS by_name ON products (name)")
        elif self.path == "/index/drop":
            rows = self.change("DROP INDEX IF EXISTS by_name")
        else:
            return self.answer(404, {"error": "no such page"})
        self.answer(200, {"products": rows})

    def change(self, statement):
        self.db.execute(statement)
        self.db.commit()
        return []

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


fill()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(f"port {server.server_port}\nready", flush=True)
server.serve_forever()
