// See ww.h. From top to bottom: errors, bytes out and in, messages being written, messages that are
// read, the RPC protocol, and what only looks at bytes.
//
// What always holds:
//  - `answers[i]` is question i of the protocol. Its slot is free again when its Return has come and
//    its Finish is out, so an id never means two calls.
//  - A capability is a place in an answer that is not finished, or an import such an answer brought.
//    Finish gives back all of them at once, so nothing is counted.
//  - Calls are pipelined on the answer even after it has come: the order of calls is the order in
//    which they were made, and no embargo is ever needed.
//  - We export nothing. Calls from the other side are refused, by a sentence.
//
// https://github.com/capnproto/capnproto/blob/v2/c%2B%2B/src/capnp/rpc.capnp

#include "ww.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS (WW_MAX_MESSAGE / 8)
#define MAX_HEAD (8 + 4 * WW_MAX_SEGMENTS)
/// Bytes that wait to be written when the other side does not read.
#define MAX_WAITING (2 * WW_MAX_MESSAGE)
/// Words that may be looked at in one message: lists of nothing must not look endless.
#define MAX_TRAVERSED (8u << 20)
#define MAX_SENTENCE 512

enum { UNIMPLEMENTED, ABORT, CALL, RETURN, FINISH, RESOLVE, RELEASE, BOOTSTRAP = 8 };
enum { RESULTS, EXCEPTION };
enum { SENDER_HOSTED = 1, SENDER_PROMISE, RECEIVER_HOSTED, RECEIVER_ANSWER };

/// A message that has come.
struct ww_message {
  ww *link;
  ww_answer answer;
  uint32_t segments;
  uint32_t start[WW_MAX_SEGMENTS];  // bytes into `body`
  uint32_t bytes[WW_MAX_SEGMENTS];
  uint32_t body_bytes;
  uint32_t left;  // of MAX_TRAVERSED
  uint64_t body[];
};

struct answer {
  enum { FREE, RUNNING, DONE, ABANDONED } state;
  bool is_finish_owed;
  uint16_t kind;
  ww_struct payload;  // results with their table of capabilities, or the exception
  struct ww_message *message;
};

/// Words of a message being written; the first is its root pointer.
struct draft {
  uint64_t *words;
  uint32_t used, capacity;
};

struct ww {
  int descriptor;
  bool is_broken, is_wrong;
  char sentence[MAX_SENTENCE];

  struct answer answers[WW_MAX_ANSWERS];

  struct draft call;
  bool has_call;
  uint32_t call_body, call_payload;
  ww_cap param_caps[WW_MAX_PARAM_CAPS];
  uint32_t param_cap_count;

  uint8_t *waiting;
  size_t waiting_bytes, waiting_capacity;

  uint8_t head[MAX_HEAD];
  size_t head_bytes;
  struct ww_message *next;
  size_t next_bytes;
};

// ---- errors

static void go_wrong(ww *link, const char *what, ww_bytes detail) {
  if (link->is_wrong) return;
  link->is_wrong = true;
  snprintf(link->sentence, sizeof link->sentence, "%s%.*s", what,
           detail.length > MAX_SENTENCE ? MAX_SENTENCE : (int)detail.length,
           detail.length > 0 ? (const char *)detail.at : "");
}

static void fail(ww *link, const char *what) { go_wrong(link, what, (ww_bytes){0}); }

/// For what no later call can mend.
static void break_link(ww *link, const char *what) {
  fail(link, what);
  link->is_broken = true;
}

const char *ww_error(const ww *link) { return link->is_wrong ? link->sentence : NULL; }

void ww_clear_error(ww *link) { link->is_wrong = link->is_broken; }

// ---- bytes out

static void *grown(void *old, size_t used, size_t wanted, size_t *capacity, size_t unit) {
  size_t next = *capacity > 0 ? *capacity : 64;
  while (next < used + wanted) next *= 2;
  void *bytes = realloc(old, next * unit);
  if (bytes) *capacity = next;
  return bytes;
}

static void put(ww *link, const void *bytes, size_t count) {
  if (link->is_broken) return;
  if (link->waiting_bytes + count > MAX_WAITING) {
    break_link(link, "The host does not read what it is told");
    return;
  }
  if (link->waiting_bytes + count > link->waiting_capacity) {
    void *more = grown(link->waiting, link->waiting_bytes, count, &link->waiting_capacity, 1);
    if (!more) {
      break_link(link, "There is no memory for a message");
      return;
    }
    link->waiting = more;
  }
  memcpy(link->waiting + link->waiting_bytes, bytes, count);
  link->waiting_bytes += count;
}

