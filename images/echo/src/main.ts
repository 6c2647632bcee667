// Sends its arguments, or else what it reads line by line, through the host and prints the answers.

import { Membrane } from 'ww/guest'
import type { Guest } from 'ww/guest'

export async function main(guest: Guest): Promise<void> {
  const { executor } = await guest.bootstrap(Membrane).graft({})
  if (!executor) throw new Error('This membrane gives no executor')

  for await (const message of guest.args.length > 0 ? [guest.args.join(' ')] : lines(guest)) {
    const { response } = await executor.echo({ message })
    guest.stdout.write(`${response}\n`)
  }
}

async function* lines({ stdin }: Guest): AsyncGenerator<string> {
  let rest = new Uint8Array(0)
  for (;;) {
    const bytes = await stdin.read()
    rest = Uint8Array.of(...rest, ...bytes)
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      yield new TextDecoder().decode(rest.subarray(0, end))
      rest = rest.slice(end + 1)
    }
    if (bytes.length > 0) continue
    if (rest.length > 0) yield new TextDecoder().decode(rest)
    return
  }
}
