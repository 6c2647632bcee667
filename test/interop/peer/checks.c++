#include <capnp/serialize.h>
#include <kj/debug.h>

#include <cstdio>

#include "client.h"

namespace {

constexpr uint PATIENCE_MS = 60000;
constexpr uint POLL_MS = 5;

// What a check has at hand. Each has a connection of its own.
struct Bench {
  World& world;
  kj::StringPtr address;
  Session session;
  Peer::Client peer;

  Bench(World& world, kj::StringPtr address)
      : world(world), address(address), session(world.dial(address)), peer(session.peer) {}

  template <typename T>
  T wait(kj::Promise<T> promise) {
    return world.wait(kj::mv(promise), PATIENCE_MS);
  }

  template <typename T>
  capnp::Response<T> wait(capnp::RemotePromise<T> promise) {
    kj::Promise<capnp::Response<T>> plain = kj::mv(promise);
    return world.wait(kj::mv(plain), PATIENCE_MS);
  }

  // Lets both sides work for a moment.
  void pass(uint milliseconds) { world.sleep(milliseconds).wait(world.scope()); }

  // Waits until `holds`, which may ask the peer, is true.
  void until(kj::StringPtr what, kj::Function<bool()> holds) {
    for (uint waited = 0; !holds(); waited += POLL_MS) {
      KJ_REQUIRE(waited < PATIENCE_MS, "did not come to pass", what);
      pass(POLL_MS);
    }
  }

  uint32_t objects() { return wait(peer.statsRequest().send()).getObjects(); }
  uint32_t canceled() { return wait(peer.statsRequest().send()).getCanceled(); }

  Counter::Client make(int64_t start) {
    auto request = peer.makeRequest();
    request.setStart(start);
    return wait(request.send()).getCounter();
  }
};

// An object of this program that can be recognized, and seen to end.
struct Own {
  bool isGone = false;
  CounterServer* server;
  kj::Maybe<Counter::Client> client;
  static capnp::CapabilityServerSet<Counter> all;

  Own() {
    auto made = kj::heap<CounterServer>(0);
    made->tell(isGone);
    server = made.get();
    client = all.add(kj::mv(made));
  }

  Counter::Client get() { return KJ_REQUIRE_NONNULL(client); }
  void drop() { client = nullptr; }

  bool isItself(Bench& bench, Counter::Client other) {
    auto found = bench.wait(all.getLocalServer(other));
    KJ_IF_MAYBE (server, found) return server == this->server;
    return false;
  }
};

capnp::CapabilityServerSet<Counter> Own::all;

// A gate of this program.
class OwnGate {
public:
  OwnGate() : OwnGate(kj::newPromiseAndFulfiller<void>()) {}

  Gate::Client get() { return kj::heap<Server>(opened_); }
  void open() { fulfiller_->fulfill(); }

private:
  kj::ForkedPromise<void> opened_;
  kj::Own<kj::PromiseFulfiller<void>> fulfiller_;

  explicit OwnGate(kj::PromiseFulfillerPair<void> pair)
      : opened_(pair.promise.fork()), fulfiller_(kj::mv(pair.fulfiller)) {}

  class Server final : public Gate::Server {
  public:
    explicit Server(kj::ForkedPromise<void>& opened) : opened_(opened) {}

  protected:
    kj::Promise<void> wait(WaitContext) override { return opened_.addBranch(); }

  private:
    kj::ForkedPromise<void>& opened_;
  };
};

int64_t add(Bench& bench, Counter::Client counter, int64_t amount) {
  auto request = counter.addRequest();
  request.setAmount(amount);
  return bench.wait(request.send()).getTotal();
}

// Sends numbered calls, and knows whether they arrived as sent.
class Numbered {
public:
  Numbered(Bench& bench, Counter::Client counter) : bench_(bench), counter_(counter) {}

  void send(uint count) {
    for (uint index = 0; index < count; index++) {
      auto request = counter_.addRequest();
      request.setAmount(next_++);
      calls_.add(request.send().ignoreResult());
    }
  }

  // Keeps sending across turns, before and after the promise becomes what it is to be.
  void sendWhile(uint turns) {
    for (uint turn = 0; turn < turns; turn++) {
      send(3);
      kj::evalLater([]() {}).wait(bench_.world.scope());
      if (turn % 4 == 0) bench_.pass(1);
    }
  }

