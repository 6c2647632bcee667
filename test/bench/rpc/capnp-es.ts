// capnp-es: its RPC over messages handed over in memory, and its messages. Its classes are what its
// compiler makes of `interface Ping { ping @0 (value :UInt32) -> (value :UInt32); }`.

import * as es from 'capnp-es'
import { Message } from 'capnp-es/capnp/rpc'

import { Kinds } from '../../fixture/kinds.gen.ts'
import type { Kinds$Init } from '../../fixture/kinds.gen.ts'
import type { Contender } from './contender.ts'

class Value extends es.Struct {
  static override readonly _capnp = {
    displayName: 'Value',
    id: 'e2afd66bd9542d91',
    size: new es.ObjectSize(8, 0),
  }
}

const PING = {
  ParamsClass: Value,
  ResultsClass: Value,
  interfaceId: 0xadf7_7af6_3d84_4fa6n,
  methodId: 0,
  interfaceName: 'ping.capnp:Ping',
  methodName: 'ping',
}

class PingServer extends es.Server {
  constructor() {
    const impl = async (params: Value, results: Value) => {
      es.utils.setUint32(0, es.utils.getUint32(0, params), results)
    }
    super({ ping: impl }, [{ ...PING, impl }])
  }
}

class PingClient {
  readonly client: es.Client

  constructor(client: es.Client) {
    this.client = client
  }
}

es.Registry.register(PING.interfaceId, { methods: [PING] })

/** Messages handed over in a later microtask, as our loopback hands over bytes. */
class Pipe implements es.Transport {
  peer!: Pipe
  readonly #inbox: ArrayBuffer[] = []
  #waiting: ((bytes: ArrayBuffer) => void) | undefined

  sendMessage(message: Message): void {
    const bytes = message.segment.message.toArrayBuffer()
    queueMicrotask(() => this.peer.#put(bytes))
  }
  #put(bytes: ArrayBuffer): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting(bytes)
    else this.#inbox.push(bytes)
  }
  async recvMessage(): Promise<Message> {
    const bytes =
      this.#inbox.shift() ??
      (await new Promise<ArrayBuffer>((resolve) => {
        this.#waiting = resolve
      }))
    return new es.Message(bytes, false).getRoot(Message)
  }
  close(): void {}
}

/**
 * As shipped a bootstrap is answered with a null pointer, and no call can be made once the answer is
 * there: here it is the capability.
 */
class RepairedConn extends es.Conn {
  override handleBootstrapMessage(message: Message): void {
    const { main } = this
    if (!main) throw new Error('Nothing is served')
    const answer = new es.Message()
    const root = new es.Interface(answer.allocateSegment(8), 0)
    es.utils.setInterfacePointer(answer.addCap(main), root)
    this.insertAnswer(message.bootstrap.questionId)?.fulfill(root)
  }
}

const ServedPing = {
  Client: PingClient,
  Server: PingServer,
} as unknown as Parameters<es.Conn['initMain']>[0]

export function esOverPipe(): Contender {
  const [here, there] = [new Pipe(), new Pipe()]
  here.peer = there
  there.peer = here
  new RepairedConn(there).initMain(ServedPing, {})
  const { client } = new es.Conn(here).bootstrap(ServedPing) as PingClient
  return {
    ping: () =>
      client
        .call({ method: PING, paramsFunc: (params: Value) => es.utils.setUint32(0, 42, params) })
        .struct(),
    close: () => {},
  }
}

class EsKinds extends es.Struct {
  static override readonly _capnp = {
    displayName: 'Kinds',
    id: '0',
    size: new es.ObjectSize(Kinds.$dataWords * 8, Kinds.$pointerWords),
  }
}

/** A small message, built and read. @returns something of all that was read */
export function esMessage(values: Required<Pick<Kinds$Init, SmallField>>): number {
  const { utils } = es
  const written = new es.Message()
  const root = written.initRoot(EsKinds)
  utils.setBit(0, values.bool!, root)
  utils.setInt32(4, values.int32!, root)
  utils.setUint64(24, values.uint64!, root)
  utils.setFloat64(40, values.float64!, root)
  utils.setText(0, values.text!, root)
  utils.initData(1, values.data!.length, root).copyBuffer(values.data!)
  const read = new es.Message(new Uint8Array(written.toArrayBuffer()), false).getRoot(EsKinds)
  let sum = utils.getText(0, read).length + utils.getData(1, read).toUint8Array().length
  sum += utils.getInt32(4, read) + Number(utils.getBit(0, read)) + utils.getFloat64(40, read)
  return sum + Number(utils.getUint64(24, read))
}

type SmallField = 'bool' | 'int32' | 'uint64' | 'float64' | 'text' | 'data'
