import { expect, test } from 'vitest'

import { Watch } from '../../src/base/index.ts'
import { Signer } from '../../src/capnp/stem.ts'
import type { Membrane } from '../../src/capnp/stem.ts'
import { Executor } from '../../src/capnp/system.ts'
import { keyFromSecret, signGraft } from '../../src/identity/index.ts'
import type { NodeKey } from '../../src/identity/index.ts'
import { FIRST_EPOCH, serveMembrane } from '../../src/membrane/index.ts'
import { serve } from '../../src/rpc/index.ts'

const mine = keyFromSecret(new Uint8Array(32).fill(1))
const other = keyFromSecret(new Uint8Array(32).fill(2))
const random = (bytes: Uint8Array) => void crypto.getRandomValues(bytes)

function membrane(verify?: NodeKey): { membrane: Membrane; epochs: Watch<typeof FIRST_EPOCH> } {
  const epochs = new Watch(FIRST_EPOCH)
  const executor = () =>
    serve(Executor, {
      echo: ({ message }) => ({ response: message }),
      runBytes: () => ({}),
      load: () => ({}),
      spawn: () => ({}),
    })
  return {
    epochs,
    membrane: serveMembrane({
      epochs,
      build: (boundary) => ({ executor: boundary.wrap(Executor, executor()) }),
      ...(verify ? { verify: { publicKey: verify.publicKey, random } } : {}),
    }),
  }
}

const signerOf = (key: NodeKey) =>
  serve(Signer, { sign: ({ nonce }) => ({ sig: signGraft(key, nonce) }) })

test('a membrane without a key grafts whoever holds it, with or without a signer', async () => {
  const { membrane: open } = membrane()
  expect((await open.graft({}).executor.echo({ message: 'hi' })).response).toBe('hi')
  using signer = signerOf(other)
  expect((await open.graft({ signer }).executor.echo({ message: 'hi' })).response).toBe('hi')
})

test('a membrane with a key wants a signer, and the right one, over a nonce that is fresh each time', async () => {
  const { membrane: guarded } = membrane(mine)
  await expect(guarded.graft({})).rejects.toThrow('missing signer')
  using wrong = signerOf(other)
  await expect(guarded.graft({ signer: wrong })).rejects.toThrow('graft auth failed')

  const nonces: bigint[] = []
  using recording = serve(Signer, {
    sign({ nonce }) {
      nonces.push(nonce)
      return { sig: signGraft(mine, nonce) }
    },
  })
  await guarded.graft({ signer: recording })
  await guarded.graft({ signer: recording })
  expect(new Set(nonces).size).toBe(2)

  using replaying = serve(Signer, { sign: () => ({ sig: signGraft(mine, nonces[0]!) }) })
  await expect(guarded.graft({ signer: replaying })).rejects.toThrow('graft auth failed')
})

test('after an epoch has ended, grafting again on the same membrane gives what works', async () => {
  const { membrane: open, epochs } = membrane()
  using old = open.graft({}).executor
  expect((await old.echo({ message: '1' })).response).toBe('1')
  epochs.set({ ...FIRST_EPOCH, seq: 1n })
  await expect(old.echo({ message: '2' })).rejects.toThrow('staleEpoch')
  expect((await open.graft({}).executor.echo({ message: '3' })).response).toBe('3')
})