static void put_draft(ww *link, const struct draft *draft) {
  uint32_t head[2] = {0, draft->used};
  put(link, head, sizeof head);
  put(link, draft->words, (size_t)draft->used * 8);
}

/// Writes what can be written now.
static void write_some(ww *link) {
  size_t done = 0;
  while (done < link->waiting_bytes && !link->is_broken) {
    ssize_t count = write(link->descriptor, link->waiting + done, link->waiting_bytes - done);
    if (count > 0) done += (size_t)count;
    else if (count < 0 && errno == EINTR) continue;
    else if (count < 0 && errno != EAGAIN) break_link(link, "The host has closed the stream");
    else break;
  }
  memmove(link->waiting, link->waiting + done, link->waiting_bytes - done);
  link->waiting_bytes -= done;
}

// ---- bytes in

static void take_message(ww *, struct ww_message *);

static uint32_t u32_at(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

/// Bytes of the head of the frame, as far as they are known.
static size_t head_wanted(const ww *link) {
  if (link->head_bytes < 4) return 4;
  uint32_t segments = u32_at(link->head) + 1;
  return ((size_t)4 + (size_t)segments * 4 + 7) & ~(size_t)7;
}

/// The head is whole: makes room for the body.
static void begin_body(ww *link) {
  uint32_t segments = u32_at(link->head) + 1;
  uint64_t total = 0;
  for (uint32_t i = 0; i < segments; i++) total += u32_at(link->head + 4 + 4 * i);
  if (total > MAX_WORDS) {
    break_link(link, "The host has sent a message that is too large");
    return;
  }
  struct ww_message *message = malloc(sizeof *message + (size_t)total * 8);
  if (!message) {
    break_link(link, "There is no memory for a message of the host");
    return;
  }
  message->link = link;
  message->answer = -1;
  message->segments = segments;
  message->body_bytes = (uint32_t)total * 8;
  message->left = MAX_TRAVERSED;
  uint32_t start = 0;
  for (uint32_t i = 0; i < segments; i++) {
    message->start[i] = start;
    message->bytes[i] = u32_at(link->head + 4 + 4 * i) * 8;
    start += message->bytes[i];
  }
  link->next = message;
  link->next_bytes = 0;
}

/// Reads at most one piece of a frame. @returns whether there may be more of the same frame
static bool read_some(ww *link) {
  uint8_t *to = link->head + link->head_bytes;
  size_t wanted = head_wanted(link) - link->head_bytes;
  if (link->next) {
    to = (uint8_t *)link->next->body + link->next_bytes;
    wanted = link->next->body_bytes - link->next_bytes;
  }
  ssize_t count = 0;
  if (wanted > 0) {
    do count = read(link->descriptor, to, wanted);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
      break_link(link, "The host has closed the stream");
      return false;
    }
  }
  if (link->next) link->next_bytes += (size_t)count;
  else {
    link->head_bytes += (size_t)count;
    if (link->head_bytes == 4 && u32_at(link->head) >= WW_MAX_SEGMENTS) {
      break_link(link, "The host has sent a message of too many segments");
      return false;
    }
    if (link->head_bytes >= 8 && link->head_bytes == head_wanted(link)) begin_body(link);
  }
  if (link->next && link->next_bytes == link->next->body_bytes) {
    struct ww_message *message = link->next;
    link->next = NULL;
    link->head_bytes = 0;
    take_message(link, message);
    return false;
  }
  return true;
}

/// Waits until something can be done on the stream, if it may, and does it.
static void turn(ww *link, bool may_wait) {
  struct pollfd stream = {link->descriptor, POLLIN, 0};
  if (link->waiting_bytes > 0) stream.events |= POLLOUT;
  if (poll(&stream, 1, may_wait ? -1 : 0) < 0 && errno != EINTR) {
    break_link(link, "The stream to the host cannot be waited for");
  }
  if (link->is_broken) return;
  if (stream.revents & POLLOUT) write_some(link);
  // One message at a time: what has come counts, even if the stream ends behind it.
  if (stream.revents & ~POLLOUT) {
    while (!link->is_broken && read_some(link)) continue;
  }
}

// Reads meanwhile: when both sides only wrote, neither would get on.
static void write_all(ww *link) {
  write_some(link);
  while (!link->is_broken && link->waiting_bytes > 0) turn(link, true);
}

// ---- messages being written