  void arrive() {
    for (auto& call : calls_) bench_.wait(kj::mv(call));
    calls_.clear();
  }

  template <typename Amounts>
  void expectOrder(const Amounts& amounts) {
    KJ_REQUIRE(amounts.size() == next_, "calls were lost");
    for (uint index = 0; index < next_; index++) {
      KJ_REQUIRE(amounts[index] == index, "a call overtook another", amounts[index]);
    }
  }

private:
  Bench& bench_;
  Counter::Client counter_;
  int64_t next_ = 0;
  kj::Vector<kj::Promise<void>> calls_;
};

// What a promise fails with.
template <typename Call>
kj::Exception failureOf(Bench& bench, Call&& call) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { bench.wait(call.ignoreResult()); })) {
    return kj::mv(*exception);
  }
  KJ_FAIL_REQUIRE("did not fail");
}

void expectFailure(kj::Exception exception, kj::Exception::Type type, kj::StringPtr text) {
  KJ_REQUIRE(exception.getType() == type, "fails with another kind", exception);
  auto description = exception.getDescription();
  bool tells = false;
  for (uint at = 0; at + text.size() <= description.size(); at++) {
    if (description.slice(at).startsWith(text)) tells = true;
  }
  KJ_REQUIRE(tells, "says something else", description);
}

// ---- plain calls

void callsArrive(Bench& bench) {
  auto request = bench.peer.pingRequest();
  request.setValue(4000000000u);
  KJ_REQUIRE(bench.wait(request.send()).getValue() == 4000000000u);
}

void bootstrapsTwice(Bench& bench) {
  auto again = bench.session.connection.bootstrap().castAs<Peer>();
  auto request = again.pingRequest();
  request.setValue(7);
  KJ_REQUIRE(bench.wait(request.send()).getValue() == 7);
}

void manyCallsAtOnce(Bench& bench) {
  kj::Vector<capnp::RemotePromise<Pong>> calls;
  for (uint index = 0; index < 1000; index++) {
    auto request = bench.peer.pingRequest();
    request.setValue(index);
    calls.add(request.send());
  }
  for (uint index = 0; index < calls.size(); index++) {
    KJ_REQUIRE(bench.wait(kj::mv(calls[index])).getValue() == index);
  }
}

void largeMessages(Bench& bench) {
  auto bytes = kj::heapArray<kj::byte>(40 << 20);
  for (size_t index = 0; index < bytes.size(); index++) bytes[index] = index * 31 >> 3;
  auto request = bench.peer.echoRequest();
  request.setData(bytes);
  auto response = bench.wait(request.send());
  KJ_REQUIRE(response.getData() == bytes);
}

void manySegments(Bench& bench) {
  constexpr uint PARTS = 300;
  auto request = bench.peer.echoAllRequest();
  auto parts = request.initParts(PARTS);
  for (uint index = 0; index < PARTS; index++) {
    auto part = parts.init(index, 1000 + index * 91);
    for (auto& byte : part) byte = index;
  }
  auto response = bench.wait(request.send());
  KJ_REQUIRE(response.getParts().size() == PARTS);
  for (uint index = 0; index < PARTS; index++) {
    auto part = response.getParts()[index];
    KJ_REQUIRE(part.size() == 1000 + index * 91 && part[0] == (index & 255));
  }
}

