"""Makes expected.json: every field of every message in this folder, from the output of `openssl asn1parse`.

Usage: python3 expect.py FOLDER
Octets up to 32 bytes are hex; longer ones the first half of their SHA-256. It shares nothing with the code under test.
"""

import glob
import hashlib
import json
import os
import re
import subprocess
import sys

LINE = re.compile(r'^\s*(\d+):d=(\d+)\s+hl=(\d+)\s+l=\s*(\d+)\s+(?:cons|prim):')
HEADER_OCTETS = {2: 'senderKid', 3: 'recipKid', 4: 'transactionId', 5: 'senderNonce', 6: 'recipNonce'}


class Node:
    def __init__(self, data, offset, header, length):
        self.tag = data[offset]
        self.raw = data[offset:offset + header + length]
        self.value = data[offset + header:offset + header + length]
        self.children = []

    def __getitem__(self, index):
        return self.children[index]

    def __iter__(self):
        return iter(self.children)

    def __len__(self):
        return len(self.children)


def tree(path):
    with open(path, 'rb') as file:
        data = file.read()
    command = ['openssl', 'asn1parse', '-inform', 'DER', '-in', path]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    stack = []
    top = None
    for line in words.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        offset, depth, header, length = map(int, match.groups())
        node = Node(data, offset, header, length)
        del stack[depth:]
        if stack:
            stack[-1].children.append(node)
        else:
            top = node
        stack.append(node)
    return top


def short(octets):
    if len(octets) <= 32:
        return octets.hex()
    return 'sha256:' + hashlib.sha256(octets).hexdigest()[:32]


