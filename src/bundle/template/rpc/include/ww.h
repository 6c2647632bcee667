// Cap'n Proto RPC for a guest of ww, in one header and one file of C without dependencies.
//
//   ww *link = ww_open(WW_DATA_STREAM);
//   ww_cap membrane = ww_bootstrap(link);
//   ww_request(link, membrane, WW_MEMBRANE, WW_MEMBRANE_GRAFT, 0, 1);
//   ww_answer graft = ww_send(link);
//   ww_request(link, ww_result(graft, 1), WW_HOST, WW_HOST_ID, 0, 0);
//   ww_answer id = ww_send(link);
//   ww_struct results = ww_wait(link, id);
//   if (ww_error(link)) …
//
// A call is made on a capability, which may be one that a call still under way will return: `id`
// above does not wait for `graft`. Layouts, the byte of a field and the index of a pointer, are those
// that `capnp compile -ocapnp <schema>` prints behind each field.
//
// Errors stick: after the first, calls do nothing, reads give nothing, and `ww_error` says what it
// was. So a sequence of calls is checked once, at its end. What the host sends is never trusted: its
// sizes are bounded, and a malformed message is an error like any other.

#ifndef WW_H
#define WW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The descriptor of the stream between a guest and its host.
#define WW_DATA_STREAM 4

/// Calls that may be under way, or have results that are still held.
#define WW_MAX_ANSWERS 64
/// Capabilities in the parameters of one call.
#define WW_MAX_PARAM_CAPS 16
/// Bytes of one message, in either direction.
#define WW_MAX_MESSAGE (8u << 20)
/// Segments of one message.
#define WW_MAX_SEGMENTS 64

/// A connection. A guest has one.
typedef struct ww ww;

/// A call that was made; valid until `ww_finish`.
typedef int ww_answer;

/// A capability, valid as long as the answer it comes from.
typedef struct ww_cap {
  ww_answer answer;  // what it is in, or -1 if there is none
  int32_t pointer;   // which pointer of the results; -1: the answer itself
  int64_t import;    // its number in the host's table, or -1 while that is not asked for
} ww_cap;

/// Bytes in a message; valid as long as the message.
typedef struct ww_bytes {
  const uint8_t *at;
  size_t length;
} ww_bytes;

/// A struct in a message that has come. Fields a newer or older peer does not have are zero.
typedef struct ww_struct {
  struct ww_message *message;
  uint32_t segment;
  uint32_t data;  // bytes from the start of the segment
  uint32_t data_bytes;
  uint32_t pointers;  // how many; they follow the data
} ww_struct;

/// A list in a message that has come. Its elements are structs, whatever the schema calls them:
/// field 0 of an element of List(UInt32) is its number, pointer 0 of one of List(Text) its text.
typedef struct ww_list {
  ww_struct first;
  uint32_t length;
  uint32_t step;  // bytes
} ww_list;

/// A struct being written, in the parameters of the call that is being made.
typedef struct ww_builder {
  ww *link;
  uint32_t data;  // word
  uint32_t data_words;
  uint32_t pointers;
} ww_builder;

/// Opens the connection on a descriptor. NULL only when there is no memory.
ww *ww_open(int descriptor);
/// Frees it. The descriptor stays open.
void ww_close(ww *link);
/// What went wrong, in a sentence that lives as long as the connection, or NULL. A call that the
/// other side refused is told by its reason.
const char *ww_error(const ww *link);
/// Forgets that a call was refused. A connection that is broken stays so.
void ww_clear_error(ww *link);

/// The capability the host has for this guest: a Membrane for pid0, InitialGrants for a child.
ww_cap ww_bootstrap(ww *link);
/// The capability that a call will return, or has returned, behind a pointer of its results.
ww_cap ww_result(ww_answer call, unsigned pointer);

/// Begins a call: the parameters have so many words of data and so many pointers.
ww_builder ww_request(ww *link, ww_cap target, uint64_t interface, uint16_t method,
                      unsigned data_words, unsigned pointers);
/// Sends the call that was begun.
ww_answer ww_send(ww *link);
/// Waits for the results of a call.
ww_struct ww_wait(ww *link, ww_answer call);
/// Whether the results are there, without waiting.
bool ww_is_done(ww *link, ww_answer call);
/// Lets go of a call: its results, its capabilities, and, if it still runs, its purpose.
void ww_finish(ww *link, ww_answer call);

