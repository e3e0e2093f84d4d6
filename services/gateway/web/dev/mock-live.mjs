/** The live connection of the stand-in gateway: announces figures of the province and new readings. */

const EVERY_MS = 3_000

/**
 * @param readings a function that gives what /v1/live says of readings
 * @param indicators ids of the indicators that move
 */
export function mockLive(request, response, { readings, indicators, topics }) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let id = Number(request.headers['last-event-id'] ?? 0)
  response.write(': welcome\n\n')
  const send = (event, data) => {
    id += 1
    response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  let ticks = 0
  const timer = setInterval(() => {
    ticks += 1
    if (topics.includes('observations')) send('observations', { datastreams: readings() })
    if (topics.includes('values') && ticks % 3 === 0)
      for (const indicator of indicators)
        send('values', {
          indicator,
          version: 1,
          figures: [
            { subject: 'area:15', period: '', value: null, band: null, revision: 1, reason: 'new-data' },
          ],
          computedAt: new Date().toISOString(),
        })
  }, EVERY_MS)
  request.on('close', () => clearInterval(timer))
}
