// The Peer of interop.capnp on the C++ reference.

#pragma once

#include <kj/timer.h>

#include "interop.capnp.h"

using kj::uint;

// Objects of ours that are alive, for `Peer.stats` and for checks that nothing is left behind.
struct Tally {
  uint32_t objects = 0;
  uint32_t canceled = 0;
};

extern Tally tally;

// Adds up and remembers what it was asked to add. Lives as long as somebody holds it.
class CounterServer final : public NamedCounter::Server {
public:
  CounterServer(int64_t start, kj::StringPtr name = "");
  ~CounterServer() noexcept(false);

  const kj::Vector<int64_t>& amounts() const { return log_; }

  // What `gone` points to becomes true when this does no longer exist.
  void tell(bool& gone) { gone_ = &gone; }

protected:
  kj::Promise<void> add(AddContext context) override;
  kj::Promise<void> log(LogContext context) override;
  kj::Promise<void> name(NameContext context) override;

private:
  int64_t total_;
  kj::String name_;
  kj::Vector<int64_t> log_;
  bool* gone_ = nullptr;
};

Peer::Client makePeer();

// An exception of one of the four kinds.
kj::Exception exceptionOf(Kind kind, kj::StringPtr text);
