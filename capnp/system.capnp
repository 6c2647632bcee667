@0xbf5147b78c0e6a2f;
# What a node offers to the code it runs: its place in the network, and other cells.
#
# File id, type ids, ordinals and field order of Host, Executor, Process, ByteStream and PeerInfo
# are those of the Rust system, so that guests and peers of either understand each other. Added by
# us, and absent there: Executor.spawn and Executor.load, Program, Process.bootstrap, Process.kill
# and Process.usage, what Process.wait says besides the exit code, InitialGrants, Tty, Inspector.
#
# Every capability reached through `Membrane.graft` is tied to the epoch it was grafted in: when
# that epoch ends, each call on it fails (kind `failed`, reason starting `staleEpoch:`).

struct PeerInfo @0x9a219c7d16c9532a {
  peerId @0 :Data;
  # Binary peer id (multihash). For secp256k1 keys: 00 25 08 02 12 21 and the 33-byte public key.

  addrs @1 :List(Data);
  # Binary multiaddrs on which the peer is connected, without the trailing /p2p part.
}

interface Host @0x9ea70c8c9aefb70c {
  # This node in the network.

  id @0 () -> (peerId :Data);
  # Binary peer id of this node.

  addrs @1 () -> (addrs :List(Data));
  # Binary multiaddrs this node listens on, in order of announcement, without /p2p. Addresses bound
  # to all interfaces are listed once per interface.

  peers @2 () -> (peers :List(PeerInfo));
  # Peers with at least one open connection, each once.

  connect @3 (peerId :Data, addrs :List(Data)) -> ();
  # Dials exactly the given addresses (binary multiaddrs) and returns when a connection stands whose
  # key proves the given peer id. Already connected: returns at once. An address that does not parse
  # is an error. Gives up after 10 s.

  executor @4 () -> (executor :Executor);
  # The authority to start cells, bound like this Host to its epoch.
}

interface Executor @0xbfa37c1e99b4a492 {
  # The authority to start cells on this node.

  runBytes @0 (wasm :Data, args :List(Text), env :List(Text)) -> (process :Process);
  # `spawn` with no grants: the child can compute and use its stdio, nothing else.

  echo @1 (message :Text) -> (response :Text);
  # Answers "Echo: " and the message. For trying out a link.

  spawn @2 (wasm :Data, args :List(Text), env :List(Text), grants :List(Export),
            limits :CellLimits, lifetime :Lifetime, executor :Text) -> (process :Process);
  # Starts a cell from a core module (WASI preview 1) or a component (WASI 0.2). Returns when the
  # code is validated, compiled and instantiated; code that cannot run is an error of this call.
  #
  # `args` is the whole argument list, program name first if the child expects one. `env` holds
  # NAME=value entries; nothing is added to either. The child sees a read-only root with nothing in it
  # but a /tmp of its own, and its bootstrap capability is an InitialGrants that holds exactly `grants`
  # and what `executor` names: names must be unique and not empty, capabilities must not be null. Two
  # names may stand for one capability.
  #
  # The parent of the child is the cell this executor belongs to: the one it was granted to when that
  # cell was started (`executor`), pid0 for the one it grafted, and nobody else's for whoever was only
  # handed it. The child gets the smaller of its parent's limits and `limits`, and what it holds
  # counts for every cell above it. Where that would be too much the call fails with kind `overloaded`
  # and a reason with figures, as it does when more cells are started per second than may be.
  #
  # `executor`, if not empty, is the name of one more grant: an executor of the child's own. Cells it
  # starts are its children, bounded by what it has. A child that is to start cells should be given
  # this one: whoever is handed its parent's starts cells for the parent, with the parent's limits.
  #
  # `lifetime` says when the child ends if nobody ends it; see there.

  load @3 (wasm :Data) -> (program :Program);
  # Validates and compiles as `spawn` does, and starts nothing. For whoever starts one program often:
  # its bytes cross the link once. Fails with kind `overloaded` when the cell this executor belongs to,
  # or one above it, holds as many programs as it may.
}

interface Program @0x95762398def34e8b {
  # The authority to start cells of one program, and of no other. Holding it holds the compiled code.

  spawn @0 (args :List(Text), env :List(Text), grants :List(Export),
            limits :CellLimits, lifetime :Lifetime, executor :Text) -> (process :Process);
  # As Executor.spawn, with the program it was loaded from.
}