/// @returns the index of the first of `count` words, which are zero; or 0 if there is no room
static uint32_t allocate(ww *link, struct draft *draft, uint64_t count) {
  if (count > MAX_WORDS || draft->used + count > MAX_WORDS) {
    fail(link, "A message would be larger than the other side takes");
    return 0;
  }
  if (draft->used + count > draft->capacity) {
    size_t capacity = draft->capacity;
    void *more = grown(draft->words, draft->used, (size_t)count, &capacity, 8);
    if (!more) {
      fail(link, "There is no memory for a message");
      return 0;
    }
    draft->words = more;
    draft->capacity = (uint32_t)capacity;
  }
  uint32_t at = draft->used;
  memset(draft->words + at, 0, (size_t)count * 8);
  draft->used += (uint32_t)count;
  return at;
}

/// The lower half of a pointer: how far its target is, and its kind.
static uint64_t offset_to(uint32_t pointer, uint32_t target, unsigned kind) {
  return (uint32_t)((target - pointer - 1) << 2 | kind);
}

static uint32_t add_struct(ww *link, struct draft *draft, uint32_t pointer, uint32_t data_words,
                           uint32_t pointers) {
  uint32_t at = allocate(link, draft, (uint64_t)data_words + pointers);
  if (link->is_wrong) return 0;
  draft->words[pointer] = data_words + pointers == 0
                              ? 0xfffffffcu
                              : offset_to(pointer, at, 0) | (uint64_t)data_words << 32 |
                                    (uint64_t)pointers << 48;
  return at;
}

static uint32_t add_list(ww *link, struct draft *draft, uint32_t pointer, uint32_t count,
                         uint32_t data_words, uint32_t pointers) {
  uint64_t words = (uint64_t)count * (data_words + pointers);
  uint32_t at = allocate(link, draft, words + 1);
  if (link->is_wrong) return 0;
  draft->words[pointer] = offset_to(pointer, at, 1) | (uint64_t)7 << 32 | words << 35;
  draft->words[at] =
      (uint64_t)count << 2 | (uint64_t)data_words << 32 | (uint64_t)pointers << 48;
  return at + 1;
}

static void add_bytes(ww *link, struct draft *draft, uint32_t pointer, const void *bytes,
                      size_t length, bool is_text) {
  uint64_t count = (uint64_t)length + is_text;
  uint32_t at = allocate(link, draft, count / 8 + 1);
  if (link->is_wrong) return;
  if (length > 0) memcpy(draft->words + at, bytes, length);
  draft->words[pointer] = offset_to(pointer, at, 1) | (uint64_t)2 << 32 | count << 35;
}

static void set_bits(struct draft *draft, uint32_t word, unsigned byte, uint64_t value,
                     unsigned bytes) {
  memcpy((uint8_t *)(draft->words + word) + byte, &value, bytes);
}

/// An envelope and the body in it. @returns the body's first word, or 0
static uint32_t begin_message(ww *link, struct draft *draft, unsigned tag, uint32_t data_words,
                              uint32_t pointers) {
  draft->used = 0;
  allocate(link, draft, 1);
  uint32_t envelope = add_struct(link, draft, 0, 1, 1);
  if (link->is_wrong) return 0;
  draft->words[envelope] = tag;
  return add_struct(link, draft, envelope + 1, data_words, pointers);
}

/// Makes a short message of one or two numbers, and an exception if it is to have one.
static void put_short(ww *link, unsigned tag, uint32_t first, uint32_t second,
                      const char *exception) {
  // An error of a call must not keep us from what the protocol asks for.
  bool was_wrong = link->is_wrong;
  link->is_wrong = false;
  struct draft draft = {0};
  uint32_t body = tag == RETURN ? begin_message(link, &draft, tag, 2, 1)
                                : begin_message(link, &draft, tag, 1, tag == BOOTSTRAP);
  if (!link->is_wrong) {
    draft.words[body] = first | (uint64_t)second << 32;
    if (exception) {
      set_bits(&draft, body, 6, EXCEPTION, 2);
      uint32_t at = add_struct(link, &draft, body + 2, 1, 3);
      if (!link->is_wrong) add_bytes(link, &draft, at + 1, exception, strlen(exception), true);
    }
  }
  if (link->is_wrong) link->is_broken = true;
  else {
    put_draft(link, &draft);
    if (!link->is_broken) link->is_wrong = was_wrong;
  }
  free(draft.words);
}

static void add_promised_answer(ww *link, struct draft *draft, uint32_t pointer, ww_cap cap) {
  uint32_t promised = add_struct(link, draft, pointer, 1, 1);
  if (link->is_wrong) return;
  draft->words[promised] = (uint32_t)cap.answer;
  if (cap.pointer < 0) return;
  uint32_t operation = add_list(link, draft, promised + 1, 1, 1, 0);
  if (!link->is_wrong) draft->words[operation] = 1 | (uint64_t)(uint16_t)cap.pointer << 16;
}

