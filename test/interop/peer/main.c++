// The other end of the interop suite: a vat on the C++ reference.
//
//   peer serve ADDRESS             serves a Peer; says `listening ADDRESS`
//   peer relay ADDRESS UPSTREAM    serves what UPSTREAM serves, over a connection of its own each
//   peer check ADDRESS [NAME…]     checks a server; a line `ok NAME` or `FAIL NAME: why` each
//   peer checks                    the names of the checks
//   peer bench ADDRESS WINDOW MILLISECONDS BYTES   calls to a server in a thousand seconds
//
// Addresses as in KJ: unix:/path, 127.0.0.1:0. A server ends when its standard input does.

#include <kj/debug.h>

#include <cstdio>

#include "client.h"

namespace {

// One accepted connection: whoever is there gets `bootstrap`.
struct Accepted {
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;

  Accepted(kj::Own<kj::AsyncIoStream> accepted, capnp::Capability::Client bootstrap)
      : stream(kj::mv(accepted)),
        network(*stream, capnp::rpc::twoparty::Side::SERVER),
        rpc(capnp::makeRpcServer(network, kj::mv(bootstrap))) {}
};

class Listener final : private kj::TaskSet::ErrorHandler {
public:
  Listener(World& world, kj::StringPtr address, kj::Maybe<kj::StringPtr> upstream)
      : world_(world), upstream_(upstream), tasks_(*this) {
    auto& network = world.io.provider->getNetwork();
    receiver_ = network.parseAddress(address).wait(world.scope())->listen();
    KJ_IF_MAYBE (target, upstream) {
      upstreamAddress_ = network.parseAddress(*target).wait(world.scope());
    }
    if (address.startsWith("unix:")) {
      printf("listening %s\n", address.cStr());
    } else {
      printf("listening 127.0.0.1:%u\n", receiver_->getPort());
    }
    fflush(stdout);
  }

  kj::Promise<void> run() {
    return receiver_->accept().then([this](kj::Own<kj::AsyncIoStream> stream) {
      tasks_.add(serve(kj::mv(stream)));
      return run();
    });
  }

private:
  World& world_;
  kj::Maybe<kj::StringPtr> upstream_;
  kj::Own<kj::ConnectionReceiver> receiver_;
  kj::Own<kj::NetworkAddress> upstreamAddress_;
  kj::TaskSet tasks_;

  kj::Promise<void> serve(kj::Own<kj::AsyncIoStream> stream) {
    if (upstream_ == nullptr) return stay(kj::heap<Accepted>(kj::mv(stream), makePeer()));
    return upstreamAddress_->connect().then(
        [this, stream = kj::mv(stream)](kj::Own<kj::AsyncIoStream> dialed) mutable {
          auto session = kj::heap<Session>(kj::mv(dialed));
          auto peer = session->peer;
          return relay(kj::heap<Accepted>(kj::mv(stream), kj::mv(peer)), kj::mv(session));
        });
  }

  static kj::Promise<void> stay(kj::Own<Accepted> accepted) {
    auto gone = accepted->network.onDisconnect();
    return gone.attach(kj::mv(accepted));
  }

  // When one side is gone, the other hears of it.
  static kj::Promise<void> relay(kj::Own<Accepted> accepted, kj::Own<Session> session) {
    auto gone = accepted->network.onDisconnect();
    auto lost = session->connection.onDisconnect();
    return gone.exclusiveJoin(kj::mv(lost))
        .then([&accepted = *accepted, &session = *session]() {
          auto gone = accepted.network.onDisconnect();
          accepted.stream->shutdownWrite();
          return session.close().then([gone = kj::mv(gone)]() mutable { return kj::mv(gone); });
        })
        .attach(kj::mv(accepted), kj::mv(session));
  }

  void taskFailed(kj::Exception&& exception) override {
    fprintf(stderr, "%s\n", exception.getDescription().cStr());
  }
};

void serveUntilInputEnds(World& world, kj::StringPtr address, kj::Maybe<kj::StringPtr> upstream) {
  Listener listener(world, address, upstream);
  auto input = world.io.lowLevelProvider->wrapInputFd(0);
  auto ended = input->readAllBytes().ignoreResult();
  listener.run().exclusiveJoin(kj::mv(ended)).wait(world.scope());
}

int run(kj::ArrayPtr<const kj::StringPtr> args) {
  World world;
  if (args.size() == 1 && args[0] == "checks") {
    listChecks();
  } else if (args.size() == 2 && args[0] == "serve") {
    serveUntilInputEnds(world, args[1], nullptr);
  } else if (args.size() == 3 && args[0] == "relay") {
    serveUntilInputEnds(world, args[1], args[2]);
  } else if (args.size() >= 2 && args[0] == "check") {
    runChecks(world, args[1], args.slice(2, args.size()));
  } else if (args.size() == 5 && args[0] == "bench") {
    runBench(world, args[1], args[2].parseAs<uint>(), args[3].parseAs<uint>(),
             args[4].parseAs<uint>());
  } else {
    fprintf(stderr, "usage: peer serve|relay|check|checks|bench … (see main.c++)\n");
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  kj::Vector<kj::StringPtr> args;
  for (int index = 1; index < argc; index++) args.add(argv[index]);
  int code = 1;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { code = run(args); })) {
    fprintf(stderr, "peer: %s\n", exception->getDescription().cStr());
  }
  return code;
}
