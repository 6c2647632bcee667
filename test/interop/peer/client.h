// What every check and every figure needs: an event loop, and connections to an address.

#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include "server.h"

struct World {
  kj::AsyncIoContext io = kj::setupAsyncIo();

  kj::WaitScope& scope() { return io.waitScope; }

  kj::Own<kj::AsyncIoStream> dial(kj::StringPtr address) {
    auto parsed = io.provider->getNetwork().parseAddress(address).wait(scope());
    return parsed->connect().wait(scope());
  }

  kj::Promise<void> sleep(int64_t milliseconds) {
    return io.provider->getTimer().afterDelay(milliseconds * kj::MILLISECONDS);
  }

  // Waits for what should happen soon. Fails when it does not.
  template <typename T>
  T wait(kj::Promise<T> promise, int64_t milliseconds = 10000) {
    return io.provider->getTimer()
        .timeoutAfter(milliseconds * kj::MILLISECONDS, kj::mv(promise))
        .wait(scope());
  }
};

// A connection, and the peer on its other end.
struct Session {
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient connection;
  Peer::Client peer;

  explicit Session(kj::Own<kj::AsyncIoStream> opened)
      : stream(kj::mv(opened)),
        connection(*stream),
        peer(connection.bootstrap().castAs<Peer>()) {}

  // Version 0.9 must not be taken down while a connection is up: what it still has to say may be
  // gone by then. @returns when the other side has closed too
  kj::Promise<void> close() {
    stream->shutdownWrite();
    return connection.onDisconnect();
  }
};

// Runs the checks of these names (all without any) against a server; one line of output each.
void runChecks(World& world, kj::StringPtr address, kj::ArrayPtr<const kj::StringPtr> names);
void listChecks();

// Calls for some time, with `window` calls under way, and prints how many a thousand seconds hold.
// Pings, or echoes of that many bytes.
void runBench(World& world, kj::StringPtr address, uint window, uint milliseconds, uint bytes);
