"""A small application that keeps its orders in an embedded SQL database: GET /orders?customer=N searches them, POST /index
makes an index for that. Arguments: the database file, how many orders. Prints "ready on 127.0.0.1:PORT (table-app)"."""

import http.server
import json
import sqlite3
import sys
import urllib.parse

path, orders = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(path, check_same_thread=False)
db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, note TEXT)")
db.executemany(
    "INSERT INTO orders (customer, note) VALUES (?, ?)",
    ((number * 7919 % orders, "x" * 300) for number in range(orders)),
)
db.commit()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        rows = db.execute("SELECT id, customer FROM orders WHERE customer = ?", query["customer"][:1]).fetchall()
        self.answer(rows)

    def do_POST(self):
        db.execute("CREATE INDEX by_customer ON orders (customer)")
        db.commit()
        self.answer([])

    def answer(self, rows):
        body = json.dumps(rows).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"ready on 127.0.0.1:{server.server_port} (table-app)", flush=True)
server.serve_forever()
