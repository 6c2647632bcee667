#include "server.h"

#include <unistd.h>

#include <kj/debug.h>

Tally tally;

CounterServer::CounterServer(int64_t start, kj::StringPtr name)
    : total_(start), name_(kj::heapString(name)) {
  ++tally.objects;
}

CounterServer::~CounterServer() noexcept(false) {
  --tally.objects;
  if (gone_ != nullptr) *gone_ = true;
}

kj::Promise<void> CounterServer::add(AddContext context) {
  auto amount = context.getParams().getAmount();
  total_ += amount;
  log_.add(amount);
  context.getResults().setTotal(total_);
  return kj::READY_NOW;
}

kj::Promise<void> CounterServer::log(LogContext context) {
  context.getResults().setAmounts(log_.asPtr());
  return kj::READY_NOW;
}

kj::Promise<void> CounterServer::name(NameContext context) {
  context.getResults().setName(name_);
  return kj::READY_NOW;
}

kj::Exception exceptionOf(Kind kind, kj::StringPtr text) {
  auto type = kj::Exception::Type::FAILED;
  if (kind == Kind::OVERLOADED) type = kj::Exception::Type::OVERLOADED;
  if (kind == Kind::DISCONNECTED) type = kj::Exception::Type::DISCONNECTED;
  if (kind == Kind::UNIMPLEMENTED) type = kj::Exception::Type::UNIMPLEMENTED;
  return kj::Exception(type, __FILE__, __LINE__, kj::heapString(text));
}

namespace {

NamedCounter::Client newCounter(int64_t start, kj::StringPtr name = "") {
  return kj::heap<CounterServer>(start, name);
}

Counter::Client outcomeOf(Outcome::Reader outcome) {
  switch (outcome.which()) {
    case Outcome::MAKE:
      return newCounter(outcome.getMake());
    case Outcome::GIVE:
      return outcome.getGive();
    case Outcome::FAIL:
      break;
  }
  kj::throwFatalException(exceptionOf(Kind::FAILED, outcome.getFail()));
}

kj::Promise<void> waitAt(Gate::Client gate) { return gate.waitRequest().send().ignoreResult(); }

// What `Peer.promise` is yet to do when its call, and the params, are long gone.
struct Plan final : public kj::Refcounted {
  kj::Vector<Gate::Client> gates;
  Outcome::Which which;
  int64_t start = 0;
  kj::Maybe<Counter::Client> given;
  kj::String reason;

  explicit Plan(Peer::PromiseParams::Reader params) : which(params.getOutcome().which()) {
    for (auto gate : params.getGates()) gates.add(gate);
    auto outcome = params.getOutcome();
    if (outcome.isMake()) start = outcome.getMake();
    if (outcome.isGive()) given = outcome.getGive();
    if (outcome.isFail()) reason = kj::heapString(outcome.getFail());
  }

  // What is behind the gates from `index` on: a promise that becomes a promise for each.
  Counter::Client behind(uint index) {
    if (index == gates.size()) return last();
    return waitAt(gates[index]).then([plan = kj::addRef(*this), index]() mutable {
      return plan->behind(index + 1);
    });
  }

  Counter::Client last() {
    KJ_IF_MAYBE (counter, given) return *counter;
    if (which == Outcome::FAIL) {
      kj::throwFatalException(exceptionOf(Kind::FAILED, reason));
    }
    return newCounter(start);
  }
};

class SinkServer final : public Sink::Server {
public:
  SinkServer(kj::Maybe<Gate::Client> gate, uint64_t limit) : gate_(kj::mv(gate)), limit_(limit) {}

protected:
  kj::Promise<void> write(WriteContext context) override {
    kj::Promise<void> opened = kj::READY_NOW;
    KJ_IF_MAYBE (gate, gate_) opened = waitAt(*gate);
    return opened.then([this, context]() mutable {
      bytes_ += context.getParams().getData().size();
      if (bytes_ > limit_) {
        kj::throwFatalException(exceptionOf(Kind::OVERLOADED, "The sink is full"));
      }
      ++pieces_;
    });
  }

  kj::Promise<void> end(EndContext context) override {
    context.getResults().setBytes(bytes_);
    context.getResults().setPieces(pieces_);
    return kj::READY_NOW;
  }

private:
  kj::Maybe<Gate::Client> gate_;
  uint64_t limit_;
  uint64_t bytes_ = 0;
  uint32_t pieces_ = 0;
};

class PeerServer final : public Peer::Server {
protected:
  kj::Promise<void> ping(PingContext context) override {
    context.getResults().setValue(context.getParams().getValue());
    return kj::READY_NOW;
  }

  kj::Promise<void> echo(EchoContext context) override {
    context.getResults().setData(context.getParams().getData());
    return kj::READY_NOW;
  }

  kj::Promise<void> echoAll(EchoAllContext context) override {
    context.getResults().setParts(context.getParams().getParts());
    return kj::READY_NOW;
  }

  kj::Promise<void> fail(FailContext context) override {
    auto params = context.getParams();
    return exceptionOf(params.getKind(), params.getText());
  }

  kj::Promise<void> make(MakeContext context) override {
    context.getResults().setCounter(newCounter(context.getParams().getStart()));
    return kj::READY_NOW;
  }

  kj::Promise<void> makeNamed(MakeNamedContext context) override {
    context.getResults().setCounter(newCounter(0, context.getParams().getName()));
    return kj::READY_NOW;
  }

  kj::Promise<void> makeMany(MakeManyContext context) override {
    auto count = context.getParams().getCount();
    auto counters = context.getResults().initCounters(count);
    for (uint index = 0; index < count; index++) counters.set(index, newCounter(index));
    return kj::READY_NOW;
  }

