/** Where one thing is shown, with one of its datastreams if it is given. */
export function thingAddress(id: number | string, datastream?: string): string {
  const path = `/things/${encodeURIComponent(String(id))}`
  return datastream === undefined ? path : `${path}?datastream=${encodeURIComponent(datastream)}`
}