enum Lifetime @0x91d2aa2d1bc2f24b {
  # What ends a child besides itself, `kill`, a limit, and the end of this node. A child is held by
  # whoever has its Process, one of its streams, or anything the child itself has given out: its
  # bootstrap capability, a callback, a result.

  parent @0;
  # It ends when its parent has ended, however that ended, unless somebody still holds it: then when
  # the last of them lets go. While the parent lives nothing happens when a reference is dropped:
  # what a parent forgets does not depend on when its garbage is collected.

  held @1;
  # It ends as soon as nobody holds it, its parent living or not.

  detached @2;
  # It goes on, whoever lets go or ends. For what is started and left alone. It still counts for
  # every cell above it.
}

struct CellLimits @0xd51a90e3c46ad1c8 {
  # What one cell may use. 0 in what is asked for is "as my parent"; in what is shown, the largest
  # number is no limit.

  memoryBytes @0 :UInt64;
  # Its linear memories together. Growth beyond fails as the child's language has it.

  totalMemoryBytes @1 :UInt64;
  # What the memories of all cells below it can grow to.

  fuel @2 :UInt64;
  # Units of computing in all, roughly one per instruction. All cells below it together get no more
  # than this; what one that has ended did not use can be given again. At 0 left: killed.

  fuelPerSecond @3 :UInt64;
  # Who uses more waits. All cells below it together get no more than this.

  wallMs @4 :UInt64;
  # From its start on. Then: killed.

  callMs @5 :UInt64;
  # One call to what the cell has given out. Then the caller gets kind `overloaded`, and the cell is
  # told that nobody waits any more.

  outputBytes @6 :UInt64;
  # Written to stdout and stderr together. Then: killed.

  outputBytesPerSecond @7 :UInt64;
  # Who writes faster waits.

  files @8 :UInt64;
  # Open descriptors of WASI preview 1. One more is refused.

  handles @9 :UInt64;
  # Open resources of WASI 0.2, which cannot refuse. One more: killed.

  tmpBytes @10 :UInt64;
  tmpEntries @11 :UInt64;
  # What is in its `/tmp`. More is refused.

  references @12 :UInt64;
  # Capabilities it has given out. One more: killed. As many may be given to it; one more is an error
  # of the call that would have given it.

  calls @13 :UInt64;
  # Calls of its own under way. One more: killed.

  callBytes @14 :UInt64;
  # What these hold: arguments, and results it has not finished. Beyond that calls fail as overloaded.

  children @15 :UInt64;
  descendants @16 :UInt64;
  # Cells it has started that have not ended; these and theirs. One more is refused.

  spawnsPerSecond @17 :UInt64;
  # Cells started by it and all below it; one second's can be saved. One more is refused.

  tableEntries @18 :UInt64;
  # Of its tables together. Growth beyond fails as the child's language has it.

  stackBytes @19 :UInt64;
  # What its nested calls take, 8 bytes for each value and 112 for each call. Then: killed.

  programs @20 :UInt64;
  programBytes @21 :UInt64;
  # Programs (see Executor.load) held through executors of it and of all below it, and their bytes.
  # One more is refused.
}

struct CellUsage @0xc6f8e0a1d9b36f55 {
  # What a cell uses at the moment, or had used when it ended. What its own thread counts is as of the
  # last moment at which it waited, or a few hundred microseconds ago.

  memoryBytes @0 :UInt64;
  fuel @1 :UInt64;
  wallMs @2 :UInt64;
  outputBytes @3 :UInt64;
  handles @4 :UInt64;
  # Open descriptors or resources.

  references @5 :UInt64;
  calls @6 :UInt64;
  callBytes @7 :UInt64;
  children @8 :UInt64;
  descendants @9 :UInt64;
  totalMemoryBytes @10 :UInt64;
  tableEntries @11 :UInt64;
  programs @12 :UInt64;
  programBytes @13 :UInt64;
  # As the limits of these names.
}

enum ExitKind @0xa80f3f9b7d0b7b6d {
  exited @0;
  # By itself; the code is its own.
  trapped @1;
  # It did what WebAssembly or an interface forbids.
  killed @2;
  # By somebody, or by the rule of its lifetime.
  limited @3;
  # By the node, for exceeding a limit.
}

