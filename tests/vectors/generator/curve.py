"""Signatures on secp256k1, for test keys only: slow, not constant time, nonces made from key and message.

Source: SEC 2 (the curve), BIP 340 (Schnorr), BIP 341 (tweaks).
"""
import hashlib

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def sha256(data):
    return hashlib.sha256(data).digest()


def tagged(tag, data):
    tag = sha256(tag.encode())
    return sha256(tag + tag + data)


def add(a, b):
    """The sum of two points; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _powers_of_two():
    powers = [G]
    for _ in range(255):
        powers.append(add(powers[-1], powers[-1]))
    return powers


_POWERS = _powers_of_two()


def multiply(k):
    """k times the generator."""
    # Jacobian additions of fixed powers: one inversion at the end.
    x, y, z = 0, 1, 0
    for i in range(256):
        if not k >> i & 1:
            continue
        bx, by = _POWERS[i]
        if z == 0:
            x, y, z = bx, by, 1
            continue
        zz = z * z % P
        h, r = (bx * zz - x) % P, (by * zz * z - y) % P
        hh = h * h % P
        hhh, v = h * hh % P, x * hh % P
        x3 = (r * r - hhh - 2 * v) % P
        x, y, z = x3, (r * (v - x3) - y * hhh) % P, z * h % P
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * inverse * inverse * inverse % P


def lift_x(x):
    """The point of this X whose Y is even, or None."""
    y = pow(x**3 + 7, (P + 1) // 4, P)
    if x >= P or y * y % P != (x**3 + 7) % P:
        return None
    return x, y if y % 2 == 0 else P - y


def bytes32(i):
    return i.to_bytes(32, "big")


class Key:
    """A secret key with its public forms."""

    def __init__(self, secret):
        self.secret = secret % N
        self.point = multiply(self.secret)
        self.xonly = bytes32(self.point[0])
        self.compressed = bytes([2 + self.point[1] % 2]) + self.xonly
        self.uncompressed = b"\x04" + self.xonly + bytes32(self.point[1])
        self.hybrid = bytes([6 + self.point[1] % 2]) + self.xonly + bytes32(self.point[1])

    def _nonce(self, message, salt):
        return int.from_bytes(sha256(bytes32(self.secret) + message + salt), "big") % (N - 1) + 1

    def sign_numbers(self, message, salt=b""):
        """ECDSA: R and S, S in the lower half."""
        k = self._nonce(message, salt)
        r = multiply(k)[0] % N
        s = pow(k, -1, N) * (int.from_bytes(message, "big") + r * self.secret) % N
        return r, min(s, N - s)

    def sign(self, message, salt=b""):
        return der(*self.sign_numbers(message, salt))

    def sign_schnorr(self, message):
        secret = self.secret if self.point[1] % 2 == 0 else N - self.secret
        k = self._nonce(message, b"schnorr")
        r = multiply(k)
        if r[1] % 2:
            k = N - k
        challenge = int.from_bytes(tagged("BIP0340/challenge", bytes32(r[0]) + self.xonly + message), "big") % N
        return bytes32(r[0]) + bytes32((k + challenge * secret) % N)

    def tweaked(self, tweak):
        """The key whose point is this one's (with even Y) plus tweak times the generator."""
        secret = self.secret if self.point[1] % 2 == 0 else N - self.secret
        return Key(secret + int.from_bytes(tweak, "big"))


def der_integer(i):
    data = i.to_bytes(i.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(data)]) + data


def der(r, s):
    body = der_integer(r) + der_integer(s)
    return b"\x30" + bytes([len(body)]) + body