void upgradedLists(Bench& bench) {
  auto wide = bench.peer.readWideRequest();
  auto narrowLists = wide.getLists().initAs<Narrow>();
  auto numbers = narrowLists.initNumbers(3);
  auto texts = narrowLists.initTexts(2);
  for (uint index = 0; index < 3; index++) numbers.set(index, 100 + index);
  texts.set(0, "zero");
  texts.set(1, "one");
  auto seenWide = bench.wait(wide.send());
  auto lists = seenWide.getLists();
  KJ_REQUIRE(lists.getNumbers().size() == 3 && lists.getTexts().size() == 2);
  KJ_REQUIRE(lists.getNumbers()[2].getValue() == 102 && lists.getNumbers()[2].getNote() == "");
  KJ_REQUIRE(lists.getTexts()[1].getText() == "one" && lists.getTexts()[1].getCount() == 0);

  auto narrow = bench.peer.readNarrowRequest();
  auto wideLists = narrow.getLists().initAs<Wide>();
  auto items = wideLists.initNumbers(2);
  auto words = wideLists.initTexts(2);
  items[1].setValue(8);
  items[1].setNote("unseen");
  words[0].setText("word");
  words[1].setCount(9);
  auto seenNarrow = bench.wait(narrow.send());
  auto plain = seenNarrow.getLists();
  KJ_REQUIRE(plain.getNumbers().size() == 2 && plain.getTexts().size() == 2);
  KJ_REQUIRE(plain.getNumbers()[1] == 8 && plain.getTexts()[0] == "word");
}

// ---- failures

void fourKinds(Bench& bench) {
  constexpr kj::Exception::Type TYPES[] = {
      kj::Exception::Type::FAILED, kj::Exception::Type::OVERLOADED,
      kj::Exception::Type::DISCONNECTED, kj::Exception::Type::UNIMPLEMENTED};
  for (uint kind = 0; kind < 4; kind++) {
    auto request = bench.peer.failRequest();
    request.setKind(static_cast<Kind>(kind));
    request.setText("as asked: \xc3\xa4\xe2\x82\xac");
    expectFailure(failureOf(bench, request.send()), TYPES[kind], "as asked: \xc3\xa4\xe2\x82\xac");
  }
}

void unknownInterface(Bench& bench) {
  auto counter = bench.make(1);
  auto failure = failureOf(bench, counter.castAs<Stranger>().addRequest().send());
  expectFailure(kj::mv(failure), kj::Exception::Type::UNIMPLEMENTED, "");
  auto log = bench.wait(counter.logRequest().send());
  KJ_REQUIRE(log.getAmounts().size() == 0, "a method with the same number ran");
}

void unknownMethod(Bench& bench) {
  auto request = bench.peer.typelessRequest(capnp::typeId<Peer>(), 99, nullptr);
  expectFailure(failureOf(bench, request.send()), kj::Exception::Type::UNIMPLEMENTED, "");
}

void inheritedMethods(Bench& bench) {
  auto request = bench.peer.makeNamedRequest();
  request.setName("Ada");
  auto counter = bench.wait(request.send()).getCounter();
  KJ_REQUIRE(add(bench, counter, 3) == 3);
  KJ_REQUIRE(bench.wait(counter.nameRequest().send()).getName() == "Ada");
}

void callsOnNull(Bench& bench) {
  auto response = bench.wait(bench.peer.shapesRequest().send());
  KJ_REQUIRE(!response.hasAbsent());
  failureOf(bench, response.getAbsent().addRequest().send());
}

// ---- capabilities as arguments and results

void nullStaysNull(Bench& bench) {
  auto response = bench.wait(bench.peer.giveRequest().send());
  KJ_REQUIRE(!response.hasCounter());
}

void ownComesBack(Bench& bench) {
  Own own;
  auto request = bench.peer.giveRequest();
  request.setCounter(own.get());
  auto response = bench.wait(request.send());
  KJ_REQUIRE(own.isItself(bench, response.getCounter()));
}

void theirsComesBack(Bench& bench) {
  auto counter = bench.make(10);
  auto request = bench.peer.giveRequest();
  request.setCounter(counter);
  auto back = bench.wait(request.send()).getCounter();
  KJ_REQUIRE(add(bench, back, 1) == 11);
  KJ_REQUIRE(add(bench, counter, 1) == 12);
}

void sameCapabilityOften(Bench& bench) {
  Own own;
  auto request = bench.peer.giveAllRequest();
  auto given = request.initCounters(5);
  for (uint index : {0u, 1u, 3u}) given.set(index, own.get());
  given.set(4, bench.make(50));
  auto response = bench.wait(request.send());
  auto back = response.getCounters();
  KJ_REQUIRE(back.size() == 5);
  for (uint index : {0u, 1u, 3u}) KJ_REQUIRE(own.isItself(bench, back[index]));
  KJ_REQUIRE(add(bench, back[4], 1) == 51);
  failureOf(bench, back[2].addRequest().send());
}

