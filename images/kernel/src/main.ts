/**
 * pid0 of the default image. On a terminal it is a shell; elsewhere it says that it is ready and
 * waits for the end of its input.
 * @module
 */
import { hexFromBytes, Membrane } from 'ww/guest'
import type { Guest, Tty } from 'ww/guest'

import { imageFiles } from './image-files.ts'
import { interact, isComplete } from './interactive.ts'
import { sessionOver } from './session.ts'
import type { Grafted } from './session.ts'
import { complete, sentence, Shell } from './shell/index.ts'
import type { Screen } from './shell/index.ts'
import { PlainTerminal, Terminal } from './terminal/index.ts'

/** As everywhere in Unix: the message of the day. */
const MOTD = '/etc/motd'

export async function main(guest: Guest): Promise<number> {
  try {
    const { host, executor, ipfs, tty } = await guest.bootstrap(Membrane).graft({})
    if (!host || !executor || !ipfs) {
      throw new Error('The membrane gives no host, no executor or no ipfs')
    }
    const grafted = { host, executor, ipfs }
    return guest.env.has('WW_TTY') ? await shell(guest, grafted, tty) : await daemon(guest, grafted)
  } catch (thrown) {
    guest.stderr.write(`kernel: ${sentence(thrown)}\n`)
    return 1
  }
}

async function daemon(guest: Guest, { host }: Grafted): Promise<number> {
  const { peerId } = await host.id({})
  const ready = { event: 'ready', peer_id: hexFromBytes(peerId) }
  guest.stderr.write(`${JSON.stringify(ready)}\n`)
  await guest.stderr.flush()
  while ((await guest.stdin.read()).length > 0) {
    // What comes in is nobody's; its end is the sign to leave.
  }
  return 0
}

async function shell(guest: Guest, grafted: Grafted, tty: Tty | null): Promise<number> {
  const make = (screen: Screen) =>
    new Shell({
      session: sessionOver(grafted),
      files: imageFiles(guest.files),
      screen,
      directories: (guest.env.get('PATH') ?? '/bin').split(':').filter((path) => path !== ''),
    })
  if (!tty) {
    const terminal = new PlainTerminal(
      {
        read: () => guest.stdin.read(),
        out: (data) => written(guest.stdout, data),
        err: (data) => written(guest.stderr, data),
      },
      isComplete,
    )
    return await interact(make(terminal), terminal, greeting(guest))
  }
  await tty.setRaw({ raw: true })
  try {
    const terminal: Terminal = new Terminal(
      {
        read: () => guest.stdin.read(),
        write: (data) => guest.stdout.write(data),
        flush: () => guest.stdout.flush(),
        async size() {
          const { columns, rows } = await tty.size({})
          return { columns, rows }
        },
      },
      { complete: (before) => complete(before, running.path), isComplete },
    )
    const running = make(terminal)
    return await interact(running, terminal, greeting(guest))
  } finally {
    await guest.stdout.flush()
    await tty.setRaw({ raw: false })
  }
}

/** What an image wants said to whoever sits down at its shell. */
function greeting({ files }: Guest): string {
  try {
    return files.exists(MOTD) ? files.readText(MOTD) : ''
  } catch (thrown) {
    return `${MOTD}: ${sentence(thrown)}\n`
  }
}

async function written(output: Guest['stdout'], data: string | Uint8Array): Promise<void> {
  output.write(data)
  await output.flush()
}