static bool is_held(const ww *link, ww_answer call) {
  if (call < 0 || call >= WW_MAX_ANSWERS) return false;
  return link->answers[call].state == RUNNING || link->answers[call].state == DONE;
}

/// @returns whether a message may name it
static bool check_cap(ww *link, ww_cap cap) {
  if (link->is_wrong) return false;
  if (!is_held(link, cap.answer)) {
    fail(link, "A capability is used that no answer holds: it is null, or its call is finished");
  } else if (cap.import < 0 && !link->answers[cap.answer].is_finish_owed) {
    fail(link, "A capability is used that its call did not return");
  }
  return !link->is_wrong;
}

ww_builder ww_request(ww *link, ww_cap target, uint64_t interface, uint16_t method,
                      unsigned data_words, unsigned pointers) {
  ww_builder none = {link, 0, 0, 0};
  link->has_call = false;
  if (!check_cap(link, target)) return none;
  struct draft *draft = &link->call;
  uint32_t body = begin_message(link, draft, CALL, 3, 3);
  if (link->is_wrong) return none;
  set_bits(draft, body, 4, method, 2);
  draft->words[body + 1] = interface;
  uint32_t to = add_struct(link, draft, body + 3, 1, 1);
  if (link->is_wrong) return none;
  if (target.import >= 0) draft->words[to] = (uint32_t)target.import;
  else {
    set_bits(draft, to, 4, 1, 2);
    add_promised_answer(link, draft, to + 1, target);
  }
  if (link->is_wrong) return none;
  uint32_t payload = add_struct(link, draft, body + 4, 0, 2);
  if (link->is_wrong) return none;
  uint32_t params = data_words > UINT16_MAX || pointers > UINT16_MAX
                        ? (fail(link, "The parameters of a call are too large"), 0)
                        : add_struct(link, draft, payload, data_words, pointers);
  if (link->is_wrong) return none;
  link->has_call = true;
  link->call_body = body;
  link->call_payload = payload;
  link->param_cap_count = 0;
  return (ww_builder){link, params, data_words, pointers};
}

static void add_param_caps(ww *link) {
  struct draft *draft = &link->call;
  uint32_t count = link->param_cap_count;
  if (count == 0) return;
  uint32_t table = add_list(link, draft, link->call_payload + 1, count, 1, 1);
  for (uint32_t i = 0; i < count && !link->is_wrong; i++) {
    ww_cap cap = link->param_caps[i];
    uint32_t at = table + 2 * i;
    if (!check_cap(link, cap)) return;
    if (cap.import >= 0) draft->words[at] = RECEIVER_HOSTED | (uint64_t)cap.import << 32;
    else {
      draft->words[at] = RECEIVER_ANSWER;
      add_promised_answer(link, draft, at + 1, cap);
    }
  }
}

static ww_answer take_slot(ww *link) {
  for (ww_answer i = 0; i < WW_MAX_ANSWERS; i++) {
    if (link->answers[i].state != FREE) continue;
    link->answers[i] = (struct answer){.state = RUNNING, .is_finish_owed = true};
    return i;
  }
  fail(link, "Too many calls are held: finish some of them");
  return -1;
}

ww_answer ww_send(ww *link) {
  if (link->is_wrong) return -1;
  if (!link->has_call) {
    fail(link, "A call is sent that was not begun");
    return -1;
  }
  link->has_call = false;
  add_param_caps(link);
  if (link->is_wrong) return -1;
  ww_answer call = take_slot(link);
  if (call < 0) return -1;
  set_bits(&link->call, link->call_body, 0, (uint32_t)call, 4);
  put_draft(link, &link->call);
  write_all(link);
  return call;
}

/// Where field `byte` of so many bytes lies; NULL if the struct has no such field.
static uint8_t *field(ww_builder at, unsigned byte, unsigned bytes) {
  ww *link = at.link;
  if (!link->is_wrong && !link->has_call) fail(link, "A field is set after its call was sent");
  if (!link->is_wrong && (uint64_t)byte + bytes > (uint64_t)at.data_words * 8) {
    fail(link, "A field is set that its struct has no room for");
  }
  return link->is_wrong ? NULL : (uint8_t *)(link->call.words + at.data) + byte;
}