void anythingGoes(Bench& bench) {
  Own own;
  auto request = bench.peer.giveAnyRequest();
  request.getValue().setAs<capnp::Text>("text");
  KJ_REQUIRE(bench.wait(request.send()).getValue().getAs<capnp::Text>() == "text");

  request = bench.peer.giveAnyRequest();
  request.getValue().setAs<Counter>(own.get());
  auto response = bench.wait(request.send());
  KJ_REQUIRE(own.isItself(bench, response.getValue().getAs<Counter>()));

  request = bench.peer.giveAnyRequest();
  auto outer = request.getValue().initAs<Outer>();
  outer.setLabel("label");
  outer.initInner().setCounter(own.get());
  response = bench.wait(request.send());
  auto back = response.getValue().getAs<Outer>();
  KJ_REQUIRE(back.getLabel() == "label");
  KJ_REQUIRE(own.isItself(bench, back.getInner().getCounter()));
  KJ_REQUIRE(bench.wait(bench.peer.giveAnyRequest().send()).getValue().isNull());
}

void callbacks(Bench& bench) {
  Own own;
  auto request = bench.peer.callBackRequest();
  request.setCounter(own.get());
  request.setAmounts({5, 6, 7});
  auto response = bench.wait(request.send());
  KJ_REQUIRE(response.getTotals().size() == 3 && response.getTotals()[2] == 18);
}

void failingCallbacks(Bench& bench) {
  auto request = bench.peer.callBackRequest();
  request.setCounter(Counter::Client(exceptionOf(Kind::OVERLOADED, "no room")));
  request.setAmounts({1});
  expectFailure(failureOf(bench, request.send()), kj::Exception::Type::OVERLOADED, "no room");
}

void promisesAsArguments(Bench& bench) {
  Own own;
  auto pair = kj::newPromiseAndFulfiller<Counter::Client>();
  auto request = bench.peer.callBackRequest();
  request.setCounter(kj::mv(pair.promise));
  request.setAmounts({1, 2});
  auto call = request.send();
  bench.pass(10);
  pair.fulfiller->fulfill(own.get());
  KJ_REQUIRE(bench.wait(kj::mv(call)).getTotals()[1] == 3);
}

void promisesOfTheirOwn(Bench& bench) {
  auto theirs = bench.make(0);
  auto pair = kj::newPromiseAndFulfiller<Counter::Client>();
  Counter::Client promised = kj::mv(pair.promise);
  auto hold = bench.peer.holdRequest();
  hold.setCounter(promised);
  bench.wait(hold.send());
  kj::Vector<capnp::RemotePromise<Peer::CallBackResults>> calls;
  auto callBack = [&](int64_t from) {
    // Order is a matter of one reference: the one that is held.
    auto request = bench.peer.callBackRequest();
    request.setAmounts({from, from + 1, from + 2});
    calls.add(request.send());
  };
  callBack(0);
  bench.pass(10);
  callBack(3);
  pair.fulfiller->fulfill(kj::cp(theirs));
  for (uint index = 2; index < 10; index++) {
    callBack(index * 3);
    bench.pass(1);
  }
  for (auto& call : calls) bench.wait(kj::mv(call));
  auto log = bench.wait(theirs.logRequest().send());
  KJ_REQUIRE(log.getAmounts().size() == 30);
  for (uint index = 0; index < 30; index++) {
    KJ_REQUIRE(log.getAmounts()[index] == index, "a call overtook another", log.getAmounts()[index]);
  }
  bench.wait(bench.peer.dropRequest().send());
}

void brokenArguments(Bench& bench) {
  auto pair = kj::newPromiseAndFulfiller<Counter::Client>();
  auto request = bench.peer.callBackRequest();
  request.setCounter(kj::mv(pair.promise));
  request.setAmounts({1});
  auto call = request.send();
  bench.pass(10);
  pair.fulfiller->reject(exceptionOf(Kind::FAILED, "broken promise"));
  auto failure = failureOf(bench, call);
  expectFailure(kj::mv(failure), kj::Exception::Type::FAILED, "broken promise");
}

// ---- pipelining

