@0xbf5147b78c0e6a2f;
# What a node offers to the code it runs: its place in the network, and other cells.
#
# File id, type ids, ordinals and field order of Host, Executor, Process, ByteStream and PeerInfo
# are those of the Rust system, so that guests and peers of either understand each other. Added by
# us, and absent there: Executor.spawn and Executor.load, Program, Process.bootstrap and
# Process.kill, InitialGrants, Tty.
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

  spawn @2 (wasm :Data, args :List(Text), env :List(Text), grants :List(Export)) -> (process :Process);
  # Starts a cell from a core module (WASI preview 1) or a component (WASI 0.2). Returns when the
  # code is validated, compiled and instantiated; code that cannot run is an error of this call.
  #
  # `args` is the whole argument list, program name first if the child expects one. `env` holds
  # NAME=value entries; nothing is added to either. The child sees an empty read-only root, and its
  # bootstrap capability is an InitialGrants that holds exactly `grants`: names must be unique and
  # not empty, capabilities must not be null. Two names may stand for one capability.
  #
  # The child lives until it ends, is killed, or this node ends. Dropping the Process does not end it.

  load @3 (wasm :Data) -> (program :Program);
  # Validates and compiles as `spawn` does, and starts nothing. For whoever starts one program often:
  # its bytes cross the link once. Fails with kind `overloaded` when this node holds as many programs
  # as it may.
}

interface Program @0x95762398def34e8b {
  # The authority to start cells of one program, and of no other. Holding it holds the compiled code.

  spawn @0 (args :List(Text), env :List(Text), grants :List(Export)) -> (process :Process);
  # As Executor.spawn, with the program it was loaded from.
}

interface Process @0x97d4030d8435f0b1 {
  # One running child. Its three streams are 64 KiB pipes: who does not read stops the child's writes.

  stdin @0 () -> (stream :ByteStream);
  # Write end. `close` is the child's end of file. The same stream on every call, as for the next two.

  stdout @1 () -> (stream :ByteStream);
  stderr @2 () -> (stream :ByteStream);
  # Read ends.

  wait @3 () -> (exitCode :Int32);
  # Answers when the child has ended, as often as it is asked: its exit code, 134 if it trapped,
  # 137 if it was killed, by somebody or by a limit of its cell.

  bootstrap @4 () -> (cap :Capability);
  # What the child offers as its own bootstrap capability. Calls may be pipelined onto it before the
  # child is up; a child that offers nothing breaks them with "no bootstrap capability".

  kill @5 () -> ();
  # Ends the child now. Returns when it is gone; `wait` then answers 137. After the end: no effect.
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
