#!/usr/bin/env python3
"""A node that understands add_peer and get_peers, and serves one message a connection."""
import codecs, json, os, re, socket, threading, time

peers = []

def read_message(sock):  # until it parses, or the sender's end or a blank line says that it never will
    decoder, text = codecs.getincrementaldecoder("utf-8-sig")(), ""
    while True:
        chunk = sock.recv(65536)
        text = (text + decoder.decode(chunk, not chunk)).lstrip()
        try:
            return json.JSONDecoder().raw_decode(text)[0]
        except ValueError:
            if not chunk or "\n\n" in text.replace("\r", "") or len(text) > 2**20:
                raise

def add_peer(payload, sock):  # "host:port", a port, {"host", "port"} or {"port"}
    if isinstance(payload, dict):
        payload = f'{payload.get("host", sock.getpeername()[0])}:{payload["port"]}'
    host, port = re.fullmatch(r"(?:(\[.+\]|[^:]+):)?([1-9]\d*)", str(payload)).groups()
    address = ((host or sock.getpeername()[0]).strip("[]"), int(port))
    if address[1] < 65536 and address not in peers and address != sock.getsockname():
        peers.append(address)
        threading.Thread(target=stay_connected, args=[address], daemon=True).start()

def stay_connected(address):
    for attempt in range(1000):
        try:
            with socket.create_connection(address, 10) as sock:
                sock.settimeout(None)
                while sock.recv(65536):
                    pass
        except OSError:
            pass
        time.sleep(min(0.25 * 2**attempt, 30))

def serve(sock):
    with sock:
        try:
            sock.settimeout(10)
            message = read_message(sock)
            if message["message_type"] == "add_peer":
                add_peer(message["payload"], sock)
            elif message["message_type"] != "get_peers":
                return
            listed = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in peers]
            reply = json.dumps({"message_type": "peers", "payload": listed}, separators=(",", ":"))
            sock.sendall(f"{reply}\n\n".encode())
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(1)
            while sock.recv(65536):  # to close with bytes unread is a reset, and could overtake the reply
                pass
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
            pass  # what it cannot read it does not answer

with socket.create_server((os.environ.get("DEVNET_HOST", ""), int(os.environ.get("DEVNET_PORT", 3000))), backlog=256) as server:
    while True:
        threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()
