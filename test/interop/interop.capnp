@0xda484a33d64bffba;
# What our vat and the peer program, built on the C++ reference, say to each other. Both serve a
# Peer as their bootstrap capability, and both check the other's.

interface Peer {
  # Every method means the same on both sides. Where timing matters the caller decides it: a method
  # that is to be late calls `wait` on a gate of the caller and goes on when that returns.

  ping @0 (value :UInt32) -> Pong;
  echo @1 (data :Data) -> (data :Data);
  echoAll @2 (parts :List(Data)) -> (parts :List(Data));
  # Large enough parts make a message of many segments.

  fail @3 (kind :Kind, text :Text) -> ();
  # Fails with this kind of exception and this text.

  make @4 (start :Int64) -> Made;
  makeNamed @5 (name :Text) -> (counter :NamedCounter);
  makeMany @6 (count :UInt32) -> (counters :List(Counter));
  # Counters that start at 0, 1, 2 ….

  shapes @7 (gate :Gate, start :Int64) -> Shapes;
  # One new counter, in every place where a capability can stand. Without a gate it returns at once.

  promise @8 (gates :List(Gate), outcome :Outcome) -> (counter :Counter);
  # Returns a promise at once. Each gate that opens makes it another promise; after the last one it
  # is the outcome.

  late @9 (gate :Gate, outcome :Outcome) -> (counter :Counter);
  # Returns the outcome when the gate opens. Calls pipelined on it wait.

  give @10 (counter :Counter) -> (counter :Counter);
  # Gives back what it was given; the next two do so with any content and with many.
  giveAny @11 (value :AnyPointer) -> (value :AnyPointer);
  giveAll @12 (counters :List(Counter)) -> (counters :List(Counter));

  callBack @13 (counter :Counter, amounts :List(Int64)) -> (totals :List(Int64));
  # Adds the amounts in this order, without waiting for one before the next. Without a counter, to
  # the one that is held.

  hold @14 (counter :Counter) -> ();
  held @15 () -> (counter :Counter);
  drop @16 () -> ();
  # Keeps an argument beyond its call, and lets it go. Absent, nothing is held.

  never @17 (witness :Counter) -> ();
  # Never returns, and holds the witness until the call is canceled.

  forward @18 (target :Peer, value :UInt32) -> Pong;
  # A tail call of the target's ping.

  forwardMake @19 (target :Peer, start :Int64) -> Made;
  # A tail call of the target's make.

  stats @20 () -> (objects :UInt32, canceled :UInt32);
  # Counters that are alive in this process, and calls of `never` that were canceled.

  readWide @21 (lists :AnyPointer) -> (lists :Wide);
  readNarrow @22 (lists :AnyPointer) -> (lists :Narrow);
  # Read the same lists as a newer or an older program would, and say what they saw.

  quit @23 () -> ();
  # Ends the connection, or the process behind it, without a word.

  sink @24 (gate :Gate, limit :UInt64) -> (sink :Sink);
  # Takes bytes, each piece only when the gate is open (at once without one), and no more than this.
}

interface Sink {
  write @0 (data :Data) -> stream;
  # Fails with `overloaded` when more than the limit has come.

  end @1 () -> (bytes :UInt64, pieces :UInt32);
  # What came, after everything that was written before.
}

enum Kind { failed @0; overloaded @1; disconnected @2; unimplemented @3; }

interface Counter {
  add @0 (amount :Int64) -> (total :Int64);
  log @1 () -> (amounts :List(Int64));
  # The amounts so far, in the order in which they came.
}

interface NamedCounter extends(Counter) {
  name @0 () -> (name :Text);
}

interface Gate {
  wait @0 () -> ();
  # Returns when the gate is open.
}

interface Stranger {
  # Nobody implements it. Its method has a number that others use too.
  add @0 (text :Text) -> (text :Text);
}

struct Pong {
  value @0 :UInt32;
}

struct Made {
  counter @0 :Counter;
}

struct Outcome {
  union {
    make @0 :Int64;
    # A new counter of the peer.
    give @1 :Counter;
    # This one.
    fail @2 :Text;
  }
}

struct Shapes {
  counter @0 :Counter;
  outer @1 :Outer;
  pair :group {
    left @2 :Counter;
    right @3 :Outer;
  }
  choice :union {
    none @4 :Void;
    some @5 :Counter;
  }
  any @6 :AnyPointer;
  absent @7 :Counter;
  list @8 :List(Counter);
}

struct Outer {
  label @0 :Text;
  inner @1 :Inner;
}

struct Inner {
  depth @0 :UInt8;
  counter @1 :Counter;
}

struct Narrow {
  # Lists as an old program wrote them …
  numbers @0 :List(UInt32);
  texts @1 :List(Text);
}

struct Wide {
  # … and as a newer program does.
  numbers @0 :List(Number);
  texts @1 :List(Words);

  struct Number {
    value @0 :UInt32;
    note @1 :Text;
  }

  struct Words {
    text @0 :Text;
    count @1 :UInt64;
  }
}
