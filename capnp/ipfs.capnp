@0xba1bf6f9b41aac9a;
# IPFS as a capability, shaped after the CoreAPI. Methods without a working backend answer with the
# exception kind `unimplemented` and say which they are.

interface Client @0xd74f0585ce163b98 {
  unixfs @0 () -> (api :UnixFS);
  block @1 () -> (api :Block);
  dag @2 () -> (api :Dag);
  name @3 () -> (api :Name);
  key @4 () -> (api :Key);
  pin @5 () -> (api :Pin);
  object @6 () -> (api :Object);
  swarm @7 () -> (api :Swarm);
  pubSub @8 () -> (api :PubSub);
  routing @9 () -> (api :Routing);

  resolvePath @10 (path :Text) -> (resolved :Text, remainder :List(Text));
  resolveNode @11 (path :Text) -> (node :Data);
}

interface UnixFS @0xed62a696eb305ea7 {
  # Files and directories. Paths are /ipfs/<cid>[/...] or /ipns/<name>[/...].

  struct Entry @0x99614d0a0000881d {
    name @0 :Text;
    size @1 :UInt64;
    # Bytes; for a directory the size of its whole graph.

    type @2 :EntryType;
    cid @3 :Data;
    # The textual CID, as ASCII bytes.

    enum EntryType @0xa8cbfa3ebd001068 {
      file @0;
      directory @1;
    }
  }

  cat @0 (path :Text) -> (data :Data);
  # The whole content of a file.

  ls @1 (path :Text) -> (entries :List(Entry));
}

interface Block @0x9d2d1a66e9d76a1c {}
interface Dag @0xcfe3ee07d7f3d1b1 {}
interface Name @0xbce5bbed1f7e19c1 {}
interface Key @0x9e71b3f6f86a1c53 {}
interface Pin @0xcc47750603954394 {}
interface Object @0xa78889b5b7ee0346 {}
interface Swarm @0xb7798b7dc73b1880 {}
interface PubSub @0xae832457b9225748 {}
interface Routing @0xa9b200bf948b7dc7 {}