/// The word of a pointer; 0 if the struct has no such pointer.
static uint32_t pointer_word(ww_builder at, unsigned pointer) {
  ww *link = at.link;
  if (!link->is_wrong && !link->has_call) fail(link, "A field is set after its call was sent");
  if (!link->is_wrong && pointer >= at.pointers) {
    fail(link, "A pointer is set that its struct has no room for");
  }
  return link->is_wrong ? 0 : at.data + at.data_words + pointer;
}

static void set_number(ww_builder at, unsigned byte, uint64_t value, unsigned bytes) {
  uint8_t *to = field(at, byte, bytes);
  if (to) memcpy(to, &value, bytes);
}

void ww_set_bool(ww_builder at, unsigned bit, bool value) {
  uint8_t *to = field(at, bit / 8, 1);
  if (to) *to = (uint8_t)((*to & ~(1u << bit % 8)) | (unsigned)value << bit % 8);
}
void ww_set_u8(ww_builder at, unsigned byte, uint8_t value) { set_number(at, byte, value, 1); }
void ww_set_u16(ww_builder at, unsigned byte, uint16_t value) { set_number(at, byte, value, 2); }
void ww_set_u32(ww_builder at, unsigned byte, uint32_t value) { set_number(at, byte, value, 4); }
void ww_set_u64(ww_builder at, unsigned byte, uint64_t value) { set_number(at, byte, value, 8); }

void ww_set_text(ww_builder at, unsigned pointer, const char *text) {
  uint32_t word = pointer_word(at, pointer);
  if (word) add_bytes(at.link, &at.link->call, word, text, strlen(text), true);
}

void ww_set_data(ww_builder at, unsigned pointer, const void *bytes, size_t length) {
  uint32_t word = pointer_word(at, pointer);
  if (word) add_bytes(at.link, &at.link->call, word, bytes, length, false);
}

void ww_set_cap(ww_builder at, unsigned pointer, ww_cap cap) {
  uint32_t word = pointer_word(at, pointer);
  ww *link = at.link;
  if (!word || !check_cap(link, cap)) return;
  if (link->param_cap_count == WW_MAX_PARAM_CAPS) {
    fail(link, "Too many capabilities are in the parameters of one call");
    return;
  }
  link->call.words[word] = 3 | (uint64_t)link->param_cap_count << 32;
  link->param_caps[link->param_cap_count++] = cap;
}

ww_builder ww_set_struct(ww_builder at, unsigned pointer, unsigned data_words, unsigned pointers) {
  ww_builder made = {at.link, 0, data_words, pointers};
  if (data_words > UINT16_MAX || pointers > UINT16_MAX) fail(at.link, "A struct is too large");
  uint32_t word = pointer_word(at, pointer);
  if (word) made.data = add_struct(at.link, &at.link->call, word, data_words, pointers);
  return made;
}

ww_builder ww_set_list(ww_builder at, unsigned pointer, unsigned count, unsigned data_words,
                       unsigned pointers) {
  ww_builder made = {at.link, 0, data_words, pointers};
  if (data_words > UINT16_MAX || pointers > UINT16_MAX) fail(at.link, "A struct is too large");
  uint32_t word = pointer_word(at, pointer);
  if (word) made.data = add_list(at.link, &at.link->call, word, count, data_words, pointers);
  return made;
}

ww_builder ww_element(ww_builder list, unsigned index) {
  uint64_t at = list.data + (uint64_t)index * (list.data_words + list.pointers);
  ww *link = list.link;
  if (!link->is_wrong && at + list.data_words + list.pointers > link->call.used) {
    fail(link, "An element is set that its list has no room for");
  }
  list.data = (uint32_t)at;
  return list;
}

void ww_set_texts(ww_builder at, unsigned pointer, const char *const *texts, unsigned count) {
  uint32_t word = pointer_word(at, pointer);
  if (!word) return;
  struct draft *draft = &at.link->call;
  uint32_t first = allocate(at.link, draft, count);
  if (at.link->is_wrong) return;
  draft->words[word] = offset_to(word, first, 1) | (uint64_t)6 << 32 | (uint64_t)count << 35;
  for (unsigned i = 0; i < count && !at.link->is_wrong; i++) {
    add_bytes(at.link, draft, first + i, texts[i], strlen(texts[i]), true);
  }
}

// ---- messages that have come

static const uint8_t *at_byte(const struct ww_message *message, uint32_t segment, uint64_t byte) {
  return (const uint8_t *)message->body + message->start[segment] + byte;
}

static uint64_t word_at(const struct ww_message *message, uint32_t segment, uint64_t byte) {
  uint64_t word;
  memcpy(&word, at_byte(message, segment, byte), sizeof word);
  return word;
}