void ww_set_bool(ww_builder, unsigned bit, bool);
void ww_set_u8(ww_builder, unsigned byte, uint8_t);
void ww_set_u16(ww_builder, unsigned byte, uint16_t);
void ww_set_u32(ww_builder, unsigned byte, uint32_t);
void ww_set_u64(ww_builder, unsigned byte, uint64_t);
void ww_set_text(ww_builder, unsigned pointer, const char *text);
void ww_set_data(ww_builder, unsigned pointer, const void *bytes, size_t length);
void ww_set_cap(ww_builder, unsigned pointer, ww_cap);
ww_builder ww_set_struct(ww_builder, unsigned pointer, unsigned data_words, unsigned pointers);
/// A list of structs; its elements are `ww_element(list, 0)` to `ww_element(list, count - 1)`.
ww_builder ww_set_list(ww_builder, unsigned pointer, unsigned count, unsigned data_words,
                       unsigned pointers);
ww_builder ww_element(ww_builder list, unsigned index);
/// A List(Text).
void ww_set_texts(ww_builder, unsigned pointer, const char *const *texts, unsigned count);

bool ww_get_bool(ww_struct, unsigned bit);
uint8_t ww_get_u8(ww_struct, unsigned byte);
uint16_t ww_get_u16(ww_struct, unsigned byte);
uint32_t ww_get_u32(ww_struct, unsigned byte);
uint64_t ww_get_u64(ww_struct, unsigned byte);
/// Without the zero at its end, which is there.
ww_bytes ww_get_text(ww_struct, unsigned pointer);
ww_bytes ww_get_data(ww_struct, unsigned pointer);
ww_struct ww_get_struct(ww_struct, unsigned pointer);
ww_list ww_get_list(ww_struct, unsigned pointer);
ww_struct ww_item(ww_list, unsigned index);
/// A capability anywhere in results, as in a list. Check `ww_is_cap`: a pointer may be null.
ww_cap ww_get_cap(ww_struct, unsigned pointer);
bool ww_is_cap(ww_cap);

/// Writes a binary peer id as people write it, in base58. @returns false if it does not fit.
bool ww_peer_id_text(ww_bytes id, char *text, size_t size);

// The interfaces of the host, by the ids and ordinals of capnp/*.capnp.

#define WW_MEMBRANE 0xdb52c25106bc2c5eu
#define WW_MEMBRANE_GRAFT 0  // (signer 0) -> (identity 0, host 1, executor 2, ipfs 3, tty 4)

#define WW_HOST 0x9ea70c8c9aefb70cu
#define WW_HOST_ID 0        // () -> (peerId 0)
#define WW_HOST_ADDRS 1     // () -> (addrs 0)
#define WW_HOST_PEERS 2     // () -> (peers 0: each peerId 0, addrs 1)
#define WW_HOST_CONNECT 3   // (peerId 0, addrs 1) -> ()
#define WW_HOST_EXECUTOR 4  // () -> (executor 0)

#define WW_EXECUTOR 0xbfa37c1e99b4a492u
#define WW_EXECUTOR_RUN_BYTES 0  // (wasm 0, args 1, env 2) -> (process 0)
#define WW_EXECUTOR_ECHO 1       // (message 0) -> (response 0)
#define WW_EXECUTOR_SPAWN 2      // (wasm 0, args 1, env 2, grants 3: each name 0, cap 1) -> (process 0)

#define WW_PROCESS 0x97d4030d8435f0b1u
#define WW_PROCESS_STDIN 0      // () -> (stream 0)
#define WW_PROCESS_STDOUT 1     // () -> (stream 0)
#define WW_PROCESS_STDERR 2     // () -> (stream 0)
#define WW_PROCESS_WAIT 3       // () -> (exitCode, 4 bytes at 0)
#define WW_PROCESS_BOOTSTRAP 4  // () -> (cap 0)
#define WW_PROCESS_KILL 5       // () -> ()

#define WW_BYTE_STREAM 0xcb8707ff6dc46ee0u
#define WW_BYTE_STREAM_READ 0   // (maxBytes, 4 bytes at 0) -> (data 0)
#define WW_BYTE_STREAM_WRITE 1  // (data 0) -> ()
#define WW_BYTE_STREAM_CLOSE 2  // () -> ()

#define WW_INITIAL_GRANTS 0xae9edc968ee787feu
#define WW_INITIAL_GRANTS_GET 0  // () -> (caps 0: each name 0, cap 1)

#ifdef __cplusplus
}
#endif

#endif