void onEveryPath(Bench& bench, bool isLate) {
  OwnGate gate;
  auto request = bench.peer.shapesRequest();
  if (isLate) request.setGate(gate.get());
  request.setStart(100);
  auto shapes = request.send();
  kj::Vector<capnp::RemotePromise<Counter::AddResults>> calls;
  auto call = [&](Counter::Client counter) {
    auto adding = counter.addRequest();
    adding.setAmount(1);
    calls.add(adding.send());
  };
  call(shapes.getCounter());
  call(shapes.getOuter().getInner().getCounter());
  call(shapes.getPair().getLeft());
  call(shapes.getPair().getRight().getInner().getCounter());
  if (isLate) {
    bench.pass(10);
    gate.open();
  }
  for (uint index = 0; index < calls.size(); index++) {
    KJ_REQUIRE(bench.wait(kj::mv(calls[index])).getTotal() == 101 + int64_t(index));
  }
  failureOf(bench, shapes.getAbsent().addRequest().send());
  // The answer has returned by now; its pipeline still works.
  KJ_REQUIRE(add(bench, shapes.getOuter().getInner().getCounter(), 0) == 104);
}

void pipelinedAtOnce(Bench& bench) { onEveryPath(bench, false); }
void pipelinedUnresolved(Bench& bench) { onEveryPath(bench, true); }

void hundredInOrder(Bench& bench) {
  OwnGate gate;
  auto request = bench.peer.lateRequest();
  request.setGate(gate.get());
  request.initOutcome().setMake(0);
  auto late = request.send();
  auto counter = late.getCounter();
  Numbered numbered(bench, counter);
  numbered.send(50);
  bench.pass(5);
  numbered.send(50);
  gate.open();
  numbered.arrive();
  auto log = bench.wait(counter.logRequest().send());
  numbered.expectOrder(log.getAmounts());
}

void pipelinedArguments(Bench& bench) {
  OwnGate gate;
  auto request = bench.peer.lateRequest();
  request.setGate(gate.get());
  request.initOutcome().setMake(7);
  auto late = request.send();
  auto give = bench.peer.giveRequest();
  give.setCounter(late.getCounter());
  auto given = give.send();
  auto total = given.getCounter().addRequest();
  total.setAmount(1);
  auto adding = total.send();
  bench.pass(10);
  gate.open();
  KJ_REQUIRE(bench.wait(kj::mv(adding)).getTotal() == 8);
}

void pipelinedOnFailure(Bench& bench) {
  OwnGate gate;
  auto request = bench.peer.lateRequest();
  request.setGate(gate.get());
  request.initOutcome().setFail("no counter");
  auto late = request.send();
  auto adding = late.getCounter().addRequest().send();
  gate.open();
  expectFailure(failureOf(bench, adding), kj::Exception::Type::FAILED, "no counter");
}

// ---- promise capabilities

struct Promised {
  kj::Vector<kj::Own<OwnGate>> gates;
  capnp::RemotePromise<Peer::PromiseResults> call;
  Counter::Client counter;

  Promised(Bench& bench, uint hops, kj::Function<void(Outcome::Builder)> outcome)
      : call(ask(bench, hops, kj::mv(outcome))), counter(call.getCounter()) {}

private:
  capnp::RemotePromise<Peer::PromiseResults> ask(Bench& bench, uint hops,
                                                 kj::Function<void(Outcome::Builder)> outcome) {
    auto request = bench.peer.promiseRequest();
    auto list = request.initGates(hops);
    for (uint index = 0; index < hops; index++) {
      gates.add(kj::heap<OwnGate>());
      list.set(index, gates[index]->get());
    }
    outcome(request.initOutcome());
    return request.send();
  }
};

void promiseBecomesTheirs(Bench& bench) {
  Promised promised(bench, 1, [](Outcome::Builder outcome) { outcome.setMake(0); });
  Counter::Client counter = bench.wait(kj::mv(promised.call)).getCounter();
  Numbered numbered(bench, counter);
  numbered.sendWhile(5);
  promised.gates[0]->open();
  bench.wait(counter.whenResolved());
  numbered.sendWhile(5);
  numbered.arrive();
  auto log = bench.wait(counter.logRequest().send());
  numbered.expectOrder(log.getAmounts());
}

