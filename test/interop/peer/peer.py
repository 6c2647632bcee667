"""A second other end for the interop suite: pycapnp, which brings a newer C++ library of its own.

peer.py ADDRESS serves a Peer with the methods below on a Unix socket (unix:/path), and says
`listening ADDRESS`. It ends when its standard input does.
"""

import asyncio
import logging
import os
import sys

import capnp

# asyncio tells of every write to a connection that is gone.
logging.disable()
capnp.remove_import_hook()
schema = capnp.load(
    os.path.join(os.path.dirname(__file__), "..", "interop.capnp"),
    # It brings the schemas that come with the language, /capnp/stream.capnp among them.
    imports=[os.path.dirname(os.path.dirname(capnp.__file__))],
)


class Counter(schema.NamedCounter.Server):
    alive = 0

    def __init__(self, start, name=""):
        Counter.alive += 1
        self.total = start
        self.label = name
        self.amounts = []

    def __del__(self):
        Counter.alive -= 1

    async def add(self, amount, **_):
        self.total += amount
        self.amounts.append(amount)
        return self.total

    async def log(self, **_):
        return self.amounts

    async def name(self, **_):
        return self.label


class Peer(schema.Peer.Server):
    held_counter = None

    async def ping(self, value, **_):
        return value

    async def echo(self, data, **_):
        return data

    async def make(self, start, **_):
        return Counter(start)

    async def makeNamed(self, name, **_):
        return Counter(0, name)

    async def makeMany(self, count, **_):
        return [Counter(start) for start in range(count)]

    async def late(self, gate, outcome, **_):
        outcome = Counter(outcome.make) if outcome.which() == "make" else outcome.give
        await gate.wait()
        return outcome

    async def give(self, counter, **_):
        return counter

    async def hold(self, counter, **_):
        self.held_counter = counter

    async def held(self, **_):
        return self.held_counter

    async def drop(self, **_):
        self.held_counter = None

    async def callBack(self, counter, amounts, **_):
        # An absent argument looks like any other here.
        target = counter if self.held_counter is None else self.held_counter
        calls = [target.add(amount) for amount in amounts]
        return [(await call).total for call in calls]

    async def stats(self, **_):
        return Counter.alive, 0


async def accepted(stream):
    await capnp.TwoPartyServer(stream, bootstrap=Peer()).on_disconnect()


async def main(address):
    server = await capnp.AsyncIoStream.create_unix_server(accepted, address.removeprefix("unix:"))
    print("listening", address, flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)


asyncio.run(capnp.run(main(sys.argv[1])))
