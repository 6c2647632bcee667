import { execFileSync } from 'node:child_process'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { messageOf } from '../../src/base/index.ts'
import { openIdentity, readIdentityFile, writeIdentityFile } from '../../src/host/identity.ts'
import { formatKey, keyFromSecret } from '../../src/identity/index.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ww-identity-'))
})
afterEach(async () => {
  await rm(home, { recursive: true })
})

const keys = [1, 2, 3, 4].map((byte) => keyFromSecret(new Uint8Array(32).fill(byte)))
const [A, B, , D] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0], (typeof keys)[0]]
const drawD = (bytes: Uint8Array) => void bytes.fill(4)

test('the key is that of the file, named or not', async () => {
  const path = join(home, 'a')
  await writeIdentityFile(path, A)
  for (const named of [true, false]) {
    const identity = await openIdentity({ path, named }, drawD)
    expect(identity.key.peerIdText).toBe(A.peerIdText)
    expect(identity).toMatchObject({ path, notice: undefined })
  }
})

test('without a file the key is new, ends with the node, and the notice says how to keep one', async () => {
  const path = join(home, '.ww', 'identity')
  const identity = await openIdentity({ path, named: false }, drawD)
  expect(identity.key.peerIdText).toBe(D.peerIdText)
  expect(identity.path).toBeUndefined()
  expect(identity.notice).toContain(`keep one with \`ww keygen --output ${path}\``)
  expect(await readdir(home)).toEqual([])

  const homeless = await openIdentity(undefined, drawD)
  expect(homeless.key.peerIdText).toBe(D.peerIdText)
  expect(homeless.notice).toContain('no home directory')
})

test('a named key file that is not there is an error with the command that makes it', async () => {
  const path = join(home, 'none')
  const refused = openIdentity({ path, named: true }, drawD)
  await expect(refused).rejects.toMatchObject({ code: 'NO_IDENTITY' })
  await expect(refused).rejects.toThrow(`make it with \`ww keygen --output ${path}\``)
})

test('a key file that is spoilt stops the node instead of giving it another name', async () => {
  const path = join(home, '.ww', 'identity')
  await mkdir(join(home, '.ww'))
  await writeFile(path, 'not a key', { mode: 0o600 })
  const spoilt = openIdentity({ path, named: false }, drawD)
  await expect(spoilt).rejects.toMatchObject({ code: 'INVALID_KEY' })
  await expect(spoilt).rejects.toThrow(path)
})

test('a key file is the base58btc text, open to its owner only, in directories that are too', async () => {
  const path = join(home, 'new', 'deep', 'key')
  await writeIdentityFile(path, A)
  expect(await readFile(path, 'utf8')).toBe(formatKey(A))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(home, 'new'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(home, 'new', 'deep'))).mode & 0o777).toBe(0o700)
  expect((await readIdentityFile(path)).peerIdText).toBe(A.peerIdText)
})

test('nothing that exists is replaced by a key: no file, no link to nowhere, no directory', async () => {
  const file = join(home, 'file')
  await writeIdentityFile(file, A)
  const link = join(home, 'link')
  await symlink(join(home, 'elsewhere'), link)
  for (const path of [file, link, home]) {
    await expect(writeIdentityFile(path, B)).rejects.toMatchObject({ code: 'IDENTITY_EXISTS' })
  }
  expect(await readFile(file, 'utf8')).toBe(formatKey(A))
  expect(await readdir(home)).toEqual(['file', 'link'])
})

test('a key file under a file cannot be written, and the sentence says where', async () => {
  const file = join(home, 'file')
  await writeFile(file, '')
  const path = join(file, 'key')
  const refused = writeIdentityFile(path, A)
  await expect(refused).rejects.toThrow(`Key file ${path} cannot be written: `)
})

test.each(['640', '604', '620', '601', '777'])(
  'a key file of mode %s is refused with the chmod command to run',
  async (mode) => {
    const path = join(home, 'my key')
    await writeIdentityFile(path, A)
    await chmod(path, mode)
    const refused = readIdentityFile(path)
    await expect(refused).rejects.toMatchObject({ code: 'OPEN_IDENTITY' })
    await expect(refused).rejects.toThrow(`(mode 0${mode}): run \`chmod 600 '${path}'\``)
    const [command] = /(?<=run `).*(?=`)/.exec(await refused.then(() => '', messageOf)) ?? []
    execFileSync('sh', ['-c', String(command)])
    expect((await readIdentityFile(path)).peerIdText).toBe(A.peerIdText)
  },
)

test('a key file that only its owner can read but not write serves', async () => {
  const path = join(home, 'key')
  await writeFile(path, `\n ${formatKey(A)} \r\n`, { mode: 0o400 })
  expect((await readIdentityFile(path)).peerIdText).toBe(A.peerIdText)
})

test.each([
  ['empty', '', 'empty'],
  ['hex', '01'.repeat(32), 'written in hex'],
  ['binary', '\u0000\u00ff', 'character 1 is not'],
  ['huge', 'z'.repeat(100_000), 'too long: 100000 bytes'],
  ['an image', `${'z'.repeat(70)}`, '43 or 44 characters'],
])('a key file that is %s is refused by its path and the reason', async (_what, text, reason) => {
  const path = join(home, 'key')
  await writeFile(path, text, { mode: 0o600, encoding: 'latin1' })
  const refused = readIdentityFile(path)
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_KEY' })
  await expect(refused).rejects.toThrow(reason)
  await expect(refused).rejects.toThrow(path)
})

test('a directory or a pipe in place of a key file is refused at once', async () => {
  const pipe = join(home, 'pipe')
  execFileSync('mkfifo', ['-m', '600', pipe])
  for (const path of [home, pipe]) {
    await expect(readIdentityFile(path)).rejects.toThrow('is not a regular file')
  }
})
