/** Where the items of a pasted body are: so that a reason can point to a line. */

export const FORMATS = [
  'observations',
  'observations-ndjson',
  'service-events',
  'cloud-events',
  'senml',
  'influx',
  'chirpstack',
  'the-things-stack',
  'ngsi-v2',
  'ngsi-ld',
] as const
export type Format = (typeof FORMATS)[number]

/** The line (from 1) on which an item (from 0) begins. */
export function lineOf(format: Format, text: string, index: number): number {
  if (format === 'influx') return index + 1
  if (format === 'observations-ndjson') return nonBlankLine(text, index)
  const places = itemPlaces(text)
  return lineAt(text, places[index] ?? 0)
}

function nonBlankLine(text: string, index: number): number {
  let seen = -1
  const lines = text.split('\n')
  for (const [place, line] of lines.entries()) {
    if (line.trim() !== '' && ++seen === index) return place + 1
  }
  return lines.length
}

function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length
}

/** Where each item of a JSON array begins; of another value where that does. */
function itemPlaces(text: string): number[] {
  const places: number[] = []
  let depth = 0
  let inText = false
  let awaits = false
  for (let place = 0; place < text.length; place += 1) {
    const letter = text[place] ?? ''
    if (inText) {
      if (letter === '\\') place += 1
      else if (letter === '"') inText = false
      continue
    }
    if (/\s/.test(letter)) continue
    if (places.length === 0 && depth === 0 && letter !== '[') return [place]
    if (awaits && depth === 1 && letter !== ']' && letter !== ',') {
      places.push(place)
      awaits = false
    }
    if (letter === '"') inText = true
    else if (letter === '[' || letter === '{') {
      if (depth === 0) awaits = true
      depth += 1
    } else if (letter === ']' || letter === '}') depth -= 1
    else if (letter === ',' && depth === 1) awaits = true
  }
  return places
}
