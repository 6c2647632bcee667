import { resolve } from 'node:path'

import { initGuest, TEMPLATE_LANGUAGES } from '../bundle/index.ts'
import type { TemplateLanguage } from '../bundle/index.ts'
import { EXIT } from './exit-code.ts'
import { usageError } from './report.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

const LANGUAGES = TEMPLATE_LANGUAGES.join(', ')

export const init: VerbBody = {
  define(command) {
    command
      .argument('[folder]', 'where; made if it is not there (default: here)')
      .option('--language <name>', `what the guest is written in: ${LANGUAGES}`, 'ts')
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const [name = '.'] = command.args
    const { language } = command.opts<{ readonly language: string }>()
    if (!isLanguage(language)) throw usageError(unknownLanguage(language))
    const files = await initGuest(resolve(io.cwd, name), { language })
    for (const file of files) io.stdout.write(`${file}\n`)
    const enter = resolve(io.cwd, name) === io.cwd ? '' : `cd ${shellWord(name)} && `
    io.stderr.write(`Ready. Next: ${enter}ww build && ww run .\n`)
    return EXIT.fine
  },
}

/** A name as it is typed: as it is, or in quotes. */
function shellWord(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
}

function isLanguage(name: string): name is TemplateLanguage {
  return (TEMPLATE_LANGUAGES as readonly string[]).includes(name)
}

/** What else the languages are called. */
const OTHER_NAMES: Readonly<Record<TemplateLanguage, readonly string[]>> = {
  ts: ['typescript', 'tsx', 'js', 'javascript'],
  c: ['c99', 'c11', 'clang', 'gcc'],
  cpp: ['c++', 'cc', 'cxx', 'cplusplus', 'clang++', 'g++'],
  rust: ['rs', 'rustc', 'cargo', 'rsut', 'rust-lang'],
}

function unknownLanguage(name: string): string {
  const lower = name.toLowerCase()
  const meant = TEMPLATE_LANGUAGES.find(
    (language) => language === lower || OTHER_NAMES[language].includes(lower),
  )
  const guess = meant === undefined ? '' : ` Did you mean ${meant}?`
  return `There is no template in ${name}; there are ${LANGUAGES}.${guess}`
}

const AFTER = `
Writes a guest that grafts onto its host and prints the peer id, with what it needs to speak with the
host, and for TypeScript what an editor needs to know its types. Nothing that is there is written
over. A guest in any other language is an image with a module in boot/main.wasm.
${examples([
  ['ww init my-agent', 'a new guest in TypeScript, in a folder of its own'],
  ['ww init --language rust my-agent', 'the same in Rust; also c and cpp'],
  ['ww init my-agent && cd my-agent && ww build && ww run .', 'from nothing to running'],
])}`
