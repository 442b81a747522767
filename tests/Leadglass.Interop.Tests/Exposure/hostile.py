"""Servers that mean harm, one kind for each start: hostile.py KIND PORT [CERTIFICATE KEY]. Each connection has a thread."""

import gzip
import os
import socket
import ssl
import struct
import sys
import threading
import time

KIND, PORT = sys.argv[1], int(sys.argv[2])
ECHO = "1.2.840.10008.1.1"
SLOW = 0.2


def item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind, body, length=None):
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def read(peer, length):
    got = b""
    while len(got) < length:
        more = peer.recv(length - len(got))
        if not more:
            raise OSError("closed")
        got += more
    return got


def read_pdu(peer):
    kind, _, length = struct.unpack(">BBI", read(peer, 6))
    return kind, read(peer, length)


def accept_body(request, junk=b""):
    """An A-ASSOCIATE-AC that accepts whatever was proposed in implicit little endian."""
    contexts, at = b"", 68
    while at + 4 <= len(request):
        kind, _, length = struct.unpack(">BBH", request[at : at + 4])
        if kind == 0x20:
            contexts += item(0x21, request[at + 4 : at + 5] + b"\0\0\0" + item(0x40, b"1.2.840.10008.1.2"))
        at += 4 + length
    user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"2.25.1") + junk)
    return request[:68] + item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + user


def element(group, number, value):
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", group, number, len(value)) + value


def command_of(message):
    """Command field and message id of a command set, and the context it came in."""
    fields, at = {}, 0
    while at + 8 <= len(message):
        group, number, length = struct.unpack("<HHI", message[at : at + 8])
        fields[number] = message[at + 8 : at + 8 + length]
        at += 8 + length
    return struct.unpack("<H", fields[0x0100][:2])[0], fields[0x0110][:2], fields.get(0x0002, b"")


def response(field, message_id, sop_class, status, has_data):
    body = (
        element(0, 0x0002, sop_class.rstrip(b"\0"))
        + element(0, 0x0100, struct.pack("<H", field | 0x8000))
        + element(0, 0x0120, message_id)
        + element(0, 0x0800, struct.pack("<H", 0x0001 if has_data else 0x0101))
        + element(0, 0x0900, struct.pack("<H", status))
    )
    return element(0, 0, struct.pack("<I", len(body))) + body


def value(context, is_command, is_last, fragment):
    control = (1 if is_command else 0) | (2 if is_last else 0)
    return pdu(4, struct.pack(">IBB", len(fragment) + 2, context, control) + fragment)


def serve_dimse(peer, answer):
    """Accepts, answers C-ECHO in order, and hands everything else to the kind."""
    _, request = read_pdu(peer)
    peer.sendall(pdu(2, accept_body(request)))
    while True:
        kind, body = read_pdu(peer)
        if kind == 5:
            peer.sendall(pdu(6, b"\0\0\0\0"))
            return
        if kind != 4 or not body[5] & 1:
            continue
        field, message_id, sop_class = command_of(body[6:])
        if field == 0x0030:
            peer.sendall(value(body[4], True, True, response(field, message_id, sop_class, 0, False)))
        else:
            answer(peer, body[4], field, message_id, sop_class)


def endless(peer, piece):
    while True:
        peer.sendall(piece)


def drip(peer, data):
    for byte in data:
        peer.sendall(bytes([byte]))
        time.sleep(SLOW)


def endless_matches(peer, context, field, message_id, sop_class):
    match = element(0x0008, 0x0052, b"STUDY ") + element(0x0010, 0x0010, b"NOBODY^AT ALL " * 64)
    one = value(context, True, True, response(field, message_id, sop_class, 0xFF00, True)) + value(context, False, True, match)
    endless(peer, one * 16)


def endless_command(peer, context, field, message_id, sop_class):
    endless(peer, value(context, True, False, b"\0" * 16000))


def endless_match(peer, context, field, message_id, sop_class):
    peer.sendall(value(context, True, True, response(field, message_id, sop_class, 0xFF00, True)))
    endless(peer, value(context, False, False, element(0x0010, 0x0010, b"N" * 64) * 200))


