import { c } from './c.ts'
import { prebuilt } from './prebuilt.ts'
import { rust } from './rust.ts'
import type { Language } from './source.ts'
import { typescript } from './typescript.ts'

/** What `ww build` builds; which of them a program is made by follows from what lies in `src/`. */
export const LANGUAGES: readonly Language[] = [typescript, c, rust, prebuilt]

export { adopted } from './prebuilt.ts'
export { bootPath, kindOf } from './place.ts'
export type { GuestSource, MadeProgram, MakeOptions } from './source.ts'
