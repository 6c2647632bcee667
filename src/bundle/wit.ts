// The WIT world of a TypeScript cell: the parts of WASI 0.2.9 and of `wetware:streams` that
// `src/guest/wasi.ts` names, and nothing else. Types are those of the WASI repositories; functions a
// guest does not use are left out, which a component may do.

/** The exported interface that makes a component a command. */
export const RUN_INTERFACE = 'wasi:cli/run@0.2.9'

/** What the entry module imports: the name `Wasi` has for an interface, and the interface. */
export const IMPORTS: Readonly<Record<string, string>> = {
  poll: 'wasi:io/poll@0.2.9',
  monotonicClock: 'wasi:clocks/monotonic-clock@0.2.9',
  wallClock: 'wasi:clocks/wall-clock@0.2.9',
  random: 'wasi:random/random@0.2.9',
  environment: 'wasi:cli/environment@0.2.9',
  exit: 'wasi:cli/exit@0.2.9',
  stdin: 'wasi:cli/stdin@0.2.9',
  stdout: 'wasi:cli/stdout@0.2.9',
  stderr: 'wasi:cli/stderr@0.2.9',
  preopens: 'wasi:filesystem/preopens@0.2.9',
  streams: 'wetware:streams/streams@0.1.0',
}

export const WORLD_NAME = 'guest'

/** File name to WIT text; the world first, the packages it uses under `deps/`. */
export const WIT_FILES: Readonly<Record<string, string>> = {
  'world.wit': `package ww:guest@0.1.0;

world guest {
${Object.values(IMPORTS)
  .map((name) => `  import ${name};`)
  .join('\n')}
  export ${RUN_INTERFACE};
}
`,
  'deps/io.wit': `package wasi:io@0.2.9;

interface error {
  resource error {
    to-debug-string: func() -> string;
  }
}

interface poll {
  resource pollable {
    ready: func() -> bool;
  }
  poll: func(in: list<borrow<pollable>>) -> list<u32>;
}

interface streams {
  use error.{error};
  use poll.{pollable};
  variant stream-error {
    last-operation-failed(error),
    closed,
  }
  resource input-stream {
    read: func(len: u64) -> result<list<u8>, stream-error>;
    subscribe: func() -> pollable;
  }
  resource output-stream {
    check-write: func() -> result<u64, stream-error>;
    write: func(contents: list<u8>) -> result<_, stream-error>;
    flush: func() -> result<_, stream-error>;
    subscribe: func() -> pollable;
  }
}
`,
  'deps/clocks.wit': `package wasi:clocks@0.2.9;

interface monotonic-clock {
  use wasi:io/poll@0.2.9.{pollable};
  type instant = u64;
  now: func() -> instant;
  subscribe-instant: func(when: instant) -> pollable;
}

interface wall-clock {
  record datetime {
    seconds: u64,
    nanoseconds: u32,
  }
  now: func() -> datetime;
}
`,
  'deps/random.wit': `package wasi:random@0.2.9;

interface random {
  get-random-bytes: func(len: u64) -> list<u8>;
}
`,
  'deps/cli.wit': `package wasi:cli@0.2.9;

interface environment {
  get-environment: func() -> list<tuple<string, string>>;
  get-arguments: func() -> list<string>;
}

interface exit {
  exit-with-code: func(status-code: u8);
}

interface stdin {
  use wasi:io/streams@0.2.9.{input-stream};
  get-stdin: func() -> input-stream;
}

interface stdout {
  use wasi:io/streams@0.2.9.{output-stream};
  get-stdout: func() -> output-stream;
}

interface stderr {
  use wasi:io/streams@0.2.9.{output-stream};
  get-stderr: func() -> output-stream;
}

interface run {
  run: func() -> result;
}
`,
  'deps/filesystem.wit': `package wasi:filesystem@0.2.9;

interface types {
  use wasi:clocks/wall-clock@0.2.9.{datetime};
  type filesize = u64;
  enum descriptor-type {
    unknown,
    block-device,
    character-device,
    directory,
    fifo,
    symbolic-link,
    regular-file,
    socket,
  }
  flags descriptor-flags {
    read,
    write,
    file-integrity-sync,
    data-integrity-sync,
    requested-write-sync,
    mutate-directory,
  }
  flags path-flags {
    symlink-follow,
  }
  flags open-flags {
    create,
    directory,
    exclusive,
    truncate,
  }
  type link-count = u64;
  record descriptor-stat {
    %type: descriptor-type,
    link-count: link-count,
    size: filesize,
    data-access-timestamp: option<datetime>,
    data-modification-timestamp: option<datetime>,
    status-change-timestamp: option<datetime>,
  }
  record directory-entry {
    %type: descriptor-type,
    name: string,
  }
  enum error-code {
    access,
    would-block,
    already,
    bad-descriptor,
    busy,
    deadlock,
    quota,
    exist,
    file-too-large,
    illegal-byte-sequence,
    in-progress,
    interrupted,
    invalid,
    io,
    is-directory,
    loop,
    too-many-links,
    message-size,
    name-too-long,
    no-device,
    no-entry,
    no-lock,
    insufficient-memory,
    insufficient-space,
    not-directory,
    not-empty,
    not-recoverable,
    unsupported,
    no-tty,
    no-such-device,
    overflow,
    not-permitted,
    pipe,
    read-only,
    invalid-seek,
    text-file-busy,
    cross-device,
  }
  resource descriptor {
    read: func(length: filesize, offset: filesize) -> result<tuple<list<u8>, bool>, error-code>;
    read-directory: func() -> result<directory-entry-stream, error-code>;
    stat-at: func(path-flags: path-flags, path: string) -> result<descriptor-stat, error-code>;
    open-at: func(path-flags: path-flags, path: string, open-flags: open-flags, %flags: descriptor-flags) -> result<descriptor, error-code>;
  }
  resource directory-entry-stream {
    read-directory-entry: func() -> result<option<directory-entry>, error-code>;
  }
}

interface preopens {
  use types.{descriptor};
  get-directories: func() -> list<tuple<descriptor, string>>;
}
`,
  'deps/wetware.wit': `package wetware:streams@0.1.0;

interface streams {
  use wasi:io/streams@0.2.9.{input-stream, output-stream};
  resource connection {
    get-input-stream: func() -> input-stream;
    get-output-stream: func() -> output-stream;
  }
  create-connection: func() -> connection;
}
`,
}
