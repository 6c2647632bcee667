// The door the bundler's entry module comes in by. Its first import is what makes it a platform.
import './globals.ts'

export { runGuest } from './run.ts'