void becomesOurs(Bench& bench, uint hops, bool isPipelined) {
  Own own;
  Promised promised(bench, hops, [&](Outcome::Builder outcome) { outcome.setGive(own.get()); });
  Counter::Client counter = promised.counter;
  if (!isPipelined) counter = bench.wait(kj::mv(promised.call)).getCounter();
  Numbered numbered(bench, counter);
  for (auto& gate : promised.gates) {
    numbered.sendWhile(5);
    gate->open();
    numbered.sendWhile(5);
  }
  bench.wait(counter.whenResolved());
  numbered.sendWhile(5);
  numbered.arrive();
  numbered.expectOrder(own.server->amounts());
  KJ_REQUIRE(own.isItself(bench, counter));
}

void promiseBecomesOurs(Bench& bench) { becomesOurs(bench, 1, false); }
void pipelineBecomesOurs(Bench& bench) { becomesOurs(bench, 1, true); }
void hopsBecomeOurs(Bench& bench) { becomesOurs(bench, 3, false); }

void lateAnswerIsOurs(Bench& bench) {
  Own own;
  OwnGate gate;
  auto request = bench.peer.lateRequest();
  request.setGate(gate.get());
  request.initOutcome().setGive(own.get());
  auto late = request.send();
  Counter::Client counter = late.getCounter();
  Numbered numbered(bench, counter);
  numbered.sendWhile(5);
  gate.open();
  numbered.sendWhile(10);
  bench.wait(counter.whenResolved());
  numbered.sendWhile(5);
  numbered.arrive();
  numbered.expectOrder(own.server->amounts());
}

void promiseBreaks(Bench& bench) {
  Promised promised(bench, 2, [](Outcome::Builder outcome) { outcome.setFail("broke"); });
  Counter::Client counter = bench.wait(kj::mv(promised.call)).getCounter();
  auto adding = counter.addRequest().send();
  for (auto& gate : promised.gates) gate->open();
  expectFailure(failureOf(bench, adding), kj::Exception::Type::FAILED, "broke");
  auto again = counter.addRequest().send();
  expectFailure(failureOf(bench, again), kj::Exception::Type::FAILED, "broke");
}

// ---- tail calls

void tailCallsElsewhere(Bench& bench) {
  auto request = bench.peer.forwardRequest();
  request.setTarget(makePeer());
  request.setValue(77);
  KJ_REQUIRE(bench.wait(request.send()).getValue() == 77);
}

void tailCallsPipelined(Bench& bench) {
  auto request = bench.peer.forwardMakeRequest();
  request.setTarget(makePeer());
  request.setStart(5);
  auto made = request.send();
  KJ_REQUIRE(add(bench, made.getCounter(), 1) == 6);
  KJ_REQUIRE(add(bench, bench.wait(kj::mv(made)).getCounter(), 1) == 7);
}

// ---- streams

constexpr uint64_t NO_LIMIT = uint64_t(1) << 40;

Sink::Client openSink(Bench& bench, kj::Maybe<Gate::Client> gate, uint64_t limit) {
  auto request = bench.peer.sinkRequest();
  KJ_IF_MAYBE (given, gate) request.setGate(*given);
  request.setLimit(limit);
  return request.send().getSink();
}

kj::Promise<void> writeTo(Sink::Client& sink, uint bytes) {
  auto request = sink.writeRequest();
  request.initData(bytes);
  return request.send();
}

void streamsArrive(Bench& bench) {
  auto sink = openSink(bench, nullptr, NO_LIMIT);
  for (uint index = 0; index < 500; index++) bench.wait(writeTo(sink, 10000));
  auto end = bench.wait(sink.endRequest().send());
  KJ_REQUIRE(end.getBytes() == 5000000);
  KJ_REQUIRE(end.getPieces() == 500);
}

void streamsAreHeldBack(Bench& bench) {
  OwnGate gate;
  auto sink = openSink(bench, gate.get(), NO_LIMIT);
  bool isHeldBack = false;
  uint written = 0;
  kj::Promise<void> last = kj::READY_NOW;
  while (!isHeldBack) {
    // More than the buffers of any socket, which the reference takes for its window.
    KJ_REQUIRE(written < 10000, "nothing holds the stream back");
    last = writeTo(sink, 100000);
    ++written;
    bool hasResolved = last.poll(bench.world.scope());
    isHeldBack = !hasResolved;
  }
  gate.open();
  bench.wait(kj::mv(last));
  KJ_REQUIRE(bench.wait(sink.endRequest().send()).getPieces() == written);
}

