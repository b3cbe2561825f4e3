"""A host's address from a name server: what comes of every answer, and of none."""

import asyncio
import socket

try:
    import unittest
except ImportError:
    import unittest_small as unittest

from henge_agent import lookup

# What a server says to a question for henge.example (RFC 1035, 4.1): a name by another name, and that one's address.
ALIAS = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\2\xc0\x12"
ADDRESS = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\xa8\1\5"
SPELLED_OUT = b"\5henge\7example\0\0\1\0\1\0\0\0\x3c\0\4\xc0\xa8\1\6"


class NameServer:
    """Answers a question with these records; `deaf` to the first so many; with an answer to somebody else before."""

    def __init__(self, records: list, deaf: int = 0, misled: bool = False, cut: int = 0) -> None:
        self.records, self.deaf, self.misled, self.cut = records, deaf, misled, cut
        self.heard: list = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        for self.port in range(20053, 20999):
            try:
                self._socket.bind(socket.getaddrinfo("127.0.0.1", self.port)[0][-1])
                return
            except OSError:
                pass  # somebody else's

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.01)
            try:
                question, whence = self._socket.recvfrom(512)
            except OSError:
                continue
            self.heard.append(question)
            if len(self.heard) > self.deaf:
                if self.misled:
                    self._socket.sendto(self._answer(b"??" + question[2:], [ADDRESS]), whence)
                self._socket.sendto(self._answer(question, self.records), whence)

    def _answer(self, question: bytes, records: list) -> bytes:
        head = question[:2] + b"\x81\x80\0\1\0" + bytes([len(records)]) + question[8:12]
        whole = head + question[12:] + b"".join(records)
        return whole[: len(whole) - self.cut]

    def close(self) -> None:
        self._socket.close()


class TestLookup(unittest.TestCase):
    def find(self, server: NameServer, host: str = "henge.example") -> str:
        """The address, or why there is none."""

        async def ask() -> str:
            serving = asyncio.create_task(server.run())
            try:
                return await lookup.find(host, "127.0.0.1", server.port, look_s=0.02)
            except OSError as error:
                return str(error)
            finally:
                serving.cancel()

        found = asyncio.run(ask())
        server.close()
        return found

    def test_the_address_is_found_behind_an_alias(self) -> None:
        server = NameServer([ALIAS, ADDRESS])
        self.assertEqual(self.find(server), "192.168.1.5")
        self.assertEqual(server.heard[0][12:], b"\5henge\7example\0\0\1\0\1")

    def test_a_name_may_be_spelled_out(self) -> None:
        self.assertEqual(self.find(NameServer([SPELLED_OUT])), "192.168.1.6")

    def test_the_question_is_repeated_when_it_got_lost(self) -> None:
        server = NameServer([ADDRESS], deaf=1)
        self.assertEqual(self.find(server), "192.168.1.5")
        self.assertEqual(server.heard[0], server.heard[1])

    def test_an_answer_to_another_question_is_passed_over(self) -> None:
        self.assertEqual(self.find(NameServer([SPELLED_OUT], misled=True)), "192.168.1.6")

    def test_a_name_server_that_is_silent_is_named(self) -> None:
        self.assertEqual(self.find(NameServer([], deaf=9)), "the name server 127.0.0.1 does not answer")

    def test_a_name_that_nobody_has_is_told(self) -> None:
        self.assertEqual(self.find(NameServer([])), "there is no such host, says the name server")
        self.assertEqual(self.find(NameServer([ALIAS])), "there is no such host, says the name server")

    def test_an_answer_that_was_cut_off_is_none(self) -> None:
        for cut in (1, 5, 14):
            said = self.find(NameServer([ADDRESS], cut=cut))
            self.assertEqual(said, "the name server has no answer for henge.example", cut)

    def test_nobody_is_asked_for_what_is_an_address(self) -> None:
        server = NameServer([])
        for host in ("192.168.1.5", "fe80::1", "henge.local"):
            self.assertEqual(self.find(server, host), host)
        self.assertEqual(server.heard, [])


if __name__ == "__main__":
    unittest.main()