def dotted(octets):
    arcs = []
    arc = 0
    for octet in octets:
        arc = arc * 128 + (octet & 127)
        if octet < 128:
            arcs.append(arc)
            arc = 0
    root = min(arcs[0] // 40, 2)
    return '.'.join(map(str, [root, arcs[0] - 40 * root] + arcs[1:]))


def number(node):
    return int.from_bytes(node.value, 'big', signed=True)


def texts(node):
    return [text.value.decode('utf8') for text in node]


def pairs(node):
    return [[dotted(pair[0].value), short(pair[1].raw) if len(pair) > 1 else None] for pair in node]


def status(node):
    found = {'status': number(node[0]), 'text': [], 'bits': None}
    for field in node.children[1:]:
        if field.tag == 0x30:
            found['text'] = texts(field)
        else:
            octets = field.value[1:]
            count = len(octets) * 8 - field.value[0]
            found['bits'] = [bit for bit in range(count) if octets[bit // 8] & (0x80 >> (bit % 8))]
    return found


def template(node):
    found = dict.fromkeys(
        ['version', 'serial', 'issuer', 'validity', 'subject', 'publicKey', 'extensions'])
    for field in node:
        sequence = b'\x30' + field.raw[1:]
        if field.tag == 0x80:
            found['version'] = number(field)
        elif field.tag == 0x81:
            found['serial'] = field.value.hex()
        elif field.tag == 0xa3:
            found['issuer'] = short(field[0].raw)
        elif field.tag == 0xa4:
            found['validity'] = [time[0].value.decode() for time in field]
        elif field.tag == 0xa5:
            found['subject'] = short(field[0].raw)
        elif field.tag == 0xa6:
            found['publicKey'] = short(sequence)
        elif field.tag == 0xa9:
            found['extensions'] = short(sequence)
        else:
            raise ValueError('template field %x' % field.tag)
    return found


def serial(certificate):
    fields = certificate[0]
    return (fields[1] if fields[0].tag == 0xa0 else fields[0]).value.hex()


def request(message):
    asked = message[0]
    found = {
        'certReqId': number(asked[0]),
        'template': template(asked[1]),
        'controls': pairs(asked[2]) if len(asked) > 2 else [],
        'certRequest': short(asked.raw),
        'popo': None,
        'regInfo': [],
    }
    for field in message.children[1:]:
        if field.tag == 0x80:
            found['popo'] = 'raVerified'
        elif field.tag == 0xa1:
            found['popo'] = [short(field[0].raw), short(field[1].value[1:])]
        elif field.tag == 0x30:
            found['regInfo'] = pairs(field)
        else:
            raise ValueError('request field %x' % field.tag)
    return found


def response(node):
    found = {'certReqId': number(node[0]), 'status': status(node[1]), 'certificate': None, 'serial': None}
    if len(node) > 2:
        certificate = node[2][0][0]
        found['certificate'] = short(certificate.raw)
        found['serial'] = serial(certificate)
    return found


def body(node):
    kind = node.tag & 31
    content = node[0]
    found = {'number': kind}
    if kind in (0, 2, 7):
        found['requests'] = [request(message) for message in content]
    elif kind in (1, 3, 8):
        fields = list(content)
        found['caPubs'] = [serial(one) for one in fields.pop(0)[0]] if fields[0].tag == 0xa1 else []
        found['responses'] = [response(one) for one in fields[0]]
    elif kind == 4:
        found['csr'] = short(content.raw)
    elif kind == 11:
        found['revoke'] = [
            {'template': template(one[0]), 'details': short(one[1].raw) if len(one) > 1 else None}
            for one in content
        ]
    elif kind == 12:
        found['statuses'] = [status(one) for one in content[0]]
        found['certIds'] = []
        for field in content.children[1:]:
            assert field.tag == 0xa0
            found['certIds'] = [[short(one[0].raw), one[1].value.hex()] for one in field[0]]
    elif kind == 19:
        assert content.tag == 5
    elif kind in (21, 22):
        found['infos'] = pairs(content)
    elif kind == 23:
        found.update({'status': status(content[0]), 'code': None, 'details': []})
        for field in content.children[1:]:
            if field.tag == 2:
                found['code'] = number(field)
            else:
                found['details'] = texts(field)
    elif kind == 24:
        found['conf'] = [
            {
                'hash': one[0].value.hex(),
                'certReqId': number(one[1]),
                'status': status(one[2]) if len(one) > 2 else None,
            }
            for one in content
        ]
    elif kind == 25:
        found['poll'] = [number(one[0]) for one in content]
    elif kind == 26:
        found['replies'] = [
            [number(one[0]), number(one[1]), texts(one[2]) if len(one) > 2 else []] for one in content
        ]
    else:
        raise ValueError('body %d' % kind)
    return found


def header(node):
    found = {
        'pvno': number(node[0]),
        'sender': short(node[1].raw),
        'recipient': short(node[2].raw),
        'time': None,
        'alg': None,
        'algOid': None,
        **dict.fromkeys(HEADER_OCTETS.values()),
        'freeText': [],
        'infos': [],
    }
    for field in node.children[3:]:
        kind = field.tag & 31
        inner = field[0]
        if kind == 0:
            found['time'] = inner.value.decode()
        elif kind == 1:
            found['alg'] = short(inner.raw)
            found['algOid'] = dotted(inner[0].value)
        elif kind == 7:
            found['freeText'] = texts(inner)
        elif kind == 8:
            found['infos'] = pairs(inner)
        else:
            found[HEADER_OCTETS[kind]] = inner.value.hex()
    return found


def message(node):
    found = {'header': header(node[0]), 'body': body(node[1]), 'protection': None, 'extraCerts': []}
    for field in node.children[2:]:
        if field.tag == 0xa0:
            found['protection'] = short(field[0].value[1:])
        else:
            found['extraCerts'] = [[serial(one), short(one.raw)] for one in field[0]]
    return found


folder = sys.argv[1]
paths = sorted(glob.glob(os.path.join(folder, '*', '*.der')))
expected = {os.path.relpath(path, folder): message(tree(path)) for path in paths}
with open(os.path.join(folder, 'expected.json'), 'w') as file:
    json.dump(expected, file, indent=1)
print(len(expected), 'messages')
