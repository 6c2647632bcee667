#include <kj/time.h>

#include <cstdio>

#include "client.h"

namespace {

constexpr uint WARM_UP_CALLS = 200;

double secondsBetween(kj::TimePoint from, kj::TimePoint to) {
  return (to - from) / kj::MICROSECONDS / 1e6;
}

// A ping, or an echo of bytes.
struct Call {
  Peer::Client peer;
  kj::Array<kj::byte> bytes;

  kj::Promise<void> make() {
    if (bytes.size() == 0) {
      auto request = peer.pingRequest();
      request.setValue(1);
      return request.send().ignoreResult();
    }
    auto request = peer.echoRequest();
    request.setData(bytes);
    return request.send().ignoreResult();
  }
};

// Calls one after another, until the time is over.
kj::Promise<void> keepCalling(Call& call, const kj::MonotonicClock& clock,
                              kj::TimePoint end, uint& calls) {
  return call.make().then([&call, &clock, end, &calls]() -> kj::Promise<void> {
    ++calls;
    if (clock.now() >= end) return kj::READY_NOW;
    return keepCalling(call, clock, end, calls);
  });
}

double callsPerSecond(World& world, Call& call, uint window, kj::Duration time) {
  auto& clock = kj::systemPreciseMonotonicClock();
  auto from = clock.now();
  auto end = from + time;
  uint calls = 0;
  auto running = kj::heapArrayBuilder<kj::Promise<void>>(window);
  for (uint index = 0; index < window; index++) {
    running.add(keepCalling(call, clock, end, calls));
  }
  kj::joinPromises(running.finish()).wait(world.scope());
  return calls / secondsBetween(from, clock.now());
}

}  // namespace

void runBench(World& world, kj::StringPtr address, uint window, uint milliseconds, uint bytes) {
  Session session(world.dial(address));
  Call call{session.peer, kj::heapArray<kj::byte>(bytes)};
  uint warmUp = bytes > 0 ? 4 : WARM_UP_CALLS;
  for (uint index = 0; index < warmUp; index++) call.make().wait(world.scope());
  printf("%.0f\n", callsPerSecond(world, call, window, milliseconds * kj::MILLISECONDS) * 1000);
  world.wait(session.close());
}
