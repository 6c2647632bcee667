// wetware:streams: the data stream to the host, given out once.

import { trap } from '../world/stop.ts'
import type { Interfaces } from './canon.ts'
import { inputStream, outputStream, pipeSink, pipeSource } from './io.ts'

export const WETWARE: Interfaces = {
  'wetware:streams/streams': {
    'create-connection': (guest) => () => {
      if (guest.connected) trap('data streams not enabled: the connection was created already')
      guest.connected = true
      return guest.handles.add({ kind: 'connection', inputTaken: false, outputTaken: false })
    },
    '[method]connection.get-input-stream':
      ({ handles, world }) =>
      (self: number) => {
        const connection = handles.get(self, 'connection')
        if (connection.inputTaken) trap('input stream already taken')
        connection.inputTaken = true
        return handles.add(inputStream(pipeSource(world.pipes.dataIn, true)))
      },
    '[method]connection.get-output-stream':
      ({ handles, world }) =>
      (self: number) => {
        const connection = handles.get(self, 'connection')
        if (connection.outputTaken) trap('output stream already taken')
        connection.outputTaken = true
        return handles.add(outputStream(pipeSink(world.pipes.dataOut, true)))
      },
  },
}