void failedStreams(Bench& bench) {
  OwnGate gate;
  auto sink = openSink(bench, gate.get(), 1500);
  for (uint index = 0; index < 5; index++) bench.wait(writeTo(sink, 1000));
  auto ended = sink.endRequest().send();
  gate.open();
  auto failsWith = [&](kj::Function<void()> run) {
    auto failure = kj::runCatchingExceptions(kj::mv(run));
    auto& exception = KJ_REQUIRE_NONNULL(failure, "a call after the failed one did not fail");
    KJ_REQUIRE(exception.getType() == kj::Exception::Type::OVERLOADED);
  };
  failsWith([&]() { bench.wait(kj::mv(ended)); });
  failsWith([&]() { bench.wait(writeTo(sink, 1000)); });
  failsWith([&]() { bench.wait(sink.endRequest().send()); });
}

// ---- who holds what

void argumentsEndWithTheCall(Bench& bench) {
  Own own;
  auto request = bench.peer.giveRequest();
  request.setCounter(own.get());
  bench.wait(request.send());
  own.drop();
  bench.until("the argument is let go", [&]() { return own.isGone; });
}

void heldArgumentsStay(Bench& bench) {
  Own own;
  auto request = bench.peer.holdRequest();
  request.setCounter(own.get());
  bench.wait(request.send());
  own.drop();
  bench.pass(20);
  KJ_REQUIRE(!own.isGone, "a held argument was let go");
  auto held = bench.wait(bench.peer.heldRequest().send());
  KJ_REQUIRE(own.isItself(bench, held.getCounter()));
  bench.wait(bench.peer.dropRequest().send());
  { auto gone = kj::mv(held); }
  bench.until("the argument is let go", [&]() { return own.isGone; });
}

void resultsAreLetGo(Bench& bench) {
  bench.until("earlier checks are over", [&]() { return bench.objects() == 0; });
  {
    auto request = bench.peer.makeManyRequest();
    request.setCount(100);
    auto many = bench.wait(request.send());
    KJ_REQUIRE(bench.objects() == 100);
    Counter::Client one = many.getCounters()[42];
    { auto gone = kj::mv(many); }
    bench.until("all but one are let go", [&]() { return bench.objects() == 1; });
    KJ_REQUIRE(add(bench, one, 0) == 42);
  }
  bench.until("all are let go", [&]() { return bench.objects() == 0; });
}

void droppedCallsLeaveNothing(Bench& bench) {
  bench.until("earlier checks are over", [&]() { return bench.objects() == 0; });
  for (uint round = 0; round < 50; round++) {
    auto request = bench.peer.makeRequest();
    auto dropped = request.send();
    if (round % 2 == 0) bench.pass(1);
  }
  bench.until("all are let go", [&]() { return bench.objects() == 0; });
}

// ---- giving up

void cancellationIsSeen(Bench& bench) {
  Own own;
  auto before = bench.canceled();
  {
    auto request = bench.peer.neverRequest();
    request.setWitness(own.get());
    auto call = request.send();
    own.drop();
    bench.pass(20);
    KJ_REQUIRE(!own.isGone && bench.canceled() == before, "gave up too early");
  }
  bench.until("the call is canceled", [&]() { return bench.canceled() == before + 1; });
  bench.until("its argument is let go", [&]() { return own.isGone; });
}

void disconnectCancels(Bench& bench) {
  Own own;
  auto before = bench.canceled();
  Session other(bench.world.dial(bench.address));
  auto request = other.peer.neverRequest();
  request.setWitness(own.get());
  auto call = request.send();
  bench.wait(other.peer.statsRequest().send());
  KJ_REQUIRE(bench.canceled() == before);
  bench.wait(other.close());
  bench.until("the call is canceled", [&]() { return bench.canceled() == before + 1; });
  auto failure = failureOf(bench, call);
  expectFailure(kj::mv(failure), kj::Exception::Type::DISCONNECTED, "");
}