def lying_element(peer, context, field, message_id, sop_class):
    peer.sendall(value(context, True, True, response(field, message_id, sop_class, 0xFF00, True)))
    lie = struct.pack("<HHI", 0x0010, 0x0010, 0xFFFFFFF0) + b"N" * 1000
    peer.sendall(value(context, False, True, lie))
    nested = struct.pack("<HHI", 0x0008, 0x1140, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    peer.sendall(value(context, True, True, response(field, message_id, sop_class, 0xFF00, True)))
    endless(peer, value(context, False, False, nested * 900))


def length_lies(peer):
    read_pdu(peer)
    peer.sendall(struct.pack(">BBI", 2, 0, 0xFFFFFFF0))
    endless(peer, b"\0" * 65536)


def item_lies(peer):
    _, request = read_pdu(peer)
    body = bytearray(accept_body(request, junk=struct.pack(">BBH", 0x55, 0, 0xFFFF)))
    peer.sendall(pdu(2, bytes(body)))
    time.sleep(60)


def http(headers, body_pieces, status="200 OK"):
    def answer(peer):
        peer.recv(65536)
        peer.sendall(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode())
        for piece in body_pieces():
            peer.sendall(piece)

    return answer


def forever(piece):
    def pieces():
        while True:
            yield piece

    return pieces


def bomb():
    yield gzip.compress(b"[" + b" " * (256 << 20))


def deep():
    yield b"[" * (8 << 20)


def endless_headers(peer):
    peer.recv(65536)
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    endless(peer, b"X-Filler: " + b"x" * 4000 + b"\r\n")


def slow_http(peer):
    peer.recv(65536)
    drip(peer, b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 100000\r\n\r\n" + b" " * 100000)


def endless_handshake(peer):
    peer.recv(65536)
    peer.sendall(b"\x16\x03\x03" + struct.pack(">H", 16384) + b"\x0b\xff\xff\xff" + b"\0" * 16380)
    endless(peer, b"\x16\x03\x03" + struct.pack(">H", 16384) + b"\0" * 16384)


def endless_warnings(peer):
    peer.recv(65536)
    endless(peer, b"\x15\x03\x03\x00\x02\x01\x5a" * 1000)


def slow_handshake(peer):
    peer.recv(65536)
    drip(peer, b"\x16\x03\x03" + struct.pack(">H", 16384) + b"\0" * 16384)


def in_tls(answer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if len(sys.argv) > 4:
        context.load_cert_chain(sys.argv[3], sys.argv[4])

    def wrapped(peer):
        with context.wrap_socket(peer, server_side=True) as inner:
            answer(inner)

    return wrapped


JSON = "Content-Type: application/dicom+json\r\n"
KINDS = {
    "silent": lambda peer: time.sleep(600),
    "slow bytes": lambda peer: drip(peer, pdu(2, b"\0" * 100000)),
    "length lies": length_lies,
    "item lies": item_lies,
    "endless matches": lambda peer: serve_dimse(peer, endless_matches),
    "endless match": lambda peer: serve_dimse(peer, endless_match),
    "endless command": lambda peer: serve_dimse(peer, endless_command),
    "lying element": lambda peer: serve_dimse(peer, lying_element),
    "aborts everything": lambda peer: peer.sendall(pdu(7, b"\0\0\0\0")),
    "noise": lambda peer: endless(peer, os.urandom(65536)),
    "endless handshake": endless_handshake,
    "endless warnings": endless_warnings,
    "slow handshake": slow_handshake,
    "huge certificate": in_tls(lambda peer: serve_dimse(peer, endless_matches)),
    "endless body in TLS": in_tls(http("Content-Type: text/html\r\n", forever(b"<title>" + b"x" * 65536))),
    "bomb": http(JSON + "Content-Encoding: gzip\r\n", bomb),
    "deep": http(JSON, deep),
    "endless body": http(JSON, forever(b"[" + b" " * 65536)),
    "endless title": http("Content-Type: text/html\r\nServer: Orthanc\r\n", forever(b"<title>" + b"x" * 65536)),
    "length lies in HTTP": http(JSON + "Content-Length: 9223372036854775807\r\n", forever(b" " * 65536)),
    "endless headers": endless_headers,
    "slow HTTP": slow_http,
    "redirects away": http("Location: http://10.99.0.250:8042/dicom-web/studies\r\nContent-Length: 0\r\n", list, "302 Found"),
}


def run(peer):
    try:
        with peer:
            KINDS[KIND](peer)
    except (OSError, ValueError, KeyError, IndexError, struct.error):
        pass


listener = socket.create_server(("0.0.0.0", PORT), backlog=64)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=run, args=(connection,), daemon=True).start()