static bool is_inside(const struct ww_message *message, uint32_t segment, uint64_t byte,
                      uint64_t bytes) {
  return segment < message->segments && byte <= message->bytes[segment] &&
         bytes <= message->bytes[segment] - byte;
}

static bool malformed(struct ww_message *message) {
  break_link(message->link, "The host has sent a malformed message");
  return false;
}

/// Counts what is looked at.
static bool traverse(struct ww_message *message, uint64_t words) {
  if (words >= message->left) return malformed(message);
  message->left -= (uint32_t)words + 1;
  return true;
}

/// What a pointer leads to: its shape, and where that lies. Null leads nowhere.
struct place {
  struct ww_message *message;
  uint32_t segment;
  uint64_t byte;
  uint64_t shape;
};

static bool follow(ww_struct from, unsigned pointer, struct place *to) {
  struct ww_message *message = from.message;
  if (!message || pointer >= from.pointers) return false;
  uint32_t segment = from.segment;
  uint64_t at = (uint64_t)from.data + from.data_bytes + (uint64_t)pointer * 8;
  uint64_t shape = word_at(message, segment, at);
  if (shape == 0) return false;
  if ((shape & 3) == 2) {
    bool is_double = shape & 4;
    segment = (uint32_t)(shape >> 32);
    at = (uint64_t)((uint32_t)shape >> 3) * 8;
    if (!is_inside(message, segment, at, is_double ? 16 : 8)) return malformed(message);
    shape = word_at(message, segment, at);
    if (is_double) {
      uint64_t pad = shape;
      shape = word_at(message, segment, at + 8);
      if ((pad & 7) != 2 || (shape & 3) == 2) return malformed(message);
      *to = (struct place){message, (uint32_t)(pad >> 32), (uint64_t)((uint32_t)pad >> 3) * 8,
                           shape};
      return is_inside(message, to->segment, to->byte, 0) || malformed(message);
    }
    if ((shape & 3) == 2) return malformed(message);
    if (shape == 0) return false;
  }
  int64_t target = (int64_t)at + 8 + (int64_t)((int32_t)(uint32_t)shape >> 2) * 8;
  *to = (struct place){message, segment, (uint64_t)target, shape};
  if ((shape & 3) == 3) return true;
  return (target >= 0 && is_inside(message, segment, (uint64_t)target, 0)) || malformed(message);
}

ww_struct ww_get_struct(ww_struct from, unsigned pointer) {
  ww_struct none = {0};
  struct place to;
  if (!follow(from, pointer, &to)) return none;
  uint32_t data_words = (uint32_t)(to.shape >> 32) & 0xffff;
  uint32_t pointers = (uint32_t)(to.shape >> 48);
  uint64_t words = (uint64_t)data_words + pointers;
  if ((to.shape & 3) != 0 || !is_inside(to.message, to.segment, to.byte, words * 8)) {
    malformed(to.message);
    return none;
  }
  if (!traverse(to.message, words)) return none;
  return (ww_struct){to.message, to.segment, (uint32_t)to.byte, data_words * 8, pointers};
}

static const uint8_t ELEMENT_BYTES[] = {0, 0, 1, 2, 4, 8, 8};

ww_list ww_get_list(ww_struct from, unsigned pointer) {
  ww_list none = {{0}, 0, 0};
  struct place to;
  if (!follow(from, pointer, &to)) return none;
  unsigned size = (unsigned)(to.shape >> 32) & 7;
  uint64_t count = to.shape >> 35;
  if ((to.shape & 3) != 1 || size == 1) {
    malformed(to.message);
    return none;
  }
  if (size < 7) {
    uint64_t step = ELEMENT_BYTES[size];
    if (!is_inside(to.message, to.segment, to.byte, count * step)) malformed(to.message);
    else if (traverse(to.message, step > 0 ? count * step / 8 : count)) {
      uint32_t data_bytes = size == 6 ? 0 : (uint32_t)step;
      ww_struct first = {to.message, to.segment, (uint32_t)to.byte, data_bytes, size == 6};
      return (ww_list){first, (uint32_t)count, (uint32_t)step};
    }
    return none;
  }
  if (!is_inside(to.message, to.segment, to.byte, count * 8 + 8)) {
    malformed(to.message);
    return none;
  }
  uint64_t tag = word_at(to.message, to.segment, to.byte);
  uint32_t data_words = (uint32_t)(tag >> 32) & 0xffff;
  uint32_t pointers = (uint32_t)(tag >> 48);
  uint64_t length = (uint32_t)tag >> 2;
  uint64_t step = (uint64_t)data_words + pointers;
  if ((tag & 3) != 0 || length * step > count) malformed(to.message);
  else if (traverse(to.message, step > 0 ? count : length)) {
    ww_struct first = {to.message, to.segment, (uint32_t)to.byte + 8, data_words * 8, pointers};
    return (ww_list){first, (uint32_t)length, (uint32_t)step * 8};
  }
  return none;
}

