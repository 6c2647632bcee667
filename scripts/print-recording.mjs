// Prints a recording that WW_RECORD_RPC made: a line for each message, with the millisecond it came at.
//
//   node scripts/print-recording.mjs FILE

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error('ww: Name a recording: node scripts/print-recording.mjs FILE')
  process.exit(2)
}
const dist = (file) =>
  import(pathToFileURL(join(import.meta.dirname, '..', 'dist', 'src', file)).href)
const { readRecording, recordingLines } = await dist('rpc/index.js')
const schemas = await Promise.all(
  ['system', 'stem', 'ipfs'].map(async (name) => await dist(`capnp/${name}.js`)),
)
try {
  const recording = readRecording(new Uint8Array(readFileSync(path)))
  console.log(`${recording.title}, ${recording.frames.length} messages`)
  for (const line of recordingLines(recording, schemas)) console.log(line)
  if (!recording.isWhole) console.log('The recording ends before the link did')
} catch (thrown) {
  console.error(`ww: ${thrown.message}`)
  process.exitCode = 1
}
