// The door the bundler's entry module comes in by. Its first import is what makes it a platform.
import './globals.ts'
import { WwError } from '../base/index.ts'
import { builder } from './native.ts'
import type { SourcePlaces } from './places.ts'
import { preview1 } from './preview1.ts'
import { trackRejection } from './rejections.ts'
import { runGuest } from './run.ts'
import type { GuestModule } from './run.ts'

/** Leaves with the builder how the guest is to be lived, when its snapshot starts in a cell. */
export function prepare(load: () => PromiseLike<GuestModule>, places: () => SourcePlaces): void {
  if (!builder) throw new WwError('failed', 'NO_BUILDER', 'Guests are prepared by ww build only')
  const { native } = builder
  builder.rejection = (promise, reason, isHandled) => {
    trackRejection(promise, reason, isHandled !== 0)
  }
  builder.main = () => runGuest(preview1(native), native.runJobs, load, places)
}
