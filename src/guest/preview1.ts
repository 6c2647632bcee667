// WASI preview 1 as the SDK sees it: streams, timers and files over raw calls. One scratch buffer
// carries all that is passed by address.
//
// Invariants
//  - Standard streams and the data stream never block in `read` and `write`; only `poll` does.
//  - What stands in the scratch buffer is used before the next call; but subscriptions stay, because
//    a turn of the loop mostly waits for what the last one waited for.

import { EMPTY_BYTES } from '../base/index.ts'
import type { Native } from './native.ts'
import { bytesOfText, textOfBytes } from './text.ts'
import type {
  Descriptor,
  DescriptorType,
  DirectoryEntry,
  InputStream,
  OutputStream,
  Pollable,
  Wasi,
} from './wasi.ts'
import { MAX_SOURCES, WasiError } from './wasi.ts'

const FD = { stdin: 0, stdout: 1, stderr: 2, root: 3, data: 4 } as const
const ERRNO = { SUCCESS: 0, AGAIN: 6, BADF: 8, PIPE: 64 } as const
const ERRNO_NAMES: Readonly<Record<number, string>> = {
  2: 'access',
  25: 'illegal-byte-sequence',
  28: 'invalid',
  29: 'io',
  31: 'is-directory',
  32: 'loop',
  37: 'name-too-long',
  44: 'no-entry',
  54: 'not-directory',
  63: 'not-permitted',
  76: 'not-permitted',
}
const NONBLOCK = 4
const SHUTDOWN = { read: 1, write: 2 } as const
const CLOCK = { realtime: 0, monotonic: 1 } as const
const EVENT_TYPE = { clock: 0, read: 1, write: 2 } as const
const ABSOLUTE = 1
const FILE_TYPE = { directory: 3, regular: 4 } as const
const OPEN_DIRECTORY = 2
const RIGHTS_OF_FILE = 0x2
const RIGHTS_OF_DIRECTORY = 0x4000

const SUBSCRIPTION_WORDS = 12
const DIRENT_BYTES = 24
/** Places of subscriptions: one that is waited for alone, the timer, and behind it the streams. */
const ALONE = 0
const TIMER = 1
const STREAMS = 2
/** Beyond those of sources. */
const TIMER_BIT = MAX_SOURCES

// The scratch buffer: results and vectors first, then what is polled, then bytes.
const RESULT = 0
const STAT = 32
const SUBSCRIPTIONS = 128
const EVENTS = SUBSCRIPTIONS + (STREAMS + MAX_SOURCES) * SUBSCRIPTION_WORDS * 4
const BUFFER = 2048
const BUFFER_BYTES = 65_536

const wordOf = (place: number): number => (SUBSCRIPTIONS >> 2) + place * SUBSCRIPTION_WORDS

/** A descriptor to wait for. */
interface Waitable extends Pollable {
  readonly type: number
  readonly fd: number
}

const nothing = () => {}