interface Process @0x97d4030d8435f0b1 {
  # One running child. Its three streams are 64 KiB pipes: who does not read stops the child's writes.
  # Once nobody has its stdout any more, what it writes there is lost; what it writes to stderr when
  # nobody has that is told by the node's log, a line at a time, under its name.

  stdin @0 () -> (stream :ByteStream);
  # Write end. `close` is the child's end of file. The same stream on every call, as for the next two.

  stdout @1 () -> (stream :ByteStream);
  stderr @2 () -> (stream :ByteStream);
  # Read ends.

  wait @3 () -> (exitCode :Int32, kind :ExitKind, limit :Text, cause :Text);
  # Answers when the child has ended, as often as it is asked: its exit code, 134 if it trapped,
  # 137 if it was killed, by somebody or by a limit of its cell. `limit` is the name of that limit,
  # as on the command line of a node. `cause` goes on where a sentence about the child
  # begins: "used up its fuel, 1000000 units"; of a trap it is the engine's words. Empty otherwise.

  bootstrap @4 () -> (cap :Capability);
  # What the child offers as its own bootstrap capability. Calls may be pipelined onto it before the
  # child is up; a child that offers nothing breaks them with "no bootstrap capability".

  kill @5 () -> ();
  # Ends the child now. Returns when it is gone; `wait` then answers 137. After the end: no effect.

  usage @6 () -> (usage :CellUsage, limits :CellLimits);
  # What it uses, and what it may. Never waits for the child.
}

interface ByteStream @0xcb8707ff6dc46ee0 {
  # One end of a pipe. Calls on a stream run one after another, in the order they arrived.

  read @0 (maxBytes :UInt32) -> (data :Data);
  # Waits for at least one byte and answers 1..maxBytes of them, at most 65536. Empty means end of
  # file, then and on every later call. maxBytes 0 answers empty at once.

  write @1 (data :Data) -> ();
  # Returns when the pipe has taken all bytes, which is how back-pressure is felt.

  close @2 () -> ();
  # End of file for the reader, after what was written. On a read end: the writer's next write fails.
}

struct Export @0xbb8d5590cb2f3d2e {
  # A capability under a name. The name is a local label for whoever receives it, never authority.
  name @0 :Text;
  cap @1 :Capability;
}

interface InitialGrants @0xae9edc968ee787fe {
  # The bootstrap capability of a child: what its parent gave it, unchangeable.

  get @0 () -> (caps :List(Export));
  # The same list in the parent's order on every call.
}

interface Tty @0xd2a1f0b94c8e7735 {
  # The terminal this node was started on. Only pid0 is given it, and only when there is one.

  setRaw @0 (raw :Bool) -> ();
  # Raw: every key arrives at stdin at once, unechoed, Ctrl-C included; output keeps its newline
  # translation. The host puts the terminal back as it was when pid0 ends, however it ends.

  size @1 () -> (columns :UInt16, rows :UInt16);
  # 0 where unknown.
}

interface Inspector @0xe3d4c8d7a59d2b11 {
  # Sees the cells of this node, and touches none. Only pid0 is given it, and whoever may open the
  # control socket of the node.

  cells @0 () -> (cells :List(CellInfo));
  # Those that are starting or run, in the order in which they were started; parents come before
  # their children.

  below @1 (id :UInt64) -> (inspector :Inspector);
  # Sees that cell and those below it, and no others. An id that is not seen here is an error.
}

struct CellInfo @0xb2f0a3d6c51e8e77 {
  id @0 :UInt64;
  # Counts up from 1, which is pid0. Never used again while the node runs.

  name @1 :Text;
  # Its first argument, at most 64 UTF-16 units of it. Text of whoever started it.

  parent @2 :UInt64;
  # Id of the cell that started it, which may have ended; 0 for pid0.

  state @3 :CellState;
  sinceMs @4 :UInt64;
  # When it was started, in milliseconds since 1970.

  usage @5 :CellUsage;
  limits @6 :CellLimits;
  lifetime @7 :Lifetime;

  grants @8 :List(Text);
  # Names of what it was granted, at most 64 of them, each cut as `name` is.

  moreGrants @9 :UInt32;
  # How many are not listed.
}

enum CellState @0xf1b7a8ce2d5e4f03 {
  starting @0;
  running @1;
}
