#include <kj/time.h>

#include <cstdio>

#include "client.h"

namespace {

constexpr uint WARM_UP_CALLS = 500;
constexpr int64_t MEASURED_MS = 1000;
constexpr uint WINDOW = 100;

double secondsBetween(kj::TimePoint from, kj::TimePoint to) {
  return (to - from) / kj::MICROSECONDS / 1e6;
}

kj::Promise<void> ping(Peer::Client& peer) {
  auto request = peer.pingRequest();
  request.setValue(1);
  return request.send().ignoreResult();
}

// Calls one after another, until the time is over.
kj::Promise<void> keepCalling(Peer::Client& peer, const kj::MonotonicClock& clock,
                              kj::TimePoint end, uint& calls) {
  return ping(peer).then([&peer, &clock, end, &calls]() -> kj::Promise<void> {
    ++calls;
    if (clock.now() >= end) return kj::READY_NOW;
    return keepCalling(peer, clock, end, calls);
  });
}

double callsPerSecond(World& world, Peer::Client& peer, uint window) {
  auto& clock = kj::systemPreciseMonotonicClock();
  auto from = clock.now();
  auto end = from + MEASURED_MS * kj::MILLISECONDS;
  uint calls = 0;
  auto running = kj::heapArrayBuilder<kj::Promise<void>>(window);
  for (uint index = 0; index < window; index++) {
    running.add(keepCalling(peer, clock, end, calls));
  }
  kj::joinPromises(running.finish()).wait(world.scope());
  return calls / secondsBetween(from, clock.now());
}

}  // namespace

void runBench(World& world, kj::StringPtr address) {
  Session session(world.dial(address));
  for (uint index = 0; index < WARM_UP_CALLS; index++) ping(session.peer).wait(world.scope());
  double sequential = callsPerSecond(world, session.peer, 1);
  double windowed = callsPerSecond(world, session.peer, WINDOW);
  printf("{\"sequential\": %.0f, \"windowed\": %.0f}\n", sequential, windowed);
}