export function preview1(native: Native): Wasi {
  const scratch = new Uint8Array(BUFFER + BUFFER_BYTES)
  const words = new Uint32Array(scratch.buffer)
  const base = native.address(scratch)
  const buffer = base + BUFFER
  const word = (at: number) => words[at >> 2]!
  const u64 = (at: number) => word(at + 4) * 2 ** 32 + word(at)

  const check = (errno: number) => {
    if (errno !== ERRNO.SUCCESS) throw new WasiError(ERRNO_NAMES[errno] ?? `errno ${errno}`)
  }
  /** Puts a path into the buffer. @returns its length in bytes */
  const setPath = (path: string): number => {
    const bytes = bytesOfText(path)
    if (bytes.length > BUFFER_BYTES) throw new WasiError('name-too-long')
    scratch.set(bytes, BUFFER)
    return bytes.length
  }
  const now = (clock: number) => {
    native.clock_time_get(clock, base + RESULT)
    return u64(RESULT)
  }
  const waitable = (type: number, fd: number): Waitable => ({
    type,
    fd,
    [Symbol.dispose]: nothing,
  })

  function input(fd: number, close: () => void): InputStream {
    native.fd_fdstat_set_flags(fd, NONBLOCK)
    return {
      read(length) {
        const taken = native.take(fd, buffer, length < BUFFER_BYTES ? length : BUFFER_BYTES)
        if (typeof taken !== 'number') return taken
        if (taken === 0 && length > 0) throw new WasiError('closed')
        if (taken !== -ERRNO.AGAIN) check(-taken)
        return undefined
      },
      subscribe: () => waitable(EVENT_TYPE.read, fd),
      [Symbol.dispose]: close,
    }
  }

  function output(fd: number, close: () => void): OutputStream {
    native.fd_fdstat_set_flags(fd, NONBLOCK)
    return {
      write(bytes) {
        const written = native.put(fd, bytes)
        if (written >= 0) return written
        if (written === -ERRNO.AGAIN) return 0
        if (written === -ERRNO.PIPE) throw new WasiError('closed')
        check(-written)
        return 0
      },
      subscribe: () => waitable(EVENT_TYPE.write, fd),
      [Symbol.dispose]: close,
    }
  }

  /** Strings as `args_get` and `environ_get` hand them out. */
  function texts(
    sizes: (count: number, size: number) => number,
    get: (pointers: number, buffer: number) => number,
  ): string[] {
    check(sizes(base + RESULT, base + RESULT + 4))
    const count = word(RESULT)
    const size = word(RESULT + 4)
    const pointers = new Uint32Array(count)
    const buffer = new Uint8Array(size)
    check(get(native.address(new Uint8Array(pointers.buffer)), native.address(buffer)))
    const start = native.address(buffer)
    return Array.from(pointers, (pointer) => {
      const from = pointer - start
      return textOfBytes(buffer.subarray(from, buffer.indexOf(0, from)))
    })
  }

  function descriptor(fd: number): Descriptor {
    return {
      read(length) {
        const taken = native.take(fd, base + BUFFER, Math.min(length, BUFFER_BYTES))
        if (typeof taken !== 'number') return taken
        check(-taken)
        return EMPTY_BYTES
      },
      list: () => list(fd),
      stat(path) {
        check(native.path_filestat_get(fd, 1, base + BUFFER, setPath(path), base + STAT))
        return { type: typeOf(scratch[STAT + 16]!), size: u64(STAT + 32) }
      },
      open(path, { directory }) {
        const length = setPath(path)
        const flags = directory ? OPEN_DIRECTORY : 0
        const rights = directory ? RIGHTS_OF_DIRECTORY : RIGHTS_OF_FILE
        check(native.path_open(fd, 1, base + BUFFER, length, flags, rights, base + RESULT))
        return descriptor(word(RESULT))
      },
      [Symbol.dispose]: () => void native.fd_close(fd),
    }
  }

  /** All entries but `.` and `..`. One that is cut off by the buffer's end is asked for again. */
  function list(fd: number): DirectoryEntry[] {
    const entries: DirectoryEntry[] = []
    let cookie = 0
    for (;;) {
      check(native.fd_readdir(fd, base + BUFFER, BUFFER_BYTES, cookie, base + RESULT))
      const used = word(RESULT)
      const view = new DataView(scratch.buffer, BUFFER, used)
      let at = 0
      while (at + DIRENT_BYTES <= used) {
        const end = at + DIRENT_BYTES + view.getUint32(at + 16, true)
        if (end > used) break
        const name = textOfBytes(scratch.subarray(BUFFER + at + DIRENT_BYTES, BUFFER + end))
        if (name !== '.' && name !== '..')
          entries.push({ name, type: typeOf(view.getUint8(at + 20)) })
        cookie = view.getUint32(at, true)
        at = end
      }
      if (used < BUFFER_BYTES) return entries
    }
  }

  /** Writes the subscription in place `place`; its userdata is `bit`. */
  function subscribe(place: number, bit: number, type: number, fd: number): void {
    const at = wordOf(place)
    words[at] = bit
    words[at + 2] = type
    words[at + 4] = fd
  }

  /** Whose bits are set here stand in the places from {@link STREAMS} on, so many. */
  let listed = 0
  let count = 0
  function listWanted(sources: readonly { readonly pollable: Pollable }[], wanted: number): void {
    listed = wanted
    count = 0
    for (let bit = 0; wanted >> bit !== 0; bit += 1) {
      if (!(wanted & (1 << bit))) continue
      const { type, fd } = sources[bit]!.pollable as Waitable
      subscribe(STREAMS + count, bit, type, fd)
      count += 1
    }
  }

  const placeOf = (place: number) => base + wordOf(place) * 4
  const streamsAt = placeOf(STREAMS)
  const eventsAt = base + EVENTS
  const pollAt = (at: number, among: number): number => {
    const ready = native.poll(at, eventsAt, among, base + RESULT)
    if (ready < 0) check(-ready)
    return ready
  }
  const setTimer = (dueNs: number) => {
    const at = wordOf(TIMER)
    words[at + 6] = dueNs % 2 ** 32
    words[at + 7] = dueNs / 2 ** 32
  }
  subscribe(TIMER, TIMER_BIT, EVENT_TYPE.clock, CLOCK.monotonic)
  words[wordOf(TIMER) + 10] = ABSOLUTE

  const close = (fd: number) => () => void native.fd_close(fd)
  return {
    poll(sources, wanted, dueNs) {
      if (wanted !== listed) listWanted(sources, wanted)
      if (dueNs === undefined) return pollAt(streamsAt, count)
      setTimer(dueNs)
      return pollAt(placeOf(TIMER), count + 1) & ~(1 << TIMER_BIT)
    },
    waitFor(pollable) {
      const { type, fd } = pollable as Waitable
      subscribe(ALONE, 0, type, fd)
      pollAt(placeOf(ALONE), 1)
    },
    monotonicNs: () => now(CLOCK.monotonic),
    wallMs: () => Math.floor(now(CLOCK.realtime) / 1e6),
    fillRandom(bytes) {
      check(native.random_get(native.address(bytes), bytes.length))
    },
    args: () => texts(native.args_sizes_get, native.args_get),
    env: () =>
      texts(native.environ_sizes_get, native.environ_get).map((text) => {
        const at = text.indexOf('=')
        return at < 0 ? ([text, ''] as const) : ([text.slice(0, at), text.slice(at + 1)] as const)
      }),
    stdin: () => input(FD.stdin, close(FD.stdin)),
    stdout: () => output(FD.stdout, close(FD.stdout)),
    stderr: () => output(FD.stderr, close(FD.stderr)),
    root: () =>
      native.fd_prestat_get(FD.root, base + RESULT) === ERRNO.SUCCESS
        ? descriptor(FD.root)
        : undefined,
    dataStream() {
      // A host that cannot end one side alone hears when both are done with.
      let open = 2
      const end = (how: number) => () => {
        open -= 1
        if (open === 0) native.fd_close(FD.data)
        else native.sock_shutdown(FD.data, how)
      }
      return {
        input: input(FD.data, end(SHUTDOWN.read)),
        output: output(FD.data, end(SHUTDOWN.write)),
      }
    },
  }
}

function typeOf(fileType: number): DescriptorType {
  if (fileType === FILE_TYPE.directory) return 'directory'
  return fileType === FILE_TYPE.regular ? 'file' : 'other'
}
