export { socketLink } from '../host/link.ts'
