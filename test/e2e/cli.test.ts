// The street door as a user meets it: what `ww` says and does without starting a node.

import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { PROJECT, startWw, temporaryFolder, ww } from '../help/ww.ts'

const VERBS = ['run', 'init', 'build', 'keygen']

describe('help', () => {
  test('ww --help names every verb and leaves with 0', async () => {
    const { code, stdout, stderr } = await ww(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb} +\\S`, 'm'))
  })

  test('ww help and ww -h say the same as ww --help', async () => {
    const { stdout } = await ww(['--help'])
    expect(await ww(['help'])).toMatchObject({ code: 0, stdout })
    expect(await ww(['-h'])).toMatchObject({ code: 0, stdout })
  })

  test('ww without a verb shows the help on standard error and leaves with 2', async () => {
    const { stdout } = await ww(['--help'])
    expect(await ww([])).toMatchObject({ code: 2, stdout: '', stderr: stdout })
  })

  test.each(VERBS)('ww %s --help shows an example to copy', async (verb) => {
    const asked = await ww([verb, '--help'])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toMatch(new RegExp(`^  \\$ ww ${verb}`, 'm'))
    expect(await ww(['help', verb])).toEqual(asked)
  })

  test.each([['--help'], ['run', '--help']])(
    'ww %s %s loads neither the network nor a compiler',
    async (...args) => {
      const { stderr } = await ww(args, { env: { NODE_DEBUG: 'esm' } })
      expect(stderr).toContain('node_modules/commander')
      expect(stderr).not.toMatch(
        /node_modules\/(libp2p|@libp2p|typescript|esbuild|componentize-qjs)/,
      )
    },
  )

  test('ww --version is the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as {
      version: string
    }
    expect(await ww(['--version'])).toMatchObject({
      code: 0,
      stdout: `ww ${version}\n`,
      stderr: '',
    })
    expect(await ww(['-V'])).toMatchObject({ code: 0, stdout: `ww ${version}\n` })
  })

  test('a reader that has seen enough does not make ww complain', async () => {
    await using running = startWw(['help', 'run'])
    running.stopReading()
    const { stderr } = await running.exited()
    expect(stderr).toBe('')
  })
})

describe('a command line that cannot be understood leaves with 2 and one line', () => {
  test.each([
    [['rnu'], 'ww: Unknown command \'rnu\'. Did you mean run? (see "ww --help")'],
    [['help', 'keygn'], 'ww: Unknown command \'keygn\'. Did you mean keygen? (see "ww --help")'],
    [['frobnicate'], 'ww: Unknown command \'frobnicate\' (see "ww --help")'],
    [['--verson'], 'ww: Unknown option \'--verson\'. Did you mean --version? (see "ww --help")'],
    [
      ['run', '--prot', '1'],
      'ww: Unknown option \'--prot\'. Did you mean --port? (see "ww help run")',
    ],
    [['run', '--port'], 'ww: Option \'--port <number>\' argument missing (see "ww help run")'],
    [['run', '--port', '65536'], 'ww: --port must be a whole number from 0 to 65535, not "65536"'],
    [['run', '--json'], 'ww: Option --json goes with --print-config'],
    [
      ['run', '--log-level', 'loud'],
      'ww: --log-level must be one of error, warn, info, debug, trace, not "loud"',
    ],
  ])('ww %j', async (args, line) => {
    expect(await ww(args)).toEqual({ code: 2, signal: null, stdout: '', stderr: `${line}\n` })
  })

  test('ww keygen with an argument too many', async () => {
    const { code, stdout, stderr } = await ww(['keygen', 'node.key'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^ww: Too many arguments .*\(see "ww help keygen"\)\n$/)
  })
})

describe('ww keygen', () => {
  test('W37 prints the secret alone on standard output, and who it is on standard error', async () => {
    const { code, stdout, stderr } = await ww(['keygen'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[1-9A-HJ-NP-Za-km-z]{40,44}\n$/)
    expect(stderr).toMatch(/^EVM address: {4}0x[0-9a-f]{40}\nPeer ID: {8}16Uiu2HA\w+\n$/)
  })

  test('W37 makes another key every time', async () => {
    expect((await ww(['keygen'])).stdout).not.toBe((await ww(['keygen'])).stdout)
  })

  test('W37 writes a file that only its owner can read, and says so without the secret', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'keys', 'node.key')
    const { code, stdout, stderr } = await ww(['keygen', '--output', 'keys/node.key'], {
      cwd: folder.path,
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain(`Secret written to: ${path}\n`)
    const secret = await readFile(path, 'utf8')
    expect(secret).toMatch(/^[1-9A-HJ-NP-Za-km-z]{40,44}$/)
    expect(stderr).not.toContain(secret)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('W37 never writes over a file', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'node.key')
    await writeFile(path, 'precious')
    expect(await ww(['keygen', '-o', path])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `ww: Key file ${path} exists already and is not replaced: move it away or name another\n`,
    })
    expect(await readFile(path, 'utf8')).toBe('precious')
  })
})

describe('ww run --print-config', () => {
  const printConfig = ['run', '--print-config']

  test('W07 without arguments the image is the kernel that ships with ww', async () => {
    const { stdout } = await ww([...printConfig, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      mounts: { value: [join(PROJECT, 'images', 'kernel')], source: 'default' },
    })
  })

  test('W35 shows each value and where it came from: flag, environment, file, default', async () => {
    await using home = await temporaryFolder()
    const file = join(home.path, '.ww', 'config.json')
    await mkdir(join(home.path, '.ww'))
    await writeFile(file, '{ "port": 1, "log-level": "info", "identity": "a.key" }')
    const env = { HOME: home.path, WW_LOG: 'debug', WW_PORT: '2' }
    const { code, stdout, stderr } = await ww([...printConfig, '.', '--port', '3', '--json'], {
      env,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const printed = Object.entries(JSON.parse(stdout) as Record<string, unknown>)
    expect(Object.fromEntries(printed.filter(([name]) => !name.startsWith('limit.')))).toEqual({
      mounts: { value: ['.'], source: 'argument' },
      listen: { value: ['/ip4/0.0.0.0/tcp/3'], source: 'flag', name: '--port' },
      identity: { value: join(home.path, '.ww', 'a.key'), source: 'file', name: file },
      'log-level': { value: 'debug', source: 'environment', name: 'WW_LOG' },
      'wasm-debug': { value: false, source: 'default' },
      'cache-dir': { value: join(home.path, '.cache', 'ww'), source: 'default' },
      isolation: { value: 'thread', source: 'default' },
      control: { value: null, source: 'default' },
    })
  })

  test('W35 prints a line for each value to read', async () => {
    const { stdout } = await ww([...printConfig, 'base', 'overlay', '--wasm-debug'])
    expect(stdout).toMatch(/^mounts +base overlay +argument$/m)
    expect(stdout).toMatch(/^listen +\/ip4\/0\.0\.0\.0\/tcp\/2025 +default$/m)
    expect(stdout).toMatch(/^wasm-debug +true +flag --wasm-debug$/m)
  })

  test('W35 nothing is read from an image', async () => {
    await using image = await temporaryFolder()
    await mkdir(join(image.path, '.ww'))
    await writeFile(join(image.path, '.ww', 'config.json'), '{ "port": 1 }')
    const { stdout } = await ww([...printConfig, image.path], { cwd: image.path })
    expect(stdout).toMatch(/^listen +\/ip4\/0\.0\.0\.0\/tcp\/2025 +default$/m)
  })

  test.each([
    ['{ "prot": 1 }', 'Unknown key "prot" in '],
    ['{ "port": ', 'it is not JSON'],
    ['[]', 'must hold one JSON object'],
  ])('a configuration file that holds %s is refused with 2', async (content, says) => {
    await using home = await temporaryFolder()
    await mkdir(join(home.path, '.ww'))
    await writeFile(join(home.path, '.ww', 'config.json'), content)
    const { code, stdout, stderr } = await ww(printConfig, { env: { HOME: home.path } })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^ww: .*\n$/)
    expect(stderr).toContain(says)
  })
})

describe('failures', () => {
  test('W09 an image that is not there leaves with 1 and one line that names it', async () => {
    const { code, stdout, stderr } = await ww(['run', '--port', '0', '/not/there'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^ww: .*\/not\/there.*\n$/m)
  })

  test('stacks are shown to those who ask', async () => {
    await using folder = await temporaryFolder()
    const args = ['keygen', '-o', folder.path]
    expect((await ww(args)).stderr).not.toMatch(/^ {4}at /m)
    expect((await ww(args, { env: { WW_DEBUG: '1' } })).stderr).toMatch(/^ {4}at /m)
  })
})

describe('ww init and ww build', () => {
  test('ww init refuses to write over a guest', async () => {
    await using folder = await temporaryFolder()
    expect((await ww(['init', 'agent'], { cwd: folder.path })).code).toBe(0)
    const before = await readdir(join(folder.path, 'agent'))
    const again = await ww(['init', 'agent'], { cwd: folder.path })
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toMatch(/^ww: .*agent.*\n$/)
    expect(await readdir(join(folder.path, 'agent'))).toEqual(before)
  })

  test('ww init says what it wrote and what to do next, and ww build what it made', async () => {
    await using folder = await temporaryFolder()
    const made = await ww(['init', 'agent'], { cwd: folder.path })
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^src\/main\.ts$/m),
      stderr: 'Ready. Next: cd agent && ww build && ww run .\n',
    })
    const built = await ww(['build', 'agent'], { cwd: folder.path })
    expect(built).toMatchObject({ code: 0, stderr: '' })
    expect(built.stdout).toMatch(/^Built agent\/boot\/main\.wasm \(\d.* kB, .*\) in \d+\.\d s\n$/)
  })

  test('ww build names each problem with file, line and column, and leaves with 1', async () => {
    await using folder = await temporaryFolder()
    await ww(['init'], { cwd: folder.path })
    const main = join(folder.path, 'src/main.ts')
    await writeFile(main, "export const main: number = 'text'\n")
    const { code, stdout, stderr } = await ww(['build'], { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^src\/main\.ts:1:14: .*'string'.*'number'/)
    expect(stderr).toMatch(/\nww: Cannot build src\/main\.ts: .*\n$/)
  })

  test('ww build says what is missing in a folder without a guest', async () => {
    await using folder = await temporaryFolder()
    const { code, stdout, stderr } = await ww(['build'], { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^ww: .*ww init.*\n$/)
  })
})
