import type { Bell, BodyListener, CellBody, Ending, Gauges } from './body.ts'
import { FileServer } from './file-server.ts'
import type { AnswerFiles } from './files.ts'
import { CELL_LIMITS } from './limits.ts'
import type { PipeSource, PipeTarget } from './pipe.ts'
import type { CellStart } from './protocol.ts'
import type { HostSide } from './shared-cell.ts'
import type { CellThread } from './thread.ts'
import type { Desk, TurnDesk } from './turn-desk.ts'

/** A cell in a thread of this process, and the memory shared with it. */
export class ThreadBody implements CellBody {
  readonly dataIn: PipeTarget
  readonly dataOut: PipeSource
  readonly stdin: PipeTarget
  readonly stdout: PipeSource
  readonly stderr: PipeSource
  readonly gauges: Gauges
  readonly bell: Bell
  readonly #thread: CellThread
  readonly #start: CellStart
  readonly #answer: AnswerFiles
  readonly #shared: HostSide
  readonly #desk: Desk
  #files: FileServer | undefined

  /**
   * @param answer for its questions about files
   * @param turns where it asks for turns to compute
   */
  constructor(thread: CellThread, start: CellStart, answer: AnswerFiles, turns: TurnDesk) {
    this.#thread = thread
    this.#start = start
    this.#answer = answer
    const { shared } = thread
    this.#shared = shared
    this.dataIn = shared.dataIn
    this.dataOut = shared.dataOut
    this.stdin = shared.stdin
    this.stdout = shared.stdout
    this.stderr = shared.stderr
    this.gauges = shared.gauges
    this.bell = shared.hostBell
    this.#desk = turns.join({
      word: shared.turn,
      wake: () => shared.cellBell.ring(),
      progress: () => shared.gauges.fuel,
    })
  }

  begin(listener: BodyListener): void {
    const { mailbox, cellBell } = this.#shared
    this.#files = new FileServer(mailbox, cellBell, this.#answer, () => listener.ask())
    this.#thread.begin(this.#start, listener)
  }

  turn(): void {
    this.#files?.turn()
  }

  look(): void {
    this.#desk.look()
  }

  // A ladder: the guest stops itself at the kill word; if it does not, its thread is terminated; and
  // a thread that V8 cannot terminate is left behind, with nothing but shared memory in its hands.
  async stop(ending: Ending): Promise<boolean> {
    this.#shared.kill()
    if (await ending.goneWithin(CELL_LIMITS.stopMs)) return true
    // A guest that has said how it ended does nothing more: its thread is being taken down, which
    // takes as long as the machine is busy.
    if (!ending.hasEnded) {
      void this.#thread.terminate()
      if (await ending.goneWithin(CELL_LIMITS.terminateMs)) return true
    }
    if (ending.hasEnded && (await ending.goneWithin(CELL_LIMITS.takeDownMs))) return true
    this.#thread.abandon()
    return false
  }

  close(): void {
    this.#shared.closeForCell()
    this.#desk.leave()
  }
}