ww_struct ww_item(ww_list list, unsigned index) {
  if (index >= list.length) return (ww_struct){0};
  list.first.data += index * list.step;
  return list.first;
}

ww_bytes ww_get_data(ww_struct from, unsigned pointer) {
  ww_bytes none = {(const uint8_t *)"", 0};
  struct place to;
  if (!follow(from, pointer, &to)) return none;
  uint64_t count = to.shape >> 35;
  if ((to.shape & 3) != 1 || ((to.shape >> 32) & 7) != 2 ||
      !is_inside(to.message, to.segment, to.byte, count)) {
    malformed(to.message);
    return none;
  }
  if (!traverse(to.message, count / 8)) return none;
  return (ww_bytes){at_byte(to.message, to.segment, to.byte), (size_t)count};
}

ww_bytes ww_get_text(ww_struct from, unsigned pointer) {
  ww_bytes text = ww_get_data(from, pointer);
  if (text.length == 0) return text;
  if (text.at[text.length - 1] != 0) {
    malformed(from.message);
    return (ww_bytes){(const uint8_t *)"", 0};
  }
  text.length--;
  return text;
}

static uint64_t get_number(ww_struct from, unsigned byte, unsigned bytes) {
  uint64_t value = 0;
  if (!from.message || (uint64_t)byte + bytes > from.data_bytes) return 0;
  memcpy(&value, at_byte(from.message, from.segment, (uint64_t)from.data + byte), bytes);
  return value;
}

bool ww_get_bool(ww_struct from, unsigned bit) {
  return get_number(from, bit / 8, 1) >> bit % 8 & 1;
}
uint8_t ww_get_u8(ww_struct from, unsigned byte) { return (uint8_t)get_number(from, byte, 1); }
uint16_t ww_get_u16(ww_struct from, unsigned byte) { return (uint16_t)get_number(from, byte, 2); }
uint32_t ww_get_u32(ww_struct from, unsigned byte) { return (uint32_t)get_number(from, byte, 4); }
uint64_t ww_get_u64(ww_struct from, unsigned byte) { return get_number(from, byte, 8); }

static const ww_cap NO_CAP = {-1, -1, -1};

bool ww_is_cap(ww_cap cap) { return cap.answer >= 0; }

ww_cap ww_get_cap(ww_struct from, unsigned pointer) {
  struct place to;
  if (!follow(from, pointer, &to)) return NO_CAP;
  ww *link = to.message->link;
  ww_answer call = to.message->answer;
  if ((uint32_t)to.shape != 3 || !is_held(link, call)) {
    malformed(to.message);
    return NO_CAP;
  }
  ww_list table = ww_get_list(link->answers[call].payload, 1);
  ww_struct entry = ww_item(table, (uint32_t)(to.shape >> 32));
  unsigned kind = ww_get_u16(entry, 0);
  if (kind == SENDER_HOSTED || kind == SENDER_PROMISE) {
    return (ww_cap){call, -1, ww_get_u32(entry, 4)};
  }
  if (kind != 0) fail(link, "The host has named a capability of this guest, which has none");
  return NO_CAP;
}

// ---- the protocol

static void take_return(ww *link, struct ww_message *message, ww_struct returned) {
  uint32_t id = ww_get_u32(returned, 0);
  struct answer *answer = id < WW_MAX_ANSWERS ? &link->answers[id] : NULL;
  if (!answer || answer->state == FREE || answer->state == DONE) {
    break_link(link, "The host has answered a call that was not made");
    free(message);
    return;
  }
  if (answer->state == ABANDONED) {
    answer->state = FREE;
    free(message);
    return;
  }
  message->answer = (ww_answer)id;
  *answer = (struct answer){DONE, !ww_get_bool(returned, 33), ww_get_u16(returned, 6),
                            ww_get_struct(returned, 0), message};
}