struct Check {
  const char* name;
  void (*run)(Bench& bench);
};

constexpr Check CHECKS[] = {
    {"a call returns what was asked for", callsArrive},
    {"bootstrapping again gives the same", bootstrapsTwice},
    {"a thousand calls at once all return", manyCallsAtOnce},
    {"40 MB go there and come back", largeMessages},
    {"messages of many segments go there and come back", manySegments},
    {"old and new programs read each other's lists", upgradedLists},
    {"exceptions of all four kinds arrive with their text", fourKinds},
    {"a method of an unknown interface is unimplemented", unknownInterface},
    {"an unknown method is unimplemented", unknownMethod},
    {"inherited methods are called", inheritedMethods},
    {"a call on an absent capability fails", callsOnNull},
    {"an absent argument comes back absent", nullStaysNull},
    {"a capability of the caller comes back as itself", ownComesBack},
    {"a capability of the server comes back as itself", theirsComesBack},
    {"the same capability can be given several times", sameCapabilityOften},
    {"an untyped field holds texts, capabilities and structs", anythingGoes},
    {"the server calls back", callbacks},
    {"a callback that fails fails the call", failingCallbacks},
    {"a promise given as an argument can be called", promisesAsArguments},
    {"a promise given to the server becomes its own object, in order", promisesOfTheirOwn},
    {"a promise given as an argument breaks", brokenArguments},
    {"calls pipelined on every kind of path arrive", pipelinedAtOnce},
    {"calls pipelined on an answer that is not there yet arrive", pipelinedUnresolved},
    {"a hundred pipelined calls arrive in order", hundredInOrder},
    {"a capability that is not there yet can be an argument", pipelinedArguments},
    {"calls pipelined on a call that fails fail with it", pipelinedOnFailure},
    {"a promise becomes an object of the server, in order", promiseBecomesTheirs},
    {"a promise becomes an object of the caller, in order", promiseBecomesOurs},
    {"a pipelined promise becomes an object of the caller, in order", pipelineBecomesOurs},
    {"promises of promises become an object of the caller, in order", hopsBecomeOurs},
    {"a late answer becomes an object of the caller, in order", lateAnswerIsOurs},
    {"a promise of a promise breaks", promiseBreaks},
    {"a tail call back to the caller returns its results", tailCallsElsewhere},
    {"calls pipelined on a tail call arrive", tailCallsPipelined},
    {"a stream arrives, and its end says so", streamsArrive},
    {"a stream that is not taken is held back", streamsAreHeldBack},
    {"a stream call that fails fails all that follow", failedStreams},
    {"an argument is let go when its call is over", argumentsEndWithTheCall},
    {"an argument that is held stays until it is dropped", heldArgumentsStay},
    {"results are let go one by one", resultsAreLetGo},
    {"calls that are dropped leave nothing behind", droppedCallsLeaveNothing},
    {"a call that is dropped is canceled on the other side", cancellationIsSeen},
    {"a disconnect cancels calls on the other side", disconnectCancels},
};

}  // namespace

void listChecks() {
  for (auto& check : CHECKS) printf("%s\n", check.name);
}

void runChecks(World& world, kj::StringPtr address, kj::ArrayPtr<const kj::StringPtr> names) {
  for (auto& check : CHECKS) {
    bool isWanted = names.size() == 0;
    for (auto name : names) isWanted = isWanted || name == check.name;
    if (!isWanted) continue;
    auto failure = kj::runCatchingExceptions([&]() {
      Bench bench(world, address);
      auto failure = kj::runCatchingExceptions([&]() { check.run(bench); });
      // One that has failed may have lost its connection already.
      kj::runCatchingExceptions([&]() { bench.wait(bench.session.close()); });
      KJ_IF_MAYBE (exception, failure) kj::throwFatalException(kj::mv(*exception));
    });
    KJ_IF_MAYBE (exception, failure) {
      auto where = kj::str(exception->getDescription(), " (line ", exception->getLine(), ")");
      for (auto& letter : where.asArray()) letter = letter == '\n' ? ' ' : letter;
      printf("FAIL %s: %s\n", check.name, where.cStr());
    } else {
      printf("ok %s\n", check.name);
    }
    fflush(stdout);
  }
}
