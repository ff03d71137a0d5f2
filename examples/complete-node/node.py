#!/usr/bin/env python3
"""A node that keeps every rule of the protocol, with Python's standard library alone."""
import asyncio, ipaddress, json, math, os, re, secrets, sys, time

NAME, PORT, ID = os.environ.get("DEVNET_NAME", "node"), int(os.environ.get("DEVNET_PORT", 3000)), secrets.token_hex(8)
ADMINS = os.environ.get("DEVNET_ADMIN", "127.0.0.1,::1").split(",")
MAX_BYTES, MAX_DEPTH, MAX_PEERS, MAX_SEEN = 2**20, 128, 1024, 50_000
NO_REPLY = {"pong", "peers", "status", "error"}
BLANK_LINE = re.compile(rb"\n[ \t\r]*\n")
TOKENS = re.compile(rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|["{}\[\]]|\n[ \t\r]*\n')  # whole strings, an open one, brackets, blank lines

peers = {}  # "host:port" of each peer, and the task that keeps its link
links = {}  # "host:port" of each peer whose link is up, and its writer
seen = {}  # ids of gossip, the oldest first


class Refusal(Exception):
    """What is wrong with a message: the code and the text of the error it is answered with."""


def log(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def encode(message_type, *payload):  # no payload is not the same as null
    message = {"message_type": message_type, **({"payload": payload[0]} if payload else {})}
    return json.dumps(message, separators=(",", ":")).encode() + b"\n\n"


def split(data):
    """Returns the first message in data and the rest, or None while it is not complete."""
    depth = 0
    for token in TOKENS.finditer(data):
        if token[0] == b'"':  # this string is not closed yet, so only a blank line can end the message
            end = BLANK_LINE.search(data, token.start())
            return end and (data[: end.end()], data[end.end() :])
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise Refusal("too_deep", f"nested deeper than {MAX_DEPTH} levels")
        if token[0][:1] == b"\n" or (token[0] == b"}" and depth <= 0):
            return data[: token.end()], data[token.end() :]


def parse(data):
    """Returns the type of a message, and its payload as a list of one or none."""
    try:
        message = json.loads(data.decode(), parse_constant=int, parse_float=finite)  # int("NaN") is an error
    except ValueError as error:
        raise Refusal("invalid_json", str(error))
    kind = message.get("message_type") if isinstance(message, dict) else None
    if not isinstance(kind, str) or not kind:
        raise Refusal("invalid_message", "a message is an object with a message_type")
    return kind, [message["payload"]] if "payload" in message else []


def finite(text):
    if math.isinf(float(text)):
        raise Refusal("invalid_message", f"{text} is too large a number")
    return float(text)


def address(value, sender):
    """Returns "host:port" of "host:port", a port, {host, port} or {port}; without a host it is the sender's."""
    if isinstance(value, dict):
        value = f"{value['host']}:{value.get('port')}" if "host" in value else value.get("port")
    match = re.fullmatch(r"(?:\[([\da-f:.]+)\]:|([\w.-]+):)?([1-9]\d{0,4})", str(value).lower(), re.ASCII)
    if not match or int(match[3]) > 65535 or isinstance(value, (bool, float)):
        raise Refusal("invalid_payload", "expected an address such as 10.0.1.2:3000")
    host = match[1] or match[2] or sender
    if ":" in host or re.fullmatch(r"[\d.]+", host):
        try:
            ip = ipaddress.ip_address(host)
        except ValueError as error:
            raise Refusal("invalid_payload", str(error))
        host = str(getattr(ip, "ipv4_mapped", None) or ip)
    return f"[{host}]:{match[3]}" if ":" in host else f"{host}:{match[3]}"


def add_peer(peer, own):
    if peer not in peers and peer != own and len(peers) < MAX_PEERS:
        peers[peer] = asyncio.ensure_future(stay_connected(peer))
        log("peer_added", peer=peer)


def remove_peer(peer):
    if peer in peers:
        peers.pop(peer).cancel()
        if peer in links:
            links.pop(peer).transport.abort()
        log("peer_removed", peer=peer)


async def stay_connected(peer):
    host, _, port = peer.rpartition(":")
    wait = 0.25
    while peers.get(peer) is asyncio.current_task():  # wait_for may lose a cancellation
        connection = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(host.strip("[]"), int(port)), 10)
            connection, links[peer] = Connection(reader, writer, peer), writer
            log("link_up", peer=peer)
            await connection.run()
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            if connection and links.get(peer) is connection.writer:
                del links[peer]
                log("link_down", peer=peer)
        wait = 0.25 if connection and connection.heard else min(wait * 2, 30)
        await asyncio.sleep(wait * secrets.randbelow(1000) / 1000)


class Connection:
    def __init__(self, reader, writer, dialed=None):
        self.reader, self.writer = reader, writer
        self.dialed = dialed  # the peer we dialed; None where the other end dialed us
        self.sender = dialed  # the peer's own address, as its hello says
        self.stays = dialed is not None  # without a hello, it is closed a second after the last reply
        self.heard = False
        self.here, self.there = (writer.get_extra_info(name)[0] for name in ("sockname", "peername"))
        self.own = address(PORT, self.here)

    async def run(self):
        if self.dialed:
            self.send("hello", self.hello())
        data, began, idle_limit = b"", 0.0, 30
        try:
            while True:
                limit = began + 10 - time.monotonic() if data else 90 if self.stays else idle_limit
                chunk = await asyncio.wait_for(self.reader.read(65536), max(limit, 0.001))
                self.heard = self.heard or bool(chunk)
                if not data:
                    began = time.monotonic()
                data = (data + chunk).lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()
                while data and (parts := (split(data) if chunk else (data, b""))):
                    message, data = parts[0], parts[1].lstrip()
                    began = time.monotonic()
                    self.answer(message)
                    idle_limit = 1
                    await asyncio.wait_for(self.writer.drain(), 10)
                    await asyncio.sleep(0)  # the other connections get their turn
                if len(data) > MAX_BYTES:
                    raise Refusal("too_large", f"larger than {MAX_BYTES} bytes")
                if not chunk:
                    return
        except Refusal as refusal:
            self.refuse(refusal)
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            self.writer.close()

    def send(self, *message):
        self.writer.write(encode(*message))

    def refuse(self, refusal):
        self.send("error", dict(zip(("code", "message"), refusal.args)))

    def hello(self):
        return {"name": NAME, "listen": self.own, "version": "1", "id": ID}

    def answer(self, data):
        try:
            kind, payload = parse(data)
            value = payload[0] if payload else None
            if kind in NO_REPLY or (kind == "echo" and self.dialed):
                return
            if kind == "ping":
                self.send("pong", *payload)
            elif kind == "echo":
                self.send("echo", *payload)
            elif kind in ("get_peers", "list_peers"):
                self.send("peers", list(peers))
            elif kind == "add_peer":
                add_peer(address(value, self.there), self.own)
                self.send("peers", list(peers))
            elif kind == "remove_peer":
                peer, sender = address(value, self.there), self.there.removeprefix("::ffff:")
                if sender not in ADMINS and sender != peer.rpartition(":")[0].strip("[]"):
                    raise Refusal("invalid_payload", "only the peer itself may have it removed")
                remove_peer(peer)
                self.send("peers", list(peers))
            elif kind == "get_status":
                listed = [{"peer": peer, "state": "up" if peer in links else "waiting"} for peer in peers]
                self.send("status", {"name": NAME, "version": "1", "listen": self.own, "peers": listed})
            elif kind == "hello":
                self.greet(value if isinstance(value, dict) else {})
            elif kind == "gossip":
                self.gossip(value if isinstance(value, dict) else {})
            else:
                raise Refusal("unknown_type", f"unknown type {kind}")
        except Refusal as refusal:
            self.refuse(refusal)

    def greet(self, hello):
        if self.dialed and hello.get("id") == ID:
            remove_peer(self.dialed)  # we dialed ourselves
        elif not self.dialed:
            self.stays, self.sender = True, hello.get("listen")
            self.send("hello", self.hello())

    def gossip(self, message):
        identity, hops = message.get("id"), message.get("hops", 0)
        if not isinstance(identity, str) or not 1 <= len(identity) <= 256 or type(hops) is not int or hops < 0:
            raise Refusal("invalid_payload", "gossip has an id of 1 to 256 characters, and hops")
        if identity in seen:
            return
        seen[identity] = True
        if len(seen) > MAX_SEEN:
            del seen[next(iter(seen))]
        log("gossip_received", id=identity, hops=hops, **{"from": self.sender or self.there})
        for peer, writer in links.items():  # a slow peer misses it, and delays nobody
            if peer != self.sender and hops < 32 and writer.transport.get_write_buffer_size() < MAX_BYTES:
                writer.write(encode("gossip", {**message, "hops": hops + 1}))


async def main():
    async def accept(reader, writer):
        await Connection(reader, writer).run()

    server = await asyncio.start_server(accept, os.environ.get("DEVNET_HOST"), PORT, backlog=256)
    log("listening", port=PORT)
    asyncio.get_running_loop().add_signal_handler(15, lambda: os._exit(0))
    await server.serve_forever()


asyncio.run(main())