/// Owns the message.
static void take_message(ww *link, struct ww_message *message) {
  if (message->bytes[0] < 8) {
    malformed(message);
    free(message);
    return;
  }
  ww_struct root = {message, 0, 0, 0, 1};
  ww_struct envelope = ww_get_struct(root, 0);
  ww_struct body = ww_get_struct(envelope, 0);
  uint32_t id = ww_get_u32(body, 0);
  if (link->is_broken) {
    free(message);
    return;
  }
  switch (ww_get_u16(envelope, 0)) {
    case RETURN:
      take_return(link, message, body);
      return;
    case CALL:
      put_short(link, RETURN, id, 0, "this guest offers nothing");
      break;
    case BOOTSTRAP:
      put_short(link, RETURN, id, 0, "no bootstrap capability");
      break;
    case RESOLVE: {
      // What a promise became is ours too. We keep to the promise, and give this back.
      ww_struct cap = ww_get_struct(body, 0);
      unsigned kind = ww_get_u16(body, 4) == 0 ? ww_get_u16(cap, 0) : 0;
      if (kind == SENDER_HOSTED || kind == SENDER_PROMISE) {
        put_short(link, RELEASE, ww_get_u32(cap, 4), 1, NULL);
      }
      break;
    }
    case ABORT:
      go_wrong(link, "The host has ended the connection: ", ww_get_text(body, 0));
      link->is_broken = true;
      break;
    case UNIMPLEMENTED:
      break_link(link, "The host does not understand a message of this guest");
      break;
    default:
      // Finish and Release are about what we do not have; what else there is, nobody asked for.
      break;
  }
  free(message);
}

ww_cap ww_bootstrap(ww *link) {
  if (link->is_wrong) return NO_CAP;
  ww_answer call = take_slot(link);
  if (call < 0) return NO_CAP;
  put_short(link, BOOTSTRAP, (uint32_t)call, 0, NULL);
  write_all(link);
  return (ww_cap){call, -1, -1};
}

ww_cap ww_result(ww_answer call, unsigned pointer) {
  return pointer > UINT16_MAX ? NO_CAP : (ww_cap){call, (int32_t)pointer, -1};
}

ww_struct ww_wait(ww *link, ww_answer call) {
  ww_struct none = {0};
  if (link->is_wrong) return none;
  if (!is_held(link, call)) {
    fail(link, "A call is waited for that was not made, or is finished");
    return none;
  }
  struct answer *answer = &link->answers[call];
  while (answer->state == RUNNING && !link->is_broken) turn(link, true);
  if (link->is_broken) return none;
  if (answer->kind == RESULTS) return ww_get_struct(answer->payload, 0);
  if (answer->kind == EXCEPTION) go_wrong(link, "", ww_get_text(answer->payload, 0));
  else fail(link, "A call was canceled");
  return none;
}

bool ww_is_done(ww *link, ww_answer call) {
  if (!is_held(link, call)) return true;
  if (link->answers[call].state == RUNNING && !link->is_broken) turn(link, false);
  return link->is_broken || link->answers[call].state == DONE;
}

void ww_finish(ww *link, ww_answer call) {
  if (!is_held(link, call)) return;
  struct answer *answer = &link->answers[call];
  // The data word's defaults say: and release the capabilities of the results.
  if (answer->is_finish_owed) put_short(link, FINISH, (uint32_t)call, 0, NULL);
  free(answer->message);
  answer->message = NULL;
  answer->state = answer->state == DONE ? FREE : ABANDONED;
  write_all(link);
}

ww *ww_open(int descriptor) {
  ww *link = calloc(1, sizeof *link);
  if (!link) return NULL;
  link->descriptor = descriptor;
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
    break_link(link, "There is no stream to the host: was this program started by ww?");
  }
  return link;
}

void ww_close(ww *link) {
  if (!link) return;
  for (unsigned i = 0; i < WW_MAX_ANSWERS; i++) free(link->answers[i].message);
  free(link->next);
  free(link->call.words);
  free(link->waiting);
  free(link);
}

// ---- peer ids

#define MAX_ID_BYTES 128

bool ww_peer_id_text(ww_bytes id, char *text, size_t size) {
  static const char ALPHABET[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  if (size == 0) return false;
  text[0] = 0;
  if (id.length > MAX_ID_BYTES) return false;
  uint8_t digits[MAX_ID_BYTES * 2];
  size_t count = 0, zeros = 0;
  while (zeros < id.length && id.at[zeros] == 0) zeros++;
  for (size_t i = zeros; i < id.length; i++) {
    unsigned carry = id.at[i];
    for (size_t k = 0; k < count; k++) {
      carry += digits[k] * 256u;
      digits[k] = (uint8_t)(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58) digits[count++] = (uint8_t)(carry % 58);
  }
  if (zeros + count >= size) return false;
  memset(text, ALPHABET[0], zeros);
  for (size_t k = 0; k < count; k++) text[zeros + k] = ALPHABET[digits[count - 1 - k]];
  text[zeros + count] = 0;
  return true;
}
