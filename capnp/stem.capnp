@0x9bce094a026970c4;
# How a cell comes by its authority, and for how long.

using System = import "system.capnp";
using Ipfs = import "ipfs.capnp";

struct Epoch @0xc736e79956026568 {
  # One generation of authority, decided by the head of an on-chain Stem contract. Carried by no
  # method; here so that logs, files and peers agree on its shape.

  seq @0 :UInt64;
  # The contract's sequence number of this head. 0 for a node without a stem.

  head @1 :Data;
  # The binary CID the contract held. Empty for a node without a stem.

  adoptedBlock @2 :UInt64;
  # Height of the block that carried the update.
}

interface Signer @0xafafaf9468b6a274 {
  # Signs challenges of one signing domain. Whoever holds it can prove to be its key.

  sign @0 (nonce :UInt64) -> (sig :Data);
  # secp256k1 over SHA-256 of the length-prefixed domain, payload type and nonce (8 bytes, big-endian);
  # 64 bytes r || s, low s.
}

interface Identity @0xa7c200e5b4726d89 {
  # The node's key, as far as it may be used; the key itself never leaves the host.

  signer @0 (domain :Text) -> (signer :Signer);
  # The one domain known is "ww-membrane-graft"; every other is refused by name.
}

interface Membrane @0xdb52c25106bc2c5e {
  # The boundary between a cell and everything else. Holding a Membrane is not yet authority; grafting
  # onto it is how authority is obtained, for the epoch that is current at that moment. A Membrane
  # never goes stale: after an epoch has ended, graft again.

  graft @0 (signer :Signer) -> (identity :Identity, host :System.Host, executor :System.Executor, ipfs :Ipfs.Client, tty :System.Tty, inspector :System.Inspector);
  # A membrane that verifies challenges the signer with a fresh nonce first and refuses with
  # "missing signer" or "graft auth failed: ..."; the link between a node and its own pid0 does not
  # verify and ignores the signer. `tty` is null unless the node runs on a terminal.
  # `inspector` is given to pid0 alone, to be given on, whole or less (`below`).
}