  kj::Promise<void> shapes(ShapesContext context) override {
    auto params = context.getParams();
    kj::Promise<void> opened = params.hasGate() ? waitAt(params.getGate()) : kj::READY_NOW;
    return opened.then([context]() mutable {
      Counter::Client counter = newCounter(context.getParams().getStart());
      auto results = context.getResults();
      results.setCounter(counter);
      auto fill = [&](Outer::Builder outer) {
        outer.setLabel("outer");
        auto inner = outer.initInner();
        inner.setDepth(2);
        inner.setCounter(counter);
      };
      fill(results.initOuter());
      results.getPair().setLeft(counter);
      fill(results.getPair().initRight());
      results.getChoice().setSome(counter);
      results.getAny().setAs<Counter>(counter);
      auto list = results.initList(3);
      list.set(0, counter);
      list.set(2, counter);
    });
  }

  kj::Promise<void> promise(PromiseContext context) override {
    context.getResults().setCounter(kj::refcounted<Plan>(context.getParams())->behind(0));
    return kj::READY_NOW;
  }

  kj::Promise<void> late(LateContext context) override {
    return waitAt(context.getParams().getGate()).then([context]() mutable {
      context.getResults().setCounter(outcomeOf(context.getParams().getOutcome()));
    });
  }

  kj::Promise<void> give(GiveContext context) override {
    context.getResults().setCounter(context.getParams().getCounter());
    return kj::READY_NOW;
  }

  kj::Promise<void> giveAny(GiveAnyContext context) override {
    context.getResults().getValue().set(context.getParams().getValue());
    return kj::READY_NOW;
  }

  kj::Promise<void> giveAll(GiveAllContext context) override {
    context.getResults().setCounters(context.getParams().getCounters());
    return kj::READY_NOW;
  }

  kj::Promise<void> callBack(CallBackContext context) override {
    auto params = context.getParams();
    auto counter = params.hasCounter() ? params.getCounter() : KJ_REQUIRE_NONNULL(held_);
    auto calls = kj::heapArrayBuilder<kj::Promise<int64_t>>(params.getAmounts().size());
    for (auto amount : params.getAmounts()) {
      auto request = counter.addRequest();
      request.setAmount(amount);
      calls.add(request.send().then([](auto response) { return response.getTotal(); }));
    }
    return kj::joinPromises(calls.finish()).then([context](auto totals) mutable {
      context.getResults().setTotals(totals.asPtr());
    });
  }

  kj::Promise<void> hold(HoldContext context) override {
    held_ = context.getParams().getCounter();
    return kj::READY_NOW;
  }

  kj::Promise<void> held(HeldContext context) override {
    KJ_IF_MAYBE (counter, held_) context.getResults().setCounter(*counter);
    return kj::READY_NOW;
  }

  kj::Promise<void> drop(DropContext context) override {
    held_ = nullptr;
    return kj::READY_NOW;
  }

  kj::Promise<void> never(NeverContext context) override {
    context.allowCancellation();
    return kj::Promise<void>(kj::NEVER_DONE).attach(kj::defer([]() { ++tally.canceled; }));
  }

  kj::Promise<void> forward(ForwardContext context) override {
    auto params = context.getParams();
    auto request = params.getTarget().pingRequest();
    request.setValue(params.getValue());
    return context.tailCall(kj::mv(request));
  }

  kj::Promise<void> forwardMake(ForwardMakeContext context) override {
    auto params = context.getParams();
    auto request = params.getTarget().makeRequest();
    request.setStart(params.getStart());
    return context.tailCall(kj::mv(request));
  }

  kj::Promise<void> stats(StatsContext context) override {
    auto results = context.getResults();
    results.setObjects(tally.objects);
    results.setCanceled(tally.canceled);
    return kj::READY_NOW;
  }

  kj::Promise<void> readWide(ReadWideContext context) override {
    auto seen = context.getParams().getLists().getAs<Wide>();
    auto results = context.getResults().initLists();
    auto numbers = results.initNumbers(seen.getNumbers().size());
    for (uint index = 0; index < numbers.size(); index++) {
      numbers[index].setValue(seen.getNumbers()[index].getValue());
      numbers[index].setNote(seen.getNumbers()[index].getNote());
    }
    auto texts = results.initTexts(seen.getTexts().size());
    for (uint index = 0; index < texts.size(); index++) {
      texts[index].setText(seen.getTexts()[index].getText());
      texts[index].setCount(seen.getTexts()[index].getCount());
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> readNarrow(ReadNarrowContext context) override {
    auto seen = context.getParams().getLists().getAs<Narrow>();
    auto results = context.getResults().initLists();
    auto numbers = results.initNumbers(seen.getNumbers().size());
    for (uint index = 0; index < numbers.size(); index++) {
      numbers.set(index, seen.getNumbers()[index]);
    }
    auto texts = results.initTexts(seen.getTexts().size());
    for (uint index = 0; index < texts.size(); index++) texts.set(index, seen.getTexts()[index]);
    return kj::READY_NOW;
  }

  kj::Promise<void> sink(SinkContext context) override {
    auto params = context.getParams();
    kj::Maybe<Gate::Client> gate;
    if (params.hasGate()) gate = params.getGate();
    context.getResults().setSink(kj::heap<SinkServer>(kj::mv(gate), params.getLimit()));
    return kj::READY_NOW;
  }

  kj::Promise<void> quit(QuitContext context) override { _exit(0); }

private:
  kj::Maybe<Counter::Client> held_;
};

}  // namespace

Peer::Client makePeer() { return kj::heap<PeerServer>(); }
